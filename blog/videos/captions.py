"""Caption files in WebVTT, validated on upload, because browsers ignore errors in them silently."""

import re
from collections.abc import Iterator, Sequence

from django.core.files.base import ContentFile, File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from core.files import content_names

EXTENSION, MEDIA_TYPE = "vtt", "text/vtt; charset=utf-8"
MAX_BYTES = 1024 * 1024  # the captions of a ten-hour film are smaller

_TIMESTAMP = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_TIMESTAMP}[ \t]+-->[ \t]+{_TIMESTAMP}(?:[ \t]+[^\n]*)?", re.ASCII)
_HEADER = re.compile(r"WEBVTT(?:[ \t][^\n]*)?")
_SRT = re.compile(r"\s*\d+[ \t]*\n\d{2}:\d{2}:\d{2},\d{3} -->")
_NON_CUE = re.compile(r"(NOTE|STYLE|REGION)(?:[ \t][^\n]*)?")

Block = tuple[int, list[str]]  # the number of the first line, and the lines


class CaptionsRefused(Exception):
    """The uploaded file is not usable as captions. The message is a sentence for the person who uploaded it."""


def clean_upload(upload: File[bytes]) -> ContentFile[bytes]:
    """Return the captions in `upload` as UTF-8 without a byte order mark, with LF line ends and without styles.

    Reader and browser decide how captions look, and style sheets could load images from other hosts. The name of the
    returned file is derived from its content. Raises CaptionsRefused.
    """
    if upload.size > MAX_BYTES:
        raise CaptionsRefused(
            _("The captions file is too large. The limit is %(limit)s.") % {"limit": filesizeformat(MAX_BYTES)}
        )
    text = _text(upload.read())
    header, *blocks = _blocks(text)
    _check_header(header, text)
    cues = [block for block in blocks if not _NON_CUE.fullmatch(block[1][0])]
    if not cues:
        raise CaptionsRefused(_("There are no captions in this file."))
    for number, lines in cues:
        _check_cue(number, lines)
    stored = [lines for _number, lines in (header, *blocks) if not _is_style(lines)]
    data = ("\n\n".join("\n".join(lines) for lines in stored) + "\n").encode()
    return ContentFile(data, name=content_names.by_content([data], EXTENSION))


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptionsRefused(_("The captions are not encoded in UTF-8. Save the file in that encoding.")) from error
    if "\0" in text:
        raise CaptionsRefused(_("The captions contain characters that do not belong in a text. Save the file again."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _blocks(text: str) -> Iterator[Block]:
    """Split `text` at empty lines. An empty text has one block with an empty line."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line:
            block.append(line)
        elif block or number == 1:
            yield number - len(block), block or [""]
            block = []


def _is_style(lines: Sequence[str]) -> bool:
    """Whether a block is a style sheet, and not a cue whose name begins like one."""
    match = _NON_CUE.fullmatch(lines[0])
    return bool(match and match[1] == "STYLE")


def _check_header(header: Block, text: str) -> None:
    if _SRT.match(text):
        raise CaptionsRefused(_("This is an SRT file. Convert it to WebVTT (.vtt); most subtitle editors can do that."))
    if not _HEADER.fullmatch(header[1][0]):
        raise CaptionsRefused(_("Captions must be a WebVTT file (.vtt) whose first line is WEBVTT."))
    if any("-->" in line for line in header[1]):
        raise CaptionsRefused(_("Leave an empty line between WEBVTT and the first caption."))


def _check_cue(number: int, lines: Sequence[str]) -> None:
    """Check one cue: an optional name, a line with its times, and its text. `number` is that of its first line."""
    at = 0 if "-->" in lines[0] else 1
    timing = _TIMING.fullmatch(lines[at]) if at < len(lines) else None
    if timing is None:
        example = "00:01:02.000 --> 00:01:04.500"
        sentence = _("Line %(number)s of the captions must say when a caption is shown, like %(example)s.")
        raise CaptionsRefused(sentence % {"number": number + at, "example": example})
    if _milliseconds(timing.groups()[:4]) >= _milliseconds(timing.groups()[4:]):
        sentence = _("Line %(number)s of the captions: this caption ends before it begins.")
        raise CaptionsRefused(sentence % {"number": number + at})
    for text_number, line in enumerate(lines[at + 1 :], start=number + at + 1):
        if "-->" in line:
            sentence = _("Line %(number)s of the captions: leave an empty line before each caption.")
            raise CaptionsRefused(sentence % {"number": text_number})


def _milliseconds(timestamp: Sequence[str | None]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in timestamp)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
