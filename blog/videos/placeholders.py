"""Places for videos in stored HTML: where one stands, and which, but nothing of how it looks.

A place is a comment of HTML. The renderer puts it in behind the sanitisers, and neither of them lets through a comment
that somebody else wrote, nor a bare ``<`` that could begin one; so whoever finds a place knows who made it.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from blog.videos.references import Reference

MOST = 100  # places in one text; further addresses stay as they were typed

_PLACE = re.compile(r"<!--video ([a-z]+):([\w.%]*):([\w.%~]+):(\d{1,7})-->", re.ASCII)


def place(reference: Reference) -> str:
    """What stands in the HTML in place of the video."""
    return f"<!--video {reference.provider}:{_coded(reference.host)}:{_coded(reference.id)}:{reference.start}-->"


def references(html: str) -> list[Reference]:
    """The videos that stand in a stored text, in order, each once."""
    return list(dict.fromkeys(_reference(found) for found in _PLACE.finditer(html)))


def fill(html: str, shown: Callable[[Reference], str]) -> str:
    """`html` with what `shown` makes, which must be safe HTML, in each of its places."""
    return _PLACE.sub(lambda found: shown(_reference(found)), html)


def _reference(found: re.Match[str]) -> Reference:
    provider, host, id, start = found.groups()
    return Reference(provider, unquote(id), int(start), unquote(host))


def _coded(value: str) -> str:
    """Without hyphens, too: two of them and a bracket would end the comment."""
    return quote(value, safe="").replace("-", "%2D")
