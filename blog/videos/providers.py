"""The video providers that the site knows, one row each.

A row holds everything that is specific to one provider: its URLs, its hosts, and how to read its answers.

This module imports no Django, because the settings build the Content-Security-Policy from it before Django is set up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


def gettext_noop(text: str) -> str:
    """Mark `text` for translation where it is shown. Django's function of this name cannot be imported here."""
    return text


@dataclass(frozen=True, kw_only=True)
class UncheckedAnswer:
    """What a provider says about a video, as it says it: each value may be any JSON value, or missing.

    `blog.videos.provider_answers` checks all of them.
    """

    title: Any = None
    creator: Any = None
    creator_url: Any = None
    durations: Sequence[Any] = ()  # seconds, for each of its files; if not exactly one is valid, the length is unknown
    uploaded_on: Any = None  # a date of ISO 8601, or a Unix timestamp
    picture_url: Any = None


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One provider.

    URL patterns match "host/path", or "host/path?name=value" for a name in `id_parameters`. Their groups: ``id``; a
    ``hash`` to append to it after a slash; ``host``. Without an ``id``, the whole URL is the id.

    URL templates contain ``{id}``, named groups of `id_pattern`, ``{host}``, and ``{start}`` in whole seconds. The
    first template applies whose fields all have a value; ``{start}`` has none where the start is 0.
    """

    key: str  # lower-case letters only; stored with each video and in rendered texts
    name: str
    url_patterns: tuple[str, ...]
    id_pattern: str  # what a valid id looks like, wherever it comes from
    id_parameters: tuple[str, ...] = ()  # query parameters that hold the id or a part of it
    start_parameters: tuple[str, ...] = ("t", "start")  # query parameters that hold the start; the first one wins
    watch_urls: tuple[str, ...]  # the page of the video; if the first has no {start}, the start in a URL is ignored
    player_urls: tuple[str, ...]  # loaded after the reader's click
    frame_origin: str = ""  # of the player; a provider without one serves video files, which need no frame
    media_origin: str = ""  # of such a file
    aspect: str = "16/9"
    poster_url: str = ""  # a still picture, if its URL follows from the id; fetched by the server
    info_url: str = ""  # oEmbed or other JSON about the video, fetched by the server; {url} is the quoted watch URL
    read_answer: Callable[[Json, str], UncheckedAnswer | None] | None = None  # reads that JSON, given the host
    picture_hosts: tuple[str, ...] = ()  # hosts of the pictures that the answer names; ".host" means all names below it
    hosts_setting: str = ""  # the setting that lists the allowed hosts, if the provider runs on many


# --- Readers of answers: pick the values, return None if the answer means that there is no such video


def read_oembed(answer: Json, host: str) -> UncheckedAnswer:
    """Read the oEmbed standard, with the duration and the date that Vimeo adds."""
    return UncheckedAnswer(
        title=answer.get("title"),
        creator=answer.get("author_name"),
        creator_url=answer.get("author_url"),
        durations=(answer.get("duration"),),
        uploaded_on=answer.get("upload_date"),
        picture_url=answer.get("thumbnail_url"),
    )


def read_dailymotion(answer: Json, host: str) -> UncheckedAnswer:
    return UncheckedAnswer(
        title=answer.get("title"),
        creator=answer.get("owner.screenname"),
        creator_url=answer.get("owner.url"),
        durations=(answer.get("duration"),),
        uploaded_on=answer.get("created_time"),
        picture_url=answer.get("thumbnail_720_url") or answer.get("thumbnail_480_url"),
    )


def read_peertube(answer: Json, host: str) -> UncheckedAnswer:
    account = _object(answer.get("account"))
    path = answer.get("previewPath") or answer.get("thumbnailPath")
    return UncheckedAnswer(
        title=answer.get("name"),
        creator=account.get("displayName"),
        creator_url=account.get("url"),
        durations=(answer.get("duration"),),
        uploaded_on=answer.get("publishedAt"),
        picture_url=f"https://{host}{path}" if isinstance(path, str) and path.startswith("/") else None,
    )


def read_internet_archive(answer: Json, host: str) -> UncheckedAnswer | None:
    """Read an item. The Internet Archive answers 200 with nothing in it if the item never existed or was hidden."""
    if not answer or answer.get("is_dark"):
        return None
    about = _object(answer.get("metadata"))
    files = answer.get("files")
    files = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    has_thumbnail = any(file.get("name") == "__ia_thumb.jpg" for file in files)
    thumbnail = f"https://{answer.get('server')}{answer.get('dir')}/__ia_thumb.jpg"
    return UncheckedAnswer(
        title=about.get("title"),
        creator=about.get("creator"),
        durations=[file.get("length") for file in files if file.get("source") == "original"],
        uploaded_on=about.get("publicdate"),
        picture_url=thumbnail if has_thumbnail else None,
    )


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


# --- The table


_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PEERTUBE_ID = rf"(?P<id>[1-9A-HJ-NP-Za-km-z]{{22}}|{_UUID})"
_HOST = r"(?P<host>[a-z0-9.-]+)"
_FILE = r"[^\s?#\"'<>\\^`{|}]+\.(?:mp4|m4v|webm|ogv|ogg)"

PROVIDERS: dict[str, Provider] = {
    provider.key: provider
    for provider in (
        Provider(
            key="youtube",
            name="YouTube",
            url_patterns=(
                r"(?:www\.|m\.|music\.)?youtube\.com/watch/?\?v=(?P<id>[\w-]{11})",
                # "videoseries" (a playlist) and "live_stream" (a channel) are as long as an id.
                r"(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:shorts|live|embed|v)"
                r"/(?!videoseries|live_stream)(?P<id>[\w-]{11})/?",
                r"youtu\.be/(?P<id>[\w-]{11})/?",
            ),
            id_pattern=r"[\w-]{11}",
            id_parameters=("v",),
            watch_urls=("https://www.youtube.com/watch?v={id}&t={start}s", "https://www.youtube.com/watch?v={id}"),
            player_urls=(
                "https://www.youtube-nocookie.com/embed/{id}?autoplay=1&rel=0&start={start}",
                "https://www.youtube-nocookie.com/embed/{id}?autoplay=1&rel=0",
            ),
            frame_origin="https://www.youtube-nocookie.com",
            poster_url="https://i.ytimg.com/vi/{id}/hqdefault.jpg",
            info_url="https://www.youtube.com/oembed?format=json&url={url}",
            read_answer=read_oembed,
            picture_hosts=("i.ytimg.com",),
        ),
        Provider(
            key="vimeo",
            name="Vimeo",
            url_patterns=(
                # The second number is the key of an unlisted video.
                r"(?:www\.)?vimeo\.com/(?P<id>\d{1,12}(?:/[0-9a-f]{6,20})?)/?",
                r"player\.vimeo\.com/video/(?P<id>\d{1,12})/?\?h=(?P<hash>[0-9a-f]{6,20})",
                r"player\.vimeo\.com/video/(?P<id>\d{1,12})/?",
            ),
            id_pattern=r"(?P<number>\d{1,12})(?:/(?P<hash>[0-9a-f]{6,20}))?",
            id_parameters=("h",),
            watch_urls=("https://vimeo.com/{id}#t={start}s", "https://vimeo.com/{id}"),
            player_urls=(
                "https://player.vimeo.com/video/{number}?h={hash}&autoplay=1&dnt=1#t={start}s",
                "https://player.vimeo.com/video/{number}?h={hash}&autoplay=1&dnt=1",
                "https://player.vimeo.com/video/{number}?autoplay=1&dnt=1#t={start}s",
                "https://player.vimeo.com/video/{number}?autoplay=1&dnt=1",
            ),
            frame_origin="https://player.vimeo.com",
            info_url="https://vimeo.com/api/oembed.json?url={url}",
            read_answer=read_oembed,
            picture_hosts=("i.vimeocdn.com",),
        ),
        Provider(
            key="dailymotion",
            name="Dailymotion",
            url_patterns=(
                r"(?:www\.)?dailymotion\.com/(?:embed/)?video/(?P<id>[A-Za-z0-9]{5,20})(?:_[\w%-]*)?/?",
                r"geo\.dailymotion\.com/player(?:/\w+)?\.html\?video=(?P<id>[A-Za-z0-9]{5,20})",
                r"dai\.ly/(?P<id>[A-Za-z0-9]{5,20})/?",
            ),
            id_pattern=r"[A-Za-z0-9]{5,20}",
            id_parameters=("video",),
            start_parameters=("t", "start", "startTime"),
            watch_urls=(
                "https://www.dailymotion.com/video/{id}?start={start}",
                "https://www.dailymotion.com/video/{id}",
            ),
            player_urls=(
                "https://geo.dailymotion.com/player.html?video={id}&startTime={start}",
                "https://geo.dailymotion.com/player.html?video={id}",
            ),
            frame_origin="https://geo.dailymotion.com",
            info_url="https://api.dailymotion.com/video/{id}"
            "?fields=title,duration,created_time,owner.screenname,owner.url,thumbnail_720_url",
            read_answer=read_dailymotion,
            picture_hosts=(".dmcdn.net",),
        ),
        Provider(
            key="tiktok",
            name="TikTok",
            url_patterns=(
                r"(?:www\.|m\.)?tiktok\.com/(?P<id>@[\w.]{1,30}/video/\d{15,20})/?",
                r"(?:www\.)?tiktok\.com/(?:player/v1|embed|embed/v2)/(?P<id>\d{15,20})/?",
            ),
            id_pattern=r"(?:(?P<user>@[\w.]{1,30})/video/)?(?P<number>\d{15,20})",
            watch_urls=("https://www.tiktok.com/{user}/video/{number}", "https://www.tiktok.com/player/v1/{number}"),
            player_urls=("https://www.tiktok.com/player/v1/{number}?autoplay=1",),
            frame_origin="https://www.tiktok.com",
            aspect="9/16",
            # Without the user there is no URL to ask about.
            info_url="https://www.tiktok.com/oembed?url=https%3A%2F%2Fwww.tiktok.com%2F{user}%2Fvideo%2F{number}",
            read_answer=read_oembed,
            picture_hosts=(".tiktokcdn.com", ".tiktokcdn-us.com", ".tiktokcdn-eu.com"),
        ),
        Provider(
            key="bilibili",
            name="Bilibili",
            url_patterns=(
                r"(?:www\.|m\.)?bilibili\.com/video/(?P<id>BV[0-9A-Za-z]{10}|av\d{1,16})/?",
                r"player\.bilibili\.com/player\.html\?bvid=(?P<id>BV[0-9A-Za-z]{10})",
                r"b23\.tv/(?P<id>BV[0-9A-Za-z]{10}|av\d{1,16})/?",
            ),
            id_pattern=r"(?P<bvid>BV[0-9A-Za-z]{10})|av(?P<aid>\d{1,16})",
            id_parameters=("bvid",),
            watch_urls=("https://www.bilibili.com/video/{id}?t={start}", "https://www.bilibili.com/video/{id}"),
            # Its player starts with sound by default, which hardly anybody expects.
            player_urls=(
                "https://player.bilibili.com/player.html?bvid={bvid}&autoplay=0&t={start}",
                "https://player.bilibili.com/player.html?bvid={bvid}&autoplay=0",
                "https://player.bilibili.com/player.html?aid={aid}&autoplay=0&t={start}",
                "https://player.bilibili.com/player.html?aid={aid}&autoplay=0",
            ),
            frame_origin="https://player.bilibili.com",
        ),
        Provider(
            key="archive",
            name="Internet Archive",
            url_patterns=(r"(?:www\.)?archive\.org/(?:details|embed)/(?P<id>[A-Za-z0-9][\w.-]{1,99})/?",),
            id_pattern=r"[A-Za-z0-9][\w.-]{1,99}",
            watch_urls=("https://archive.org/details/{id}?start={start}", "https://archive.org/details/{id}"),
            player_urls=(
                "https://archive.org/embed/{id}?autoplay=1&start={start}",
                "https://archive.org/embed/{id}?autoplay=1",
            ),
            frame_origin="https://archive.org",
            poster_url="https://archive.org/services/img/{id}",
            info_url="https://archive.org/metadata/{id}",
            read_answer=read_internet_archive,
            picture_hosts=("archive.org", ".archive.org"),
        ),
        Provider(
            key="peertube",
            name="PeerTube",
            url_patterns=(rf"{_HOST}/(?:w|videos/watch|videos/embed)/{_PEERTUBE_ID}/?",),
            id_pattern=_PEERTUBE_ID.replace("?P<id>", "?:"),
            watch_urls=("https://{host}/w/{id}?start={start}s", "https://{host}/w/{id}"),
            # Without p2p=0, all other viewers would learn the reader's IP.
            player_urls=(
                "https://{host}/videos/embed/{id}?autoplay=1&p2p=0&start={start}s",
                "https://{host}/videos/embed/{id}?autoplay=1&p2p=0",
            ),
            frame_origin="https://{host}",
            info_url="https://{host}/api/v1/videos/{id}",
            read_answer=read_peertube,
            picture_hosts=("{host}",),
            hosts_setting="PEERTUBE_HOSTS",
        ),
        Provider(
            key="direct",
            name=gettext_noop("direct links to files (MP4, WebM, Ogg)"),
            url_patterns=(rf"{_HOST}/{_FILE}",),  # without an id: the whole URL is the id
            id_pattern=rf"https://[a-z0-9.-]+/{_FILE}(?:\?[^\s#\"'<>\\^`{{|}}]*)?",
            watch_urls=("{id}#t={start}", "{id}"),
            player_urls=("{id}#t={start}", "{id}"),
            media_origin="https://{host}",
            hosts_setting="VIDEO_FILE_HOSTS",
        ),
    )
}
