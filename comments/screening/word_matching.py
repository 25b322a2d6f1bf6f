"""Finding banned words in a text as readers see it, whatever characters spell it."""

import re
import unicodedata
from functools import lru_cache

# Characters that are drawn as nothing although Unicode calls them marks or letters: fillers and variation selectors.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


def fold(text: str) -> str:
    """Return a text in the form in which it is compared: lower case, full-width letters and ligatures replaced by plain
    ones, without invisible characters.
    """
    if text.isascii():
        return text.lower()  # the same result in a hundredth of the time
    # Decompose, filter, then compose: an invisible character may stand between a letter and its accent, and the
    # mathematical capitals become plain capitals, which have a lower case.
    decomposed = unicodedata.normalize("NFKD", text)
    visible = "".join(char for char in decomposed if not _is_invisible(char))
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())


def contains(folded: str, phrase: str) -> bool:
    """Whether a word, or several in a row, occur in a text that was folded with `fold`."""
    longest, pattern = _compiled(phrase)
    # Dozens of phrases are looked up and most of them do not occur. Looking for one word first is ten times as fast.
    # A phrase of invisible characters only has no longest word and occurs nowhere.
    return longest != "" and longest in folded and pattern.search(folded) is not None


@lru_cache(maxsize=1000)
def _compiled(phrase: str) -> tuple[str, re.Pattern[str]]:
    """The longest word of a phrase and the pattern of all its words in a row. Cached: compiling takes 10 µs."""
    words = fold(phrase).split()
    in_a_row = r"\s+".join(map(re.escape, words))
    return max(words, key=len, default=""), re.compile(rf"(?<!\w){in_a_row}(?!\w)")


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cf", "Cn") or char in _INVISIBLE
