"""The path of a comment in the tree: the segments of all its ancestors and its own, in one byte string.

Both databases compare bytes one by one, so the order of paths is the order in which a thread is read.
"""

from comments.threads.ids import SEGMENT_LENGTH

MAX_LEVELS = 32  # 224 bytes
AFTER_ALL_REPLIES = b"\xff"  # added to a path; an id is below 2**53, so no segment begins with more than 0x1f


def levels(path: bytes) -> int:
    """Return the level of the comment: 1 if it begins a thread."""
    return len(path) // SEGMENT_LENGTH


def ancestors(path: bytes) -> list[bytes]:
    """Return the paths above this one, beginning with that of the thread's first comment."""
    return [path[:end] for end in range(SEGMENT_LENGTH, len(path), SEGMENT_LENGTH)]


def root_id(path: bytes) -> int:
    """Return the id of the comment that begins the thread."""
    return int.from_bytes(path[:SEGMENT_LENGTH], "big")
