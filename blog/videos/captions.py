"""Captions in WebVTT: read before they are kept, so that what does not work is said to the host and not to nobody."""

import re
from collections.abc import Iterator, Sequence

from django.core.files.base import ContentFile, File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from core.files import content_names

EXTENSION, MEDIA_TYPE = "vtt", "text/vtt; charset=utf-8"
MAX_BYTES = 1024 * 1024  # a film of ten hours has less

_MOMENT = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_MOMENT}[ \t]+-->[ \t]+{_MOMENT}(?:[ \t]+[^\n]*)?", re.ASCII)
_HEADER = re.compile(r"WEBVTT(?:[ \t][^\n]*)?")
_SRT = re.compile(r"\s*\d+[ \t]*\n\d{2}:\d{2}:\d{2},\d{3} -->")
_NO_CUE = re.compile(r"(NOTE|STYLE|REGION)(?:[ \t][^\n]*)?")

Block = tuple[int, list[str]]  # the number of its first line, and its lines


class CaptionsRefused(Exception):
    """The file cannot become captions of ours; its text is a sentence for the person who sent it."""


def clean_upload(upload: File[bytes]) -> ContentFile[bytes]:
    """The captions in `upload` as we keep them: in UTF-8 without a mark, with plain ends of lines, without styles.

    How captions look is the reader's choice and the browser's; style sheets in them could ask others for pictures.
    Named by their content. Raises CaptionsRefused.
    """
    if upload.size > MAX_BYTES:
        raise CaptionsRefused(
            _("The file of captions is too large: at most %(limit)s.") % {"limit": filesizeformat(MAX_BYTES)}
        )
    text = _text(upload.read())
    header, *blocks = _blocks(text)
    _check_header(header, text)
    cues = [block for block in blocks if not _NO_CUE.fullmatch(block[1][0])]
    if not cues:
        raise CaptionsRefused(_("There are no captions in this file."))
    for number, lines in cues:
        _check_cue(number, lines)
    kept = [lines for _number, lines in (header, *blocks) if not _is_style(lines)]
    data = ("\n\n".join("\n".join(lines) for lines in kept) + "\n").encode()
    return ContentFile(data, name=content_names.by_content([data], EXTENSION))


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptionsRefused(_("The captions are not in UTF-8. Save the file in that encoding.")) from error
    if "\0" in text:
        raise CaptionsRefused(_("There are characters in the captions that no text has. Save the file anew."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _blocks(text: str) -> Iterator[Block]:
    """What stands between empty lines; of an empty text, one block with an empty line."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line:
            block.append(line)
        elif block or number == 1:
            yield number - len(block), block or [""]
            block = []


def _is_style(lines: Sequence[str]) -> bool:
    """Not so a cue whose name only begins like one."""
    match = _NO_CUE.fullmatch(lines[0])
    return bool(match and match[1] == "STYLE")


def _check_header(header: Block, text: str) -> None:
    if _SRT.match(text):
        raise CaptionsRefused(_("This is an SRT file. Convert it to WebVTT (.vtt): most subtitle editors can."))
    if not _HEADER.fullmatch(header[1][0]):
        raise CaptionsRefused(_("Captions must be a WebVTT file (.vtt), whose first line is WEBVTT."))
    if any("-->" in line for line in header[1]):
        raise CaptionsRefused(_("Leave an empty line between WEBVTT and the first caption."))


def _check_cue(number: int, lines: Sequence[str]) -> None:
    """A cue: a name if it has one, from when to when, and what is said."""
    at = 0 if "-->" in lines[0] else 1
    timing = _TIMING.fullmatch(lines[at]) if at < len(lines) else None
    if timing is None:
        wanted = "00:01:02.000 --> 00:01:04.500"
        sentence = _("Line %(number)s of the captions: here should be from when to when, like %(wanted)s.")
        raise CaptionsRefused(sentence % {"number": number + at, "wanted": wanted})
    if _milliseconds(timing.groups()[:4]) >= _milliseconds(timing.groups()[4:]):
        raise CaptionsRefused(_("Line %(number)s of the captions: it ends before it begins.") % {"number": number + at})
    for further, line in enumerate(lines[at + 1 :], start=number + at + 1):
        if "-->" in line:
            sentence = _("Line %(number)s of the captions: leave an empty line before each caption.")
            raise CaptionsRefused(sentence % {"number": further})


def _milliseconds(moment: Sequence[str | None]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in moment)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
