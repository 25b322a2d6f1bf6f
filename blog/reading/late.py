"""A long part of a page that does not pass through its templates.

Every node and block around a part copies it, and one “…” in it doubles what is copied: with a thread of 200 kB a page
spends 2.5 ms on that. So the templates get a mark in its place, and the part is put in when the page becomes bytes.
"""

import secrets
from collections.abc import Iterable

from django.utils.safestring import SafeString, mark_safe

NAME = "late"  # in the context of a template


class Late:
    """The long parts of one page, in their order. Nobody can write the mark, for it never leaves the process."""

    mark = f"<!--{secrets.token_hex(16)}-->"

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def put(self, pieces: Iterable[str]) -> SafeString:
        """Safe HTML, in pieces: most of them alone need no wide characters. Returns what stands for it."""
        self._parts.append(b"".join(map(str.encode, pieces)))
        return mark_safe(self.mark)  # noqa: S308 - a constant

    def page(self, text: str) -> bytes:
        first, *rest = text.split(self.mark)
        pieces = [first.encode()]
        for part, between in zip(self._parts, rest, strict=True):
            pieces += (part, between.encode())
        return b"".join(pieces)
