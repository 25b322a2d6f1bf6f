"""Where a comment stands in the tree: the segments of all its ancestors and its own, in one string of bytes.

Both databases compare bytes one by one, so the order of paths is the order in which a thread is read.
"""

from comments.threads.ids import SEGMENT_LENGTH

MAX_LEVELS = 32  # 224 bytes
BEHIND_ALL_REPLIES = b"\xff"  # an id is below 2**53, so no segment begins with more than 0x1f


def levels(path: bytes) -> int:
    """How deep the comment stands: 1 for one that begins a thread."""
    return len(path) // SEGMENT_LENGTH


def ancestors(path: bytes) -> list[bytes]:
    """The paths above this one, the beginning of the thread first."""
    return [path[:end] for end in range(SEGMENT_LENGTH, len(path), SEGMENT_LENGTH)]


def root_number(path: bytes) -> int:
    """The number of the comment that begins the thread."""
    return int.from_bytes(path[:SEGMENT_LENGTH], "big")
