"""The store of pages: each in the encodings in which it may be sent, within a limit of bytes."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache

import brotli

Headers = list[tuple[str, str]]

OVERHEAD = 2_000  # bytes that a page takes beside its bodies, roughly
MIN_COMPRESSED_BYTES = 500  # of a shorter body, compression saves less than its header costs
# Higher levels cost more than they save: a page of 29 kB takes 1.5 ms and becomes 8 kB, against 40 ms and 7 kB.
BROTLI_QUALITY = 5
GZIP_LEVEL = 6
MAX_ACCEPT_ENCODING = 200  # characters; browsers send 30


@dataclass(frozen=True)
class Variant:
    """A page in one encoding. Its ETag is strong: it changes with every byte."""

    headers: Headers
    body: bytes
    etag: str


@dataclass
class Page:
    """The 200 response to a GET of one URL, the same for everybody."""

    headers: Headers  # without Content-Length, ETag and Content-Encoding, which differ between variants
    body: bytes
    tags: frozenset[str]
    stamp: int  # the number of the latest poll when its view began
    begun_at: float = float("-inf")  # when its view began, by `time.monotonic`
    fresh_at: int = -1  # the number of the latest poll at which it was found to be fresh
    variants: dict[str, Variant] = field(default_factory=dict)

    def variant(self, encoding: str) -> Variant:
        """The page in `encoding`: "br", "gzip" or "". It is compressed at the first request for it."""
        found = self.variants.get(encoding)
        if found is None:
            found = self.variants[encoding] = self._encoded(encoding if len(self.body) >= MIN_COMPRESSED_BYTES else "")
        return found

    def _encoded(self, encoding: str) -> Variant:
        body = ENCODERS[encoding](self.body)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = [*self.headers, ("Content-Length", str(len(body))), ("ETag", etag)]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        return Variant(headers, body, etag)

    @property
    def size(self) -> int:
        """Bytes, including those of variants that have not been made yet."""
        return OVERHEAD + 2 * len(self.body)


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    "gzip": lambda body: gzip.compress(body, GZIP_LEVEL, mtime=0),
    "br": lambda body: brotli.compress(body, quality=BROTLI_QUALITY),
}


class PageStore:
    """Pages by key. When it is full, the pages go that were not touched for the longest time. It is thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Page | None:
        """The page of this key. It takes no lock: five threads that take one for every page wait for each other."""
        return self._pages.get(key)

    def touch(self, key: Hashable) -> None:
        """Record that a page is in use."""
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)

    def put(self, key: Hashable, page: Page) -> None:
        """Store `page`, unless it takes more than a quarter of the store, or a later one is stored already."""
        if page.size > self.max_bytes // 4:
            return
        with self._lock:
            previous = self._pages.get(key)
            if previous and previous.stamp > page.stamp:
                return
            self._size += page.size - (previous.size if previous else 0)
            self._pages[key] = page
            self._pages.move_to_end(key)
            while self._size > self.max_bytes:
                self._size -= self._pages.popitem(last=False)[1].size

    def drop(self, key: Hashable) -> None:
        with self._lock:
            if page := self._pages.pop(key, None):
                self._size -= page.size


def best_encoding(accept_encoding: str) -> str:
    """The encoding to send to a client with this Accept-Encoding: "br", "gzip" or "" (RFC 9110, 12.5.3)."""
    # A header may have 400,000 characters, and the cache must not remember a thousand of those.
    return _best_encoding(accept_encoding) if len(accept_encoding) <= MAX_ACCEPT_ENCODING else ""


@lru_cache(maxsize=1000)
def _best_encoding(accept_encoding: str) -> str:
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    any_other = weights.get("*", 0.0)
    return next((name for name in ("br", "gzip") if weights.get(name, any_other) > 0), "")


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
