"""Films that are small enough for tests: two that browsers play, and frames of many that they do not."""

import struct
from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / "files"
WEBM = (FILES / "film.webm").read_bytes()  # eight seconds, VP8
MP4 = (FILES / "film.mp4").read_bytes()  # eight seconds, VP9; what tells of its frames stands at the end
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:07.000\nWhere the camera stood.\n"


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mp4(major: bytes = b"isom", *others: bytes, movie: bytes = b"", rest: bytes = box(b"mdat", b"frames")) -> bytes:
    """The frame of an MP4: what it is, `movie` with what tells of its frames, and the `rest`."""
    return box(b"ftyp", major + bytes(4) + b"".join(others)) + box(b"moov", movie) + rest


def header(*, scale: int, duration: int, long: bool = False) -> bytes:
    """The box that says how long a film takes: `duration` times one `scale`th of a second."""
    if long:
        return box(b"mvhd", struct.pack(">IQQIQ", 1 << 24, 0, 0, scale, duration) + bytes(60))
    return box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, scale, duration) + bytes(60))


def element(kind: int, content: bytes = b"", *, length: int | None = None) -> bytes:
    """An element of a WebM, which may lie about its length."""
    size = len(content) if length is None else length
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + ((1 << 56) | size).to_bytes(8, "big") + content


def webm(doc_type: bytes = b"webm", *, about: bytes = b"", length: int | None = None) -> bytes:
    """The frame of a WebM; `about` are elements with what is known of it."""
    info, cluster = element(0x1549A966, about), element(0x1F43B675, b"frames")
    return element(0x1A45DFA3, element(0x4282, doc_type)) + element(0x18538067, info + cluster, length=length)
