"""Fingerprints of words: what a permission covers, without keeping the words themselves.

Two, because they answer two questions. The strict one: is this the same text? The folded one: would a reader say so?
It looks past what typography changes (quotes, dashes, spaces, invisible characters) and at nothing else: a dropped
"not" is another text. Zero-width joiners stay, since dropping them equates different Persian spellings.
"""

import hashlib
import re
import unicodedata

# Soft hyphens, joiners of words, marks of direction, variation selectors.
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
    """``strict1:`` and the SHA-256 of the text in NFC with plain line ends."""
    return "strict1:" + _digest(_plain(text))


def folded(text: str) -> str:
    """``fold1:`` and the SHA-256 of the text with its typography folded away."""
    bare = unicodedata.normalize("NFC", _INVISIBLE.sub("", _plain(text)))
    even = _TYPED_DASH.sub("-", bare.translate(_FOLDS))
    return "fold1:" + _digest(" ".join(even.split()))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
