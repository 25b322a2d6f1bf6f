"""What becomes of typed words before anything is checked: what is checked is what is stored."""

import re
import unicodedata

# Control characters but tab and newline (PostgreSQL refuses NUL), halves of surrogate pairs (no database takes them),
# and the marks that turn the direction of everything after them (U+202E shows "gpj.exe" as "exe.jpg").
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def tidy(text: str) -> str:
    """The text with one kind of line end, composed characters (NFC), and nothing in it that is no text.

    Spaces at the beginning stay: four of them make a block of code.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text)).strip("\n").rstrip()


def tidy_line(text: str) -> str:
    """The same as a single line, with single spaces."""
    return " ".join(tidy(text).split())


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen: spaces and joiners are no name."""
    return all(unicodedata.category(character)[0] in "CZ" for character in text)
