"""The providers of videos as data. A new one is a row here and its tests.

Nothing is fetched and nothing of the provider's HTML is kept: an address is read offline into a `Reference`.
Imports no Django, since the settings take the allowed frame origins from here.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit


@dataclass(frozen=True)
class Provider:
    """One provider; in the addresses ``{id}`` and ``{start}`` (whole seconds) are filled in."""

    key: str
    name: str
    shapes: tuple[str, ...]  # patterns over "host/path?v=…" with a group "id"
    watch: str
    from_start: str  # what follows where the video does not begin at its beginning
    player: str
    frame_origin: str


@dataclass(frozen=True)
class Reference:
    """One video at one provider, from `start` seconds on."""

    provider: str
    id: str
    start: int = 0

    @property
    def provider_name(self) -> str:
        return PROVIDERS[self.provider].name

    @property
    def watch_url(self) -> str:
        """The page where the video is at home."""
        provider = PROVIDERS[self.provider]
        address = provider.watch + (provider.from_start if self.start else "")
        return address.format(id=self.id, start=self.start)

    @property
    def player_url(self) -> str:
        """What the frame loads after a click."""
        return PROVIDERS[self.provider].player.format(id=self.id, start=self.start)


PROVIDERS: dict[str, Provider] = {
    provider.key: provider
    for provider in (
        Provider(
            key="youtube",
            name="YouTube",
            shapes=(
                r"(?:www\.|m\.|music\.)?youtube\.com/watch/?\?v=(?P<id>[\w-]{11})",
                # "videoseries" and "live_stream" are a playlist and a channel, though as long as an id.
                r"(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:shorts|live|embed)"
                r"/(?!videoseries|live_stream)(?P<id>[\w-]{11})/?",
                r"youtu\.be/(?P<id>[\w-]{11})/?",
            ),
            watch="https://www.youtube.com/watch?v={id}",
            from_start="&t={start}s",
            player="https://www.youtube-nocookie.com/embed/{id}?autoplay=1&rel=0&start={start}",
            frame_origin="https://www.youtube-nocookie.com",
        ),
        Provider(
            key="vimeo",
            name="Vimeo",
            shapes=(r"(?:www\.)?vimeo\.com/(?P<id>\d{1,12})/?", r"player\.vimeo\.com/video/(?P<id>\d{1,12})/?"),
            watch="https://vimeo.com/{id}",
            from_start="#t={start}s",
            player="https://player.vimeo.com/video/{id}?autoplay=1&dnt=1#t={start}s",
            frame_origin="https://player.vimeo.com",
        ),
        Provider(
            key="archive",
            name="Internet Archive",
            shapes=(r"(?:www\.)?archive\.org/(?:details|embed)/(?P<id>[A-Za-z0-9][\w.-]{1,99})/?",),
            watch="https://archive.org/details/{id}",
            from_start="?start={start}",
            player="https://archive.org/embed/{id}?autoplay=1&start={start}",
            frame_origin="https://archive.org",
        ),
    )
}
FRAME_ORIGINS = tuple(provider.frame_origin for provider in PROVIDERS.values())

_SHAPES = [(provider.key, re.compile(shape, re.ASCII)) for provider in PROVIDERS.values() for shape in provider.shapes]
_CLOCK = re.compile(r"(?:(?P<h>\d{1,2})h)?(?:(?P<m>\d{1,3})m)?(?:(?P<s>\d{1,6})s?)?", re.ASCII)


def parse(address: str) -> Reference | None:
    """The video behind the address of its page, or None where we know no provider for it."""
    try:
        parts = urlsplit(address.strip())
        has_login_or_port = parts.username is not None or parts.port is not None
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or has_login_or_port or not parts.hostname:
        return None
    query = parse_qs(parts.query)
    plain = f"{parts.hostname}{parts.path}"
    with_id = f"{plain}?v={query['v'][0]}" if "v" in query else plain
    for key, shape in _SHAPES:
        if match := shape.fullmatch(with_id) or shape.fullmatch(plain):
            return Reference(key, match["id"], _start(parts, query))
    return None


def _start(parts: SplitResult, query: dict[str, list[str]]) -> int:
    """Seconds, from ``t=90``, ``t=1m30s``, ``start=90`` or ``#t=90s``; 0 where it cannot be read."""
    fragment = parts.fragment.removeprefix("t=") if parts.fragment.startswith("t=") else ""
    value = (query.get("t") or query.get("start") or [fragment])[0]
    match = _CLOCK.fullmatch(value)
    if not match:
        return 0
    return int(match["h"] or 0) * 3600 + int(match["m"] or 0) * 60 + int(match["s"] or 0)
