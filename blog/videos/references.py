"""References to videos: parsing a video's URL, and the URLs that follow from a reference.

Everything here works offline, from the table of providers.

This module imports no Django at module level, because the settings take the allowed origins from here.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from string import Formatter
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from blog.videos.providers import PROVIDERS as PROVIDERS
from blog.videos.providers import Provider as Provider

UPLOAD = "upload"  # the provider of videos that were uploaded here
UNCHECKED_PROVIDERS = (UPLOAD, *(key for key, provider in PROVIDERS.items() if not provider.frame_origin))  # files


@dataclass(frozen=True)
class Reference:
    """One video at one provider, played from `start` (in seconds)."""

    provider: str
    id: str
    start: int = 0
    host: str = ""  # if the provider runs on many hosts

    @property
    def provider_name(self) -> str:
        """The name that readers know: the host, if the provider runs on many."""
        row = self._row
        return (row.name if row and not row.hosts_setting else self._serving_host) or self.provider

    @property
    def watch_url(self) -> str:
        """The page of the video at its provider."""
        return self._expand(self._row.watch_urls) if self._row else ""

    @property
    def player_url(self) -> str:
        """The URL to load after the reader's click; empty if the settings do not allow the host (any more)."""
        row = self._row
        if row is None or (row.hosts_setting and self._serving_host not in _allowed_hosts(row.hosts_setting)):
            return ""
        return self._expand(row.player_urls)

    @property
    def is_file(self) -> bool:
        """Whether the browser itself plays the video, without a frame of the provider."""
        return self._row is not None and not self._row.frame_origin

    @property
    def aspect(self) -> str:
        return self._row.aspect if self._row else "16/9"

    @property
    def is_well_formed(self) -> bool:
        return self._row is not None and bool(re.fullmatch(self._row.id_pattern, self.id, re.ASCII))

    @property
    def info_url(self) -> str:
        """Where the provider describes the video; empty if it does not."""
        if not self._row:
            return ""
        return self._expand((self._row.info_url,), url=quote(self.without_start.watch_url, safe=""))

    @property
    def poster_url(self) -> str:
        """A still picture, if its URL follows from the id."""
        return self._expand((self._row.poster_url,)) if self._row else ""

    @property
    def without_start(self) -> "Reference":
        """The same video, played from its beginning."""
        return replace(self, start=0)

    @property
    def _row(self) -> Provider | None:
        return PROVIDERS.get(self.provider)

    @property
    def _serving_host(self) -> str:
        """The host on record, or the one in an id that is a URL."""
        return self.host or (urlsplit(self.id).hostname or "" if "://" in self.id else "")

    def _expand(self, templates: tuple[str, ...], **extra: str) -> str:
        """Expand the first template whose fields all have a value; return an empty string if there is none."""
        match = re.fullmatch(PROVIDERS[self.provider].id_pattern, self.id, re.ASCII)
        if match is None:
            return ""
        fields = {"id": self.id, "host": self.host, "start": self.start, **match.groupdict(), **extra}
        filled = {name: value for name, value in fields.items() if value}
        return next((template.format(**filled) for template in templates if _fields(template) <= filled.keys()), "")


MAX_URL_LENGTH = 1000  # characters; also of an id
MAX_START = 999_999  # seconds: as many digits as `_DURATION` reads
_URL_PATTERNS = [
    (provider, re.compile(pattern, re.ASCII)) for provider in PROVIDERS.values() for pattern in provider.url_patterns
]
_DURATION = re.compile(r"(?:(?P<h>\d{1,2})h)?(?:(?P<m>\d{1,3})m)?(?:(?P<s>\d{1,6})s?)?", re.ASCII)


def parse(url: str) -> Reference | None:
    """Return the video that `url` leads to, or None if it is not the URL of a video at a known provider."""
    try:
        parts = urlsplit(url.strip())
        has_login_or_port = parts.username is not None or parts.port is not None
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or has_login_or_port or not parts.hostname or len(url) > MAX_URL_LENGTH:
        return None
    query = parse_qs(parts.query)
    for provider, pattern in _URL_PATTERNS:
        for spelling in _spellings(provider, parts, query):
            if (match := pattern.fullmatch(spelling)) and (reference := _reference(provider, match, parts, query)):
                return reference
    return None


def _spellings(provider: Provider, parts: SplitResult, query: Mapping[str, list[str]]) -> Iterator[str]:
    """The forms of a URL that the provider's patterns may match."""
    plain = f"{parts.hostname}{parts.path}"
    yield from (f"{plain}?{name}={query[name][0]}" for name in provider.id_parameters if name in query)
    yield plain


def _reference(
    provider: Provider, match: re.Match[str], parts: SplitResult, query: dict[str, list[str]]
) -> Reference | None:
    groups = match.groupdict()
    host = groups.get("host") or ""
    if provider.hosts_setting and (parts.scheme != "https" or host not in _allowed_hosts(provider.hosts_setting)):
        return None
    # A start that the watch URL cannot express is dropped, so that parsing the watch URL gives the same reference.
    start = _start(provider, parts, query) if "start" in _fields(provider.watch_urls[0]) else 0
    if "id" not in groups:
        file = Reference(provider.key, parts._replace(netloc=host, fragment="").geturl(), start)
        return file if file.is_well_formed and len(file.watch_url) <= MAX_URL_LENGTH else None
    id = "/".join(filter(None, (groups["id"], groups.get("hash"))))
    return Reference(provider.key, id, start, host)


def _start(provider: Provider, parts: SplitResult, query: dict[str, list[str]]) -> int:
    """Return the start in seconds, from ``t=90``, ``t=1m30s`` or ``#t=90s``; 0 if there is none to read."""
    fragment = parts.fragment.removeprefix("t=") if parts.fragment.startswith("t=") else ""
    value = next((query[name][0] for name in provider.start_parameters if name in query), fragment)
    match = _DURATION.fullmatch(value)
    if not match:
        return 0
    seconds = int(match["h"] or 0) * 3600 + int(match["m"] or 0) * 60 + int(match["s"] or 0)
    return seconds if seconds <= MAX_START else 0


def provider_names() -> list[str]:
    """Name the providers whose videos can be shown here: those on many hosts only if the settings list some."""
    from django.utils.translation import gettext  # not above: the settings import this module

    available = [row for row in PROVIDERS.values() if not row.hosts_setting or _allowed_hosts(row.hosts_setting)]
    return [gettext(row.name) for row in available]


def frame_origins(hosts: Mapping[str, Collection[str]]) -> list[str]:
    """The origins of all players in frames. `hosts` are the allowed hosts, by the name of their setting."""
    return _origins("frame_origin", hosts)


def media_origins(hosts: Mapping[str, Collection[str]]) -> list[str]:
    """The origins of all video files on other hosts. `hosts` are the allowed hosts, by the name of their setting."""
    return _origins("media_origin", hosts)


def _origins(field: str, hosts: Mapping[str, Collection[str]]) -> list[str]:
    return [
        getattr(row, field).format(host=host)
        for row in PROVIDERS.values()
        if getattr(row, field)
        for host in (hosts[row.hosts_setting] if row.hosts_setting else [""])
    ]


def _allowed_hosts(setting: str) -> Collection[str]:
    from django.conf import settings  # not above: the settings import this module

    hosts: Collection[str] = getattr(settings, setting)
    return hosts


@cache
def _fields(template: str) -> frozenset[str]:
    return frozenset(name for _text, name, _spec, _conversion in Formatter().parse(template) if name)
