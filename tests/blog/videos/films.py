"""Small video files for tests: two that browsers play, and the means to build others that have only a structure."""

import struct
from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / "files"
WEBM = (FILES / "film.webm").read_bytes()  # eight seconds, VP8
MP4 = (FILES / "film.mp4").read_bytes()  # eight seconds, VP9; its "moov" box is at the end
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:07.000\nWhere the camera stood.\n"


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mp4(major: bytes = b"isom", *others: bytes, movie: bytes = b"", rest: bytes = box(b"mdat", b"frames")) -> bytes:
    """Build the structure of an MP4: its brands, the content of its "moov" box, and the `rest`."""
    return box(b"ftyp", major + bytes(4) + b"".join(others)) + box(b"moov", movie) + rest


def header(*, scale: int, duration: int, long: bool = False) -> bytes:
    """Build the "mvhd" box, which holds the duration in units of 1/`scale` second; `long` for 64 bits."""
    if long:
        return box(b"mvhd", struct.pack(">IQQIQ", 1 << 24, 0, 0, scale, duration) + bytes(60))
    return box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, scale, duration) + bytes(60))


def element(kind: int, content: bytes = b"", *, length: int | None = None) -> bytes:
    """Build an element of a WebM, which may claim another `length` than it has."""
    size = len(content) if length is None else length
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + ((1 << 56) | size).to_bytes(8, "big") + content


def webm(doc_type: bytes = b"webm", *, about: bytes = b"", length: int | None = None) -> bytes:
    """Build the structure of a WebM; `about` is the content of its Info element."""
    info, cluster = element(0x1549A966, about), element(0x1F43B675, b"frames")
    return element(0x1A45DFA3, element(0x4282, doc_type)) + element(0x18538067, info + cluster, length=length)
