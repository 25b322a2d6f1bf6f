"""Clean typed text before it is checked, so that what is checked is what is stored."""

import re
import unicodedata

# Control characters except tab and newline (PostgreSQL refuses NUL), halves of surrogate pairs (no database stores
# them), and the marks that change the direction of all text after them (U+202E shows "gpj.exe" as "exe.jpg").
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def clean_text(text: str) -> str:
    """Return the text in NFC, with newlines as line ends, without unwanted characters and blank lines around it.

    Leading spaces stay: four of them make a block of code.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text)).strip("\n").rstrip()


def clean_line(text: str) -> str:
    """Return the cleaned text as one line, with every run of white space replaced by a space."""
    return " ".join(clean_text(text).split())


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen: a name made of spaces and joiners is no name."""
    return all(unicodedata.category(character)[0] in "CZ" for character in text)
