"""Addresses of videos, read by the table of providers.

Nothing is fetched and nothing of the provider's HTML is kept: an address is read offline into a `Reference`.
Imports no Django, since the settings take the allowed origins from here.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from string import Formatter
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from blog.videos.providers import PROVIDERS as PROVIDERS
from blog.videos.providers import Provider as Provider

UPLOAD = "upload"  # the provider of a file of ours
DIRECT = "direct"  # and of a file elsewhere
NEVER_CHECKED = (UPLOAD, DIRECT)  # the keys of those whom nobody can or has to ask whether a video is still there


@dataclass(frozen=True)
class Reference:
    """One video at one provider, from `start` seconds on."""

    provider: str
    id: str
    start: int = 0
    host: str = ""  # where the provider runs on many

    @property
    def provider_name(self) -> str:
        """For readers: who will be asked. Of those that run on many hosts, the host says that best."""
        provider = PROVIDERS.get(self.provider)
        return (provider.name if provider and not provider.hosts else self._at) or self.provider

    @property
    def watch_url(self) -> str:
        """The page where the video is at home."""
        provider = PROVIDERS.get(self.provider)
        return self._filled(provider.watch) if provider else ""

    @property
    def player_url(self) -> str:
        """What is loaded after a click; nothing where the settings do not allow it (any more)."""
        provider = PROVIDERS.get(self.provider)
        if provider is None or (provider.hosts and self._at not in _allowed(provider.hosts)):
            return ""
        return self._filled(provider.player)

    @property
    def is_file(self) -> bool:
        """Played by the browser itself, without a page of the provider's around it."""
        provider = PROVIDERS.get(self.provider)
        return provider is not None and not provider.frame_origin

    @property
    def aspect(self) -> str:
        provider = PROVIDERS.get(self.provider)
        return provider.aspect if provider else "16/9"

    @property
    def is_well_formed(self) -> bool:
        provider = PROVIDERS.get(self.provider)
        return provider is not None and bool(re.fullmatch(provider.id, self.id, re.ASCII))

    @property
    def info_url(self) -> str:
        """Where to ask about the video; nothing where nobody would know."""
        provider = PROVIDERS.get(self.provider)
        return self._filled((provider.info,), url=quoted(self.film.watch_url)) if provider else ""

    @property
    def poster_url(self) -> str:
        """A still picture, where its address is always the same."""
        provider = PROVIDERS.get(self.provider)
        return self._filled((provider.poster,)) if provider else ""

    @property
    def film(self) -> "Reference":
        """The whole of it, wherever this begins."""
        return replace(self, start=0)

    @property
    def _at(self) -> str:
        """The host: noted, or part of an id that is an address."""
        return self.host or (urlsplit(self.id).hostname or "" if "://" in self.id else "")

    def _filled(self, templates: tuple[str, ...], **more: str) -> str:
        match = re.fullmatch(PROVIDERS[self.provider].id, self.id, re.ASCII)
        if match is None:
            return ""
        values = {"id": self.id, "host": self.host, "start": self.start, **match.groupdict(), **more}
        known = {name: value for name, value in values.items() if value}
        return next((template.format(**known) for template in templates if _fields(template) <= known.keys()), "")


ID_PARAMETERS = ("v", "h", "video", "bvid")  # of a query, where an address needs them to name its video
LONGEST = 1000  # characters of an id or an address
LATEST = 999_999  # seconds of a start: as many digits as are read
_SHAPES = [(provider, re.compile(shape, re.ASCII)) for provider in PROVIDERS.values() for shape in provider.shapes]
_CLOCK = re.compile(r"(?:(?P<h>\d{1,2})h)?(?:(?P<m>\d{1,3})m)?(?:(?P<s>\d{1,6})s?)?", re.ASCII)


def parse(address: str) -> Reference | None:
    """The video behind the address of its page, or None where we know no provider for it."""
    try:
        parts = urlsplit(address.strip())
        has_login_or_port = parts.username is not None or parts.port is not None
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or has_login_or_port or not parts.hostname or len(address) > LONGEST:
        return None
    query = parse_qs(parts.query)
    for provider, shape in _SHAPES:
        for known in _spellings(parts, query):
            if (match := shape.fullmatch(known)) and (found := _reference(provider, match, parts, query)):
                return found
    return None


def _spellings(parts: SplitResult, query: Mapping[str, list[str]]) -> Iterator[str]:
    plain = f"{parts.hostname}{parts.path}"
    yield from (f"{plain}?{name}={query[name][0]}" for name in ID_PARAMETERS if name in query)
    yield plain


def _reference(
    provider: Provider, match: re.Match[str], parts: SplitResult, query: dict[str, list[str]]
) -> Reference | None:
    found = match.groupdict()
    host = found.get("host") or ""
    if provider.hosts and (parts.scheme != "https" or host not in _allowed(provider.hosts)):
        return None
    # Where its home cannot be told a start, it has none: what is read of a video is what its `watch_url` says again.
    start = _start(parts, query) if "start" in _fields(provider.watch[0]) else 0
    if "id" not in found:
        whole = Reference(provider.key, parts._replace(netloc=host, fragment="").geturl(), start)
        return whole if whole.is_well_formed and len(whole.watch_url) <= LONGEST else None
    id = "/".join(filter(None, (found["id"], found.get("hash"))))
    return Reference(provider.key, id, start, host)


def _start(parts: SplitResult, query: dict[str, list[str]]) -> int:
    """Seconds, from ``t=90``, ``t=1m30s``, ``start=90`` or ``#t=90s``; 0 where it cannot be read."""
    fragment = parts.fragment.removeprefix("t=") if parts.fragment.startswith("t=") else ""
    value = (query.get("t") or query.get("start") or query.get("startTime") or [fragment])[0]
    match = _CLOCK.fullmatch(value)
    if not match:
        return 0
    seconds = int(match["h"] or 0) * 3600 + int(match["m"] or 0) * 60 + int(match["s"] or 0)
    return seconds if seconds <= LATEST else 0


def quoted(address: str) -> str:
    """`address` as a value in the query of another, as the templates of `Provider.info` want it for ``{url}``."""
    return quote(address, safe="")


def names() -> list[str]:
    """What can be shown here: all providers but those whose hosts the settings do not name."""
    from django.utils.translation import gettext  # not above: the settings themselves import this module

    known = [provider for provider in PROVIDERS.values() if not provider.hosts or _allowed(provider.hosts)]
    return [gettext(provider.name) for provider in known]


def frame_origins(hosts: Mapping[str, Collection[str]]) -> list[str]:
    """All that a frame may load; `hosts` holds those of each setting that a provider names."""
    return _origins("frame_origin", hosts)


def media_origins(hosts: Mapping[str, Collection[str]]) -> list[str]:
    """From where the browser's own player may load a film, besides ourselves."""
    return _origins("media_origin", hosts)


def _origins(field: str, hosts: Mapping[str, Collection[str]]) -> list[str]:
    return [
        getattr(provider, field).format(host=host)
        for provider in PROVIDERS.values()
        if getattr(provider, field)
        for host in (hosts[provider.hosts] if provider.hosts else [""])
    ]


def _allowed(setting: str) -> Collection[str]:
    from django.conf import settings  # not before it is asked: the settings themselves import this module

    hosts: Collection[str] = getattr(settings, setting)
    return hosts


@cache
def _fields(template: str) -> frozenset[str]:
    return frozenset(name for _text, name, _spec, _conversion in Formatter().parse(template) if name)
