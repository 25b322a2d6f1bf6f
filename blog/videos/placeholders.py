"""Placeholders for videos in stored HTML: they say which video is shown at a point of a text, and not how it looks.

A placeholder is an HTML comment. The renderer inserts it after the sanitisers have run, and neither sanitiser lets
through a comment from an author, or a bare ``<`` that could begin one. So every placeholder comes from the renderer.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from blog.videos.references import Reference

MAX_PER_TEXT = 100  # the URLs of further videos stay text

_PLACEHOLDER = re.compile(r"<!--video ([a-z]+):([\w.%]*):([\w.%~]+):(\d{1,7})-->", re.ASCII)


def placeholder(reference: Reference) -> str:
    return f"<!--video {reference.provider}:{_encoded(reference.host)}:{_encoded(reference.id)}:{reference.start}-->"


def references(html: str) -> list[Reference]:
    """Return the videos in a stored text, in order, without duplicates."""
    return list(dict.fromkeys(_reference(match) for match in _PLACEHOLDER.finditer(html)))


def replace(html: str, render: Callable[[Reference], str]) -> str:
    """Replace each placeholder in `html` with what `render` returns for its video. That must be safe HTML."""
    return _PLACEHOLDER.sub(lambda match: render(_reference(match)), html)


def _reference(match: re.Match[str]) -> Reference:
    provider, host, id, start = match.groups()
    return Reference(provider, unquote(id), int(start), unquote(host))


def _encoded(value: str) -> str:
    """Percent-encode `value`. Hyphens too, because "-->" would end the comment."""
    return quote(value, safe="").replace("-", "%2D")
