"""Pages that were made, each in the forms in which it may be sent, as many as there is room for."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache

import brotli

Headers = list[tuple[str, str]]

OVERHEAD = 2_000  # bytes that a page takes beside its bodies, about
SHORT = 500  # bytes: below, packing gains less than its header costs
# Where packing harder costs more than it saves: a page of 29 kB takes 1.5 ms and becomes 8 kB, against 40 ms and 7 kB.
BROTLI_QUALITY = 5
GZIP_LEVEL = 6
MOST_ACCEPTED = 200  # characters of an Accept-Encoding; browsers send 30


@dataclass(frozen=True)
class Form:
    """A page as it goes out in one encoding. The ETag is strong: another byte, another tag."""

    headers: Headers
    body: bytes
    etag: str


@dataclass
class Page:
    """The answer to GET for one address: 200, and the same for everybody."""

    headers: Headers  # without length, ETag and encoding, which differ from form to form
    body: bytes
    tags: frozenset[str]
    stamp: int
    begun_at: float = float("-inf")  # when it was asked for, by `time.monotonic`
    known_good: int = -1  # the latest look at which it was found to be up to date
    forms: dict[str, Form] = field(default_factory=dict)

    def form(self, encoding: str) -> Form:
        """In `encoding`: br, gzip, or none at all. Packed once, when it is first asked for."""
        found = self.forms.get(encoding)
        if found is None:
            found = self.forms[encoding] = self._packed(encoding if len(self.body) >= SHORT else "")
        return found

    def _packed(self, encoding: str) -> Form:
        body = PACKERS[encoding](self.body)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = [*self.headers, ("Content-Length", str(len(body))), ("ETag", etag)]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        return Form(headers, body, etag)

    @property
    def size(self) -> int:
        """Bytes, with room for the forms that are not made yet."""
        return OVERHEAD + 2 * len(self.body)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    "gzip": lambda body: gzip.compress(body, GZIP_LEVEL, mtime=0),
    "br": lambda body: brotli.compress(body, quality=BROTLI_QUALITY),
}


class Pages:
    """Those go first that were not touched for the longest time. Safe for threads."""

    def __init__(self, room: int) -> None:
        self.room = room  # bytes
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Page | None:
        """Without the lock: five threads that ask for it with every page wait for each other."""
        return self._pages.get(key)

    def touch(self, key: Hashable) -> None:
        """Note that a page is in use."""
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)

    def put(self, key: Hashable, page: Page) -> None:
        """Keep `page`, unless there is a later one: two may have been made at once. One that fills all is not kept."""
        if page.size > self.room // 4:
            return
        with self._lock:
            before = self._pages.get(key)
            if before and before.stamp > page.stamp:
                return
            self._size += page.size - (before.size if before else 0)
            self._pages[key] = page
            self._pages.move_to_end(key)
            while self._size > self.room:
                self._size -= self._pages.popitem(last=False)[1].size

    def drop(self, key: Hashable) -> None:
        with self._lock:
            if page := self._pages.pop(key, None):
                self._size -= page.size


def best_encoding(accepted: str) -> str:
    """What to send to a browser with this Accept-Encoding: br, gzip, or nothing. RFC 9110, 12.5.3."""
    # A header may have 400,000 characters, and a thousand of those must not be remembered.
    return _best_encoding(accepted) if len(accepted) <= MOST_ACCEPTED else ""


@lru_cache(maxsize=1000)
def _best_encoding(accepted: str) -> str:
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    anything = weights.get("*", 0.0)
    return next((name for name in ("br", "gzip") if weights.get(name, anything) > 0), "")


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
