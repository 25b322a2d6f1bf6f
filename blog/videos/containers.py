"""Recognises a video file by its bytes: an MP4 or WebM that browsers play, or another format.

Only the structure of the file is read, by seeking: the first boxes of an MP4, the first elements of a WebM. The codecs
are not checked, because that would mean decoding the file.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.base import File
from django.utils.translation import gettext as _

MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm"}  # by the extension that stored files have
MAX_DURATION = 7 * 24 * 3600  # seconds; a file that claims more does not know its duration
MAX_BOXES = 2_000  # a fragmented MP4 has several for each second

# Brands of ISO base media files. Browsers play the videos with these:
VIDEO_BRANDS = re.compile(rb"iso[m2-9a-c]|mp4[12]|avc1|M4V[ HP]|f4v |dash|msdh|cmf[c2]|hlsf|MSNV|XAVC", re.ASCII)
QUICKTIME = b"qt  "
IMAGE_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"jp2 "}
AUDIO_BRANDS = {b"M4A ", b"M4B ", b"M4P "}
OLD_QUICKTIME = {b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot"}  # first boxes of files without "ftyp"

# Video formats that not every browser plays, by how a file begins.
OTHER_FORMATS = {
    "AVI": re.compile(rb"RIFF....AVI ", re.DOTALL),
    "Ogg": re.compile(rb"OggS"),
    "Windows Media": re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    "Flash": re.compile(rb"FLV\x01"),
    "MPEG": re.compile(rb"\x00\x00\x01[\xb3\xba]|G.{187}G", re.DOTALL),
}

EBML, DOC_TYPE = 0x1A45DFA3, 0x4282
SEGMENT, INFO, CLUSTER = 0x18538067, 0x1549A966, 0x1F43B675
TIMESTAMP_SCALE, DURATION = 0x2AD7B1, 0x4489


class VideoRefused(Exception):
    """The uploaded file is not usable as a video. The message is a sentence for the person who uploaded it."""


@dataclass(frozen=True)
class VideoFile:
    """A video file that browsers play: the extension to store it with, and its duration in seconds if it says so."""

    extension: str
    duration: int | None = None


@dataclass(frozen=True)
class Chunk:
    """A box of an MP4 or an element of a WebM: where its content begins and ends, as the file claims."""

    kind: bytes | int
    start: int
    end: int


def examine(file: File[bytes], size: int) -> VideoFile:
    """Recognise `file`, `size` bytes long, whatever its name is. Raises VideoRefused."""
    file.seek(0)
    beginning = file.read(256)
    if beginning[4:8] == b"ftyp":
        return _mp4(file, size)
    if beginning.startswith(EBML.to_bytes(4, "big")):
        return _webm(file, size)
    if beginning[4:8] in OLD_QUICKTIME:
        raise _quicktime()
    for name, pattern in OTHER_FORMATS.items():
        if pattern.match(beginning):
            raise _not_played_everywhere(name)
    raise VideoRefused(_("This is not a video that browsers can play. Use an MP4 or WebM file."))


# --- MP4


def _mp4(file: File[bytes], size: int) -> VideoFile:
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
    return VideoFile("mp4", _mp4_duration(file, movie))


def _boxes(file: File[bytes], start: int, end: int) -> Iterator[Chunk]:
    """Yield the boxes until no further one can begin. The last may claim to end after `end`."""
    for _count in range(MAX_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        long = length == 1 and len(head) == 16
        if long:
            (length,) = struct.unpack(">Q", head[8:])
        elif length == 0:
            length = end - start  # the rest of the file
        content = start + (16 if long else 8)
        if start + length < content or not re.fullmatch(rb"[ -~]{4}", kind):
            return
        yield Chunk(kind, content, start + length)
        start += length


def _check_brands(file: File[bytes], ftyp: Chunk) -> None:
    file.seek(ftyp.start)
    content = file.read(ftyp.end - ftyp.start)
    major = content[:4]
    brands = [major, *(content[at : at + 4] for at in range(8, len(content), 4))]
    if major == QUICKTIME:
        raise _quicktime()
    if major in IMAGE_BRANDS:
        raise VideoRefused(_("This is a picture, not a video. Use an MP4 or WebM file."))
    if major in AUDIO_BRANDS:
        raise VideoRefused(_("This file contains only sound. Use an MP4 or WebM file."))
    if not any(VIDEO_BRANDS.fullmatch(brand) for brand in brands):
        raise VideoRefused(_("Browsers do not know this kind of MP4. Save it as MP4 with H.264 video, or as WebM."))


def _mp4_duration(file: File[bytes], movie: Chunk) -> int | None:
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


def _webm(file: File[bytes], size: int) -> VideoFile:
    elements = list(_elements(file, 0, size, limit=8))
    kind = _doc_type(file, elements[0]) if elements else b""
    if kind == b"matroska":
        raise _not_played_everywhere("Matroska")
    segment = next((element for element in elements if element.kind == SEGMENT), None)
    if kind != b"webm" or segment is None:
        raise _broken()
    if segment.end > size:
        raise _cut_off()
    return VideoFile("webm", _webm_duration(file, segment))


def _elements(file: File[bytes], start: int, end: int, *, limit: int) -> Iterator[Chunk]:
    """Yield the first `limit` elements, or fewer if no further one can begin. The last may claim to end after `end`."""
    for _count in range(limit):
        if start >= end:
            return
        file.seek(start)
        head = file.read(12)
        kind, kind_length = _number(head, with_marker=True)
        length, length_length = _number(head[kind_length:])
        if not kind_length or not length_length:
            return
        content = start + kind_length + length_length
        is_unknown = length == (1 << 7 * length_length) - 1  # as in a stream: it lasts until its parent ends
        start = end if is_unknown else content + length
        yield Chunk(kind, content, start)


def _number(data: bytes, *, with_marker: bool = False) -> tuple[int, int]:
    """Read a number whose first byte determines its length. Return it and that length, (0, 0) if there is none."""
    length = 9 - data[0].bit_length() if data else 9
    if length > 8 or len(data) < length:
        return 0, 0
    value = int.from_bytes(data[:length], "big")
    return (value if with_marker else value & ((1 << 7 * length) - 1)), length


def _doc_type(file: File[bytes], head: Chunk) -> bytes:
    for element in _elements(file, head.start, min(head.end, head.start + 1024), limit=32):
        if element.kind == DOC_TYPE:
            return _content(file, element).rstrip(b"\0")
    return b""


def _webm_duration(file: File[bytes], segment: Chunk) -> int | None:
    scale, duration = 1_000_000, 0.0  # a unit in nanoseconds, and the duration in that unit
    for element in _elements(file, segment.start, segment.end, limit=64):
        if element.kind == CLUSTER:
            break
        if element.kind != INFO:
            continue
        for about in _elements(file, element.start, min(element.end, segment.end), limit=64):
            if about.kind == TIMESTAMP_SCALE:
                scale = int.from_bytes(_content(file, about), "big")
            elif about.kind == DURATION and len(content := _content(file, about)) in (4, 8):
                (duration,) = struct.unpack(">f" if len(content) == 4 else ">d", content)
    return _seconds(duration * scale / 1_000_000_000)


def _content(file: File[bytes], element: Chunk) -> bytes:
    """Read the content of a small element."""
    file.seek(element.start)
    content: bytes = file.read(min(element.end - element.start, 16))
    return content


# --- Both formats


def _seconds(seconds: float) -> int | None:
    return max(1, round(seconds)) if 0 < seconds <= MAX_DURATION else None


def _quicktime() -> VideoRefused:
    return VideoRefused(
        _("This is a QuickTime video, which many browsers do not play. Export it as MP4 with H.264 video, or as WebM.")
    )


def _not_played_everywhere(kind: str) -> VideoRefused:
    return VideoRefused(_("Not every browser plays %(kind)s files. Convert it to MP4 or WebM.") % {"kind": kind})


def _cut_off() -> VideoRefused:
    return VideoRefused(
        _("The file is incomplete: it was not copied or sent as a whole. Export it again, then choose it again.")
    )


def _broken() -> VideoRefused:
    return VideoRefused(_("This file begins like a video but cannot be read. Use an MP4 or WebM file."))
