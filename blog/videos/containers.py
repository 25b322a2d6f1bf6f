"""What a film is, told by its bytes: an MP4 or WebM that browsers play, or what else it is.

Only the frame of the file is read, by seeking: the first boxes of an MP4, the first elements of a WebM. What codecs are
in it nobody can know who does not decode it.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.base import File
from django.utils.translation import gettext as _

MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm"}  # by our extension
LONGEST = 7 * 24 * 3600  # seconds: what says that it is longer does not know
MOST_BOXES = 2_000  # a film that comes in fragments has some for each second

# The brands of ISO base media whose films browsers play.
BRANDS = re.compile(rb"iso[m2-9a-c]|mp4[12]|avc1|M4V[ HP]|f4v |dash|msdh|cmf[c2]|hlsf|MSNV|XAVC", re.ASCII)
QUICKTIME = b"qt  "
PICTURES = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"jp2 "}
SOUNDS = {b"M4A ", b"M4B ", b"M4P "}
NO_FTYP = {b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"}  # with which older films of QuickTime begin

# Films that some programs play and some browsers do not, by how they begin.
OTHERS = {
    "AVI": re.compile(rb"RIFF....AVI ", re.DOTALL),
    "Ogg": re.compile(rb"OggS"),
    "Windows Media": re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    "Flash": re.compile(rb"FLV\x01"),
    "MPEG": re.compile(rb"\x00\x00\x01[\xb3\xba]|G.{187}G", re.DOTALL),
}

EBML, DOC_TYPE = 0x1A45DFA3, 0x4282
SEGMENT, INFO, CLUSTER = 0x18538067, 0x1549A966, 0x1F43B675
TIMESTAMP_SCALE, DURATION = 0x2AD7B1, 0x4489


class FilmRefused(Exception):
    """The file cannot become a film of ours; its text is a sentence for the person who sent it."""


@dataclass(frozen=True)
class Film:
    """A film that browsers play: our extension, and how many seconds it says it takes."""

    extension: str
    duration: int | None = None


@dataclass(frozen=True)
class Piece:
    """A box of an MP4, an element of a WebM: where its content is, as the file says."""

    kind: bytes | int
    start: int
    end: int


def examine(file: File[bytes], size: int) -> Film:
    """What is in `file`, `size` bytes long, whatever it is called. Raises FilmRefused."""
    file.seek(0)
    beginning = file.read(256)
    if beginning[4:8] == b"ftyp":
        return _mp4(file, size)
    if beginning.startswith(EBML.to_bytes(4, "big")):
        return _webm(file, size)
    if beginning[4:8] in NO_FTYP:
        raise _quicktime()
    for name, pattern in OTHERS.items():
        if pattern.match(beginning):
            raise _not_played_everywhere(name)
    raise FilmRefused(_("This is not a video that browsers play. Use an MP4 or WebM file."))


# --- MP4


def _mp4(file: File[bytes], size: int) -> Film:
    boxes = list(_boxes(file, 0, size))
    kinds = {box.kind for box in boxes}
    if not boxes or boxes[0].end - boxes[0].start > 1024:
        raise _broken()
    _check_brands(file, boxes[0])
    if any(box.end > size for box in boxes):
        raise _cut_off()
    if b"moov" not in kinds or not kinds & {b"mdat", b"moof"}:
        raise _broken()
    movie = next(box for box in boxes if box.kind == b"moov")
    return Film("mp4", _mp4_duration(file, movie))


def _boxes(file: File[bytes], start: int, end: int) -> Iterator[Piece]:
    """The boxes one after the other, until no box can begin any more. The last may claim to end behind `end`."""
    for _count in range(MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        long = length == 1 and len(head) == 16
        if long:
            (length,) = struct.unpack(">Q", head[8:])
        elif length == 0:
            length = end - start  # all that is left
        content = start + (16 if long else 8)
        if start + length < content or not re.fullmatch(rb"[ -~]{4}", kind):
            return
        yield Piece(kind, content, start + length)
        start += length


def _check_brands(file: File[bytes], ftyp: Piece) -> None:
    file.seek(ftyp.start)
    content = file.read(ftyp.end - ftyp.start)
    major = content[:4]
    brands = [major, *(content[at : at + 4] for at in range(8, len(content), 4))]
    if major == QUICKTIME:
        raise _quicktime()
    if major in PICTURES:
        raise FilmRefused(_("This is a picture, not a video. Use an MP4 or WebM file."))
    if major in SOUNDS:
        raise FilmRefused(_("There is only sound in this file. Use an MP4 or WebM file."))
    if not any(BRANDS.fullmatch(brand) for brand in brands):
        raise FilmRefused(_("Browsers do not know this kind of MP4. Save it as MP4 with H.264 video, or as WebM."))


def _mp4_duration(file: File[bytes], movie: Piece) -> int | None:
    for box in _boxes(file, movie.start, movie.end):
        if box.kind == b"mvhd":
            file.seek(box.start)
            content = file.read(32)
            if len(content) < 32:
                return None
            shape, at = (">IQ", 20) if content[0] == 1 else (">II", 12)
            scale, duration = struct.unpack_from(shape, content, at)
            return _seconds(duration / scale) if scale else None
    return None


# --- WebM


def _webm(file: File[bytes], size: int) -> Film:
    elements = list(_elements(file, 0, size, most=8))
    kind = _doc_type(file, elements[0]) if elements else b""
    if kind == b"matroska":
        raise _not_played_everywhere("Matroska")
    segment = next((element for element in elements if element.kind == SEGMENT), None)
    if kind != b"webm" or segment is None:
        raise _broken()
    if segment.end > size:
        raise _cut_off()
    return Film("webm", _webm_duration(file, segment))


def _elements(file: File[bytes], start: int, end: int, *, most: int) -> Iterator[Piece]:
    """The first elements, until none can begin any more. The last may claim to end behind `end`."""
    for _count in range(most):
        if start >= end:
            return
        file.seek(start)
        head = file.read(12)
        kind, kind_length = _number(head, with_marker=True)
        length, length_length = _number(head[kind_length:])
        if not kind_length or not length_length:
            return
        content = start + kind_length + length_length
        is_unknown = length == (1 << 7 * length_length) - 1  # as of a stream: until its parent ends
        start = end if is_unknown else content + length
        yield Piece(kind, content, start)


def _number(data: bytes, *, with_marker: bool = False) -> tuple[int, int]:
    """A number whose first byte tells its length, and that length; (0, 0) where none begins."""
    length = 9 - data[0].bit_length() if data else 9
    if length > 8 or len(data) < length:
        return 0, 0
    value = int.from_bytes(data[:length], "big")
    return (value if with_marker else value & ((1 << 7 * length) - 1)), length


def _doc_type(file: File[bytes], head: Piece) -> bytes:
    for element in _elements(file, head.start, min(head.end, head.start + 1024), most=32):
        if element.kind == DOC_TYPE:
            return _content(file, element).rstrip(b"\0")
    return b""


def _webm_duration(file: File[bytes], segment: Piece) -> int | None:
    scale, duration = 1_000_000, 0.0  # nanoseconds, and how many times that
    for element in _elements(file, segment.start, segment.end, most=64):
        if element.kind == CLUSTER:
            break
        if element.kind != INFO:
            continue
        for about in _elements(file, element.start, min(element.end, segment.end), most=64):
            if about.kind == TIMESTAMP_SCALE:
                scale = int.from_bytes(_content(file, about), "big")
            elif about.kind == DURATION and len(content := _content(file, about)) in (4, 8):
                (duration,) = struct.unpack(">f" if len(content) == 4 else ">d", content)
    return _seconds(duration * scale / 1_000_000_000)


def _content(file: File[bytes], element: Piece) -> bytes:
    """The content of a small element."""
    file.seek(element.start)
    content: bytes = file.read(min(element.end - element.start, 16))
    return content


# --- Both


def _seconds(seconds: float) -> int | None:
    return max(1, round(seconds)) if 0 < seconds <= LONGEST else None


def _quicktime() -> FilmRefused:
    return FilmRefused(
        _("This is a QuickTime film, which many browsers do not play. Export it as MP4 with H.264 video, or as WebM.")
    )


def _not_played_everywhere(kind: str) -> FilmRefused:
    return FilmRefused(_("Not every browser plays %(kind)s files. Convert it to MP4 or WebM.") % {"kind": kind})


def _cut_off() -> FilmRefused:
    return FilmRefused(_("The file ends too early: it was not copied or sent whole. Make it anew and choose it again."))


def _broken() -> FilmRefused:
    return FilmRefused(_("This file begins like a video, but is none that can be read. Use an MP4 or WebM file."))
