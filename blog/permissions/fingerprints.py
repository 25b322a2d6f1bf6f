"""Fingerprints of texts: they tell what a permission covers without storing the words in the ledger.

There are two. The strict fingerprint answers: is this exactly the same text? The folded one answers: would a reader
call it the same text? It ignores typography (quotes, dashes, spaces, invisible characters) and nothing else: dropping
a "not" gives another fingerprint. Zero-width joiners count, because some Persian spellings differ only by them.
"""

import hashlib
import re
import unicodedata

# Soft hyphens, word joiners, direction marks, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
_TYPED_DASH = re.compile("-{2,3}")
_FOLDS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛‹›ʼ′`´", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
    }
)


def strict(text: str) -> str:
    """Return ``strict1:`` and the SHA-256 of the text in NFC with LF line ends."""
    return "strict1:" + _digest(_normalized(text))


def folded(text: str) -> str:
    """Return ``fold1:`` and the SHA-256 of the text without its typography."""
    visible = unicodedata.normalize("NFC", _INVISIBLE.sub("", _normalized(text)))
    folded_text = _TYPED_DASH.sub("-", visible.translate(_FOLDS))
    return "fold1:" + _digest(" ".join(folded_text.split()))


def _normalized(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
