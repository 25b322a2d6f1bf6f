"""The table of the providers of videos, and nothing else. A new one is a row here and its tests.

Imports no Django, since the settings take the allowed origins from here.
"""

from dataclasses import dataclass


def gettext_noop(text: str) -> str:
    """Marks what is translated where it is shown. Django has one, which cannot be imported here."""
    return text


@dataclass(frozen=True)
class Provider:
    """One provider.

    Templates hold ``{id}``, the groups of the id's own pattern, ``{host}``, and ``{start}`` in whole seconds. Of
    several, the first counts for which all that it holds is known: nothing begins at its beginning at ``{start}``.
    """

    key: str
    name: str
    shapes: tuple[str, ...]  # patterns over "host/path", or "host/path?name=value" for what is in ID_PARAMETERS
    id: str  # what an id looks like, wherever it comes from
    watch: tuple[str, ...]  # where the video is at home
    player: tuple[str, ...]  # what is loaded after a click
    frame_origin: str = ""  # where the player comes from; without one it is a file, which needs no frame
    media_origin: str = ""  # where such a file comes from
    aspect: str = "16/9"
    poster: str = ""  # a still picture, for fetching
    info: str = ""  # oEmbed or other JSON with title and more, for fetching; {url} is the quoted watch address
    picture_hosts: tuple[str, ...] = ()  # where the pictures may be that `info` names; ".host" is all names under it
    hosts: str = ""  # the setting with the hosts on which it runs, where these are many


_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ON_PEERTUBE = rf"(?P<id>[1-9A-HJ-NP-Za-km-z]{{22}}|{_UUID})"
_HOST = r"(?P<host>[a-z0-9.-]+)"
_FILE = r"[^\s?#\"'<>\\^`{|}]+\.(?:mp4|m4v|webm|ogv|ogg)"

PROVIDERS: dict[str, Provider] = {
    provider.key: provider
    for provider in (
        Provider(
            key="youtube",
            name="YouTube",
            shapes=(
                r"(?:www\.|m\.|music\.)?youtube\.com/watch/?\?v=(?P<id>[\w-]{11})",
                # "videoseries" and "live_stream" are a playlist and a channel, though as long as an id.
                r"(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:shorts|live|embed|v)"
                r"/(?!videoseries|live_stream)(?P<id>[\w-]{11})/?",
                r"youtu\.be/(?P<id>[\w-]{11})/?",
            ),
            id=r"[\w-]{11}",
            watch=("https://www.youtube.com/watch?v={id}&t={start}s", "https://www.youtube.com/watch?v={id}"),
            player=(
                "https://www.youtube-nocookie.com/embed/{id}?autoplay=1&rel=0&start={start}",
                "https://www.youtube-nocookie.com/embed/{id}?autoplay=1&rel=0",
            ),
            frame_origin="https://www.youtube-nocookie.com",
            poster="https://i.ytimg.com/vi/{id}/hqdefault.jpg",
            info="https://www.youtube.com/oembed?format=json&url={url}",
            picture_hosts=("i.ytimg.com",),
        ),
        Provider(
            key="vimeo",
            name="Vimeo",
            shapes=(
                # The second number is the key of an unlisted video.
                r"(?:www\.)?vimeo\.com/(?P<id>\d{1,12}(?:/[0-9a-f]{6,20})?)/?",
                r"player\.vimeo\.com/video/(?P<id>\d{1,12})/?\?h=(?P<hash>[0-9a-f]{6,20})",
                r"player\.vimeo\.com/video/(?P<id>\d{1,12})/?",
            ),
            id=r"(?P<number>\d{1,12})(?:/(?P<hash>[0-9a-f]{6,20}))?",
            watch=("https://vimeo.com/{id}#t={start}s", "https://vimeo.com/{id}"),
            player=(
                "https://player.vimeo.com/video/{number}?h={hash}&autoplay=1&dnt=1#t={start}s",
                "https://player.vimeo.com/video/{number}?h={hash}&autoplay=1&dnt=1",
                "https://player.vimeo.com/video/{number}?autoplay=1&dnt=1#t={start}s",
                "https://player.vimeo.com/video/{number}?autoplay=1&dnt=1",
            ),
            frame_origin="https://player.vimeo.com",
            info="https://vimeo.com/api/oembed.json?url={url}",
            picture_hosts=("i.vimeocdn.com",),
        ),
        Provider(
            key="dailymotion",
            name="Dailymotion",
            shapes=(
                r"(?:www\.)?dailymotion\.com/(?:embed/)?video/(?P<id>[A-Za-z0-9]{5,20})(?:_[\w%-]*)?/?",
                r"geo\.dailymotion\.com/player(?:/\w+)?\.html\?video=(?P<id>[A-Za-z0-9]{5,20})",
                r"dai\.ly/(?P<id>[A-Za-z0-9]{5,20})/?",
            ),
            id=r"[A-Za-z0-9]{5,20}",
            watch=(
                "https://www.dailymotion.com/video/{id}?start={start}",
                "https://www.dailymotion.com/video/{id}",
            ),
            player=(
                "https://geo.dailymotion.com/player.html?video={id}&startTime={start}",
                "https://geo.dailymotion.com/player.html?video={id}",
            ),
            frame_origin="https://geo.dailymotion.com",
            info="https://api.dailymotion.com/video/{id}"
            "?fields=title,duration,created_time,owner.screenname,owner.url,thumbnail_720_url",
            picture_hosts=(".dmcdn.net",),
        ),
        Provider(
            key="tiktok",
            name="TikTok",
            shapes=(
                r"(?:www\.|m\.)?tiktok\.com/(?P<id>@[\w.]{1,30}/video/\d{15,20})/?",
                r"(?:www\.)?tiktok\.com/(?:player/v1|embed|embed/v2)/(?P<id>\d{15,20})/?",
            ),
            id=r"(?:(?P<user>@[\w.]{1,30})/video/)?(?P<number>\d{15,20})",
            watch=("https://www.tiktok.com/{user}/video/{number}", "https://www.tiktok.com/player/v1/{number}"),
            player=("https://www.tiktok.com/player/v1/{number}?autoplay=1",),
            frame_origin="https://www.tiktok.com",
            aspect="9/16",
            # Of a video whose user is not known, it has nothing to say.
            info="https://www.tiktok.com/oembed?url=https%3A%2F%2Fwww.tiktok.com%2F{user}%2Fvideo%2F{number}",
            picture_hosts=(".tiktokcdn.com", ".tiktokcdn-us.com", ".tiktokcdn-eu.com"),
        ),
        Provider(
            key="bilibili",
            name="Bilibili",
            shapes=(
                r"(?:www\.|m\.)?bilibili\.com/video/(?P<id>BV[0-9A-Za-z]{10}|av\d{1,16})/?",
                r"player\.bilibili\.com/player\.html\?bvid=(?P<id>BV[0-9A-Za-z]{10})",
                r"b23\.tv/(?P<id>BV[0-9A-Za-z]{10}|av\d{1,16})/?",
            ),
            id=r"(?P<bvid>BV[0-9A-Za-z]{10})|av(?P<aid>\d{1,16})",
            watch=("https://www.bilibili.com/video/{id}?t={start}", "https://www.bilibili.com/video/{id}"),
            # It plays by itself unless told not to, and hardly anybody expects its sound.
            player=(
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
            shapes=(r"(?:www\.)?archive\.org/(?:details|embed)/(?P<id>[A-Za-z0-9][\w.-]{1,99})/?",),
            id=r"[A-Za-z0-9][\w.-]{1,99}",
            watch=("https://archive.org/details/{id}?start={start}", "https://archive.org/details/{id}"),
            player=(
                "https://archive.org/embed/{id}?autoplay=1&start={start}",
                "https://archive.org/embed/{id}?autoplay=1",
            ),
            frame_origin="https://archive.org",
            poster="https://archive.org/services/img/{id}",
            info="https://archive.org/metadata/{id}",
            picture_hosts=("archive.org", ".archive.org"),
        ),
        Provider(
            key="peertube",
            name="PeerTube",
            shapes=(rf"{_HOST}/(?:w|videos/watch|videos/embed)/{_ON_PEERTUBE}/?",),
            id=_ON_PEERTUBE.replace("?P<id>", "?:"),
            watch=("https://{host}/w/{id}?start={start}s", "https://{host}/w/{id}"),
            # Without p2p=0 the reader's address would go to all others who watch.
            player=(
                "https://{host}/videos/embed/{id}?autoplay=1&p2p=0&start={start}s",
                "https://{host}/videos/embed/{id}?autoplay=1&p2p=0",
            ),
            frame_origin="https://{host}",
            info="https://{host}/api/v1/videos/{id}",
            picture_hosts=("{host}",),
            hosts="PEERTUBE_HOSTS",
        ),
        Provider(
            key="direct",
            name=gettext_noop("direct links to files (MP4, WebM, Ogg)"),
            shapes=(rf"{_HOST}/{_FILE}",),  # without an id: the whole address is it
            id=rf"https://[a-z0-9.-]+/{_FILE}(?:\?[^\s#\"'<>\\^`{{|}}]*)?",
            watch=("{id}#t={start}", "{id}"),
            player=("{id}#t={start}", "{id}"),
            media_origin="https://{host}",
            hosts="VIDEO_FILE_HOSTS",
        ),
    )
}
