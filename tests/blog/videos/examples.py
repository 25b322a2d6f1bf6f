"""Examples for each provider of videos: good, odd and hostile URLs, and an answer about a video. Data without tests."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from blog.videos.references import PROVIDERS, Reference


@dataclass(frozen=True, kw_only=True)
class AnswerExample:
    """What a provider answers about a video, as far as it is read: title, creator and so on as in `DETAILS`."""

    reference: Reference
    info_url: str  # host and path that must be requested
    json: dict[str, Any]
    picture_url: str  # host and path of the picture that the answer names
    missing: Set[str] = frozenset()  # keys of `DETAILS` that the provider does not answer


@dataclass(frozen=True, kw_only=True)
class Examples:
    reference: Reference  # with a start, if the provider's watch URLs can hold one
    ids: dict[str, str]  # host and path of a URL, and the id in it. The id, or its last part, is at the end.
    more: list[tuple[str, str, int]]  # whole URLs with more in them, the id, and the start
    no_videos: list[str]  # URLs at the same hosts, or nearly, that lead to no video: pages, bad ids, other hosts
    hosts: tuple[str, ...] = ()  # for the provider's `hosts_setting`
    answer: AnswerExample | None = None


DETAILS = {
    "title": "The clip",
    "creator": "Ada",
    "creator_url": "https://ada.example/",
    "duration": 62,
    "uploaded_on": date(2013, 1, 15),
}
OEMBED = {"title": "The clip", "author_name": "Ada", "author_url": "https://ada.example/"}

YOUTUBE, VIMEO, DAILYMOTION, BILIBILI = "a-B_c1D2e3F", "76979871", "x8abcde", "BV1xx411c7mD"
UNLISTED = f"{VIMEO}/abcdef1234"
TIKTOK_NUMBER = "7123456789012345678"
TIKTOK = f"@some.one/video/{TIKTOK_NUMBER}"
SHORT, UUID = "9c9de5e8KwYZ3bWxoBnNPt", "9c9de5e8-0a1e-484a-b099-e80766180a6d"
FILE = "https://films.example/a/film.mp4"
PEERTUBE_HOSTS = ("tube.example", "video.uni.example")

EXAMPLES = {
    "youtube": Examples(
        reference=Reference("youtube", YOUTUBE, 75),
        ids={
            f"{beginning}{YOUTUBE}": YOUTUBE
            for beginning in (
                *("www.youtube.com/watch?v=", "youtube.com/watch?v=", "m.youtube.com/watch?v="),
                *("music.youtube.com/watch?v=", "www.youtube.com/watch/?v=", "www.youtube.com/shorts/"),
                *("www.youtube.com/live/", "www.youtube.com/v/", "www.youtube.com/embed/"),
                *("www.youtube-nocookie.com/embed/", "youtu.be/"),
            )
        },
        more=[
            ("http://m.youtube.com/watch?feature=share&v=a-B_c1D2e3F", YOUTUBE, 0),
            ("https://music.youtube.com/watch?v=a-B_c1D2e3F&list=PL123", YOUTUBE, 0),
            ("https://youtu.be/a-B_c1D2e3F?v=another", YOUTUBE, 0),
            ("https://www.youtube.com/embed/a-B_c1D2e3F?start=90", YOUTUBE, 90),
            ("https://www.youtube.com/watch?v=a-B_c1D2e3F&t=1h2m3s", YOUTUBE, 3723),
            ("https://www.youtube.com/watch?v=a-B_c1D2e3F&t=90s", YOUTUBE, 90),
            ("https://youtu.be/a-B_c1D2e3F?t=90", YOUTUBE, 90),
            ("https://youtu.be/a-B_c1D2e3F#t=1m30s", YOUTUBE, 90),
            ("https://youtu.be/a-B_c1D2e3F?t=soon", YOUTUBE, 0),
            ("https://youtu.be/a-B_c1D2e3F?t=-5", YOUTUBE, 0),
            ("https://youtu.be/a-B_c1D2e3F?t=99999999999999999999", YOUTUBE, 0),
        ],
        no_videos=[
            *("https://www.youtube.com/", "https://www.youtube.com/watch", "https://www.youtube.com/watch?v="),
            *("https://www.youtube.com/watch?v=tooshort", "https://www.youtube.com/watch?v=a-B_c1D2e3F4"),
            *("https://www.youtube.com/@somebody", "https://www.youtube.com/playlist?list=PL123"),
            "https://www.youtube.com/embed/videoseries?list=PL123",
            "https://www.youtube.com/embed/live_stream?channel=UC123",
            "https://www.youtube.com/watch?v=а-B_c1D2e3F",  # its first letter is Cyrillic
            "https://youtu.be/a-B_c1D2%22onx",
        ],
        answer=AnswerExample(
            reference=Reference("youtube", "dQw4w9WgXcQ"),
            info_url="www.youtube.com/oembed?format=json&url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ",
            json=OEMBED
            | {"thumbnail_url": "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg", "html": "<iframe></iframe>"},
            picture_url="i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg",
            missing={"duration", "uploaded_on"},
        ),
    ),
    "vimeo": Examples(
        reference=Reference("vimeo", UNLISTED, 75),
        ids={
            **{
                f"{beginning}{VIMEO}": VIMEO
                for beginning in ("vimeo.com/", "www.vimeo.com/", "player.vimeo.com/video/")
            },
            f"vimeo.com/{UNLISTED}": UNLISTED,
            f"www.vimeo.com/{UNLISTED}": UNLISTED,
        },
        more=[
            ("https://vimeo.com/76979871#t=1m5s", VIMEO, 65),
            ("https://vimeo.com/76979871/abcdef1234?share=copy#t=5", UNLISTED, 5),
            ("https://player.vimeo.com/video/76979871?h=abcdef1234&dnt=1", UNLISTED, 0),
        ],
        no_videos=[
            *("https://vimeo.com/channels/staffpicks", "https://vimeo.com/76979871/settings"),
            *("https://vimeo.com/76979871/abcdef1234/x", "https://vimeo.com/٧٦٩٧٩٨٧١"),
        ],
        answer=AnswerExample(
            reference=Reference("vimeo", VIMEO),
            info_url="vimeo.com/api/oembed.json?url=https%3A%2F%2Fvimeo.com%2F76979871",
            json=OEMBED
            | {
                "duration": 62,
                "upload_date": "2013-01-15 12:34:56",
                "thumbnail_url": "https://i.vimeocdn.com/video/1-d_295x166",
            },
            picture_url="i.vimeocdn.com/video/1-d_295x166",
        ),
    ),
    "dailymotion": Examples(
        reference=Reference("dailymotion", DAILYMOTION, 75),
        ids={
            f"{beginning}{DAILYMOTION}": DAILYMOTION
            for beginning in (
                *("www.dailymotion.com/video/", "dailymotion.com/video/", "www.dailymotion.com/embed/video/"),
                *("dai.ly/", "geo.dailymotion.com/player.html?video=", "geo.dailymotion.com/player/xabc.html?video="),
            )
        },
        more=[
            ("https://www.dailymotion.com/video/x8abcde_a-title_news?start=12", DAILYMOTION, 12),
            ("https://geo.dailymotion.com/player.html?video=x8abcde&startTime=12", DAILYMOTION, 12),
        ],
        no_videos=["https://www.dailymotion.com/playlist/x8abcde", "https://dai.ly/"],
        answer=AnswerExample(
            reference=Reference("dailymotion", "x7tgad0"),
            info_url="api.dailymotion.com/video/x7tgad0"
            "?fields=title,duration,created_time,owner.screenname,owner.url,thumbnail_720_url",
            json={
                "title": "The clip",
                "duration": 62,
                "created_time": 1358253296,
                "owner.screenname": "Ada",
                "owner.url": "https://ada.example/",
                "thumbnail_480_url": "https://s1.dmcdn.net/v/1/x480",
            },
            picture_url="s1.dmcdn.net/v/1/x480",
        ),
    ),
    "tiktok": Examples(
        reference=Reference("tiktok", TIKTOK),
        ids={
            **{f"{host}tiktok.com/{TIKTOK}": TIKTOK for host in ("www.", "m.", "")},
            **{f"www.tiktok.com/{path}/{TIKTOK_NUMBER}": TIKTOK_NUMBER for path in ("player/v1", "embed", "embed/v2")},
        },
        more=[(f"https://www.tiktok.com/{TIKTOK}?is_from_webapp=1&sender_device=pc", TIKTOK, 0)],
        no_videos=[
            *("https://www.tiktok.com/@some.one", f"https://www.tiktok.com/@some.one/photo/{TIKTOK_NUMBER}"),
            "https://www.tiktok.com/@some.one/video/712",
            f"https://www.tiktok.com/@--><b>/video/{TIKTOK_NUMBER}",
            "https://vm.tiktok.com/ZMabcdef/",  # where it leads cannot be known offline
        ],
        answer=AnswerExample(
            reference=Reference("tiktok", "@somebody/video/7106594312292453675"),
            info_url="www.tiktok.com/oembed?url=https%3A%2F%2Fwww.tiktok.com%2F@somebody%2Fvideo%2F7106594312292453675",
            json=OEMBED | {"thumbnail_url": "https://p16-sign.tiktokcdn.com/obj/1?x=2"},
            picture_url="p16-sign.tiktokcdn.com/obj/1?x=2",
            missing={"duration", "uploaded_on"},
        ),
    ),
    "bilibili": Examples(
        reference=Reference("bilibili", BILIBILI, 75),
        ids={
            **{f"{host}bilibili.com/video/{BILIBILI}": BILIBILI for host in ("www.", "m.", "")},
            "www.bilibili.com/video/av170001": "av170001",
            f"player.bilibili.com/player.html?bvid={BILIBILI}": BILIBILI,
            f"b23.tv/{BILIBILI}": BILIBILI,
        },
        more=[
            (f"https://www.bilibili.com/video/{BILIBILI}/?spm_id_from=333.788&t=30", BILIBILI, 30),
            (f"https://player.bilibili.com/player.html?bvid={BILIBILI}&page=1", BILIBILI, 0),
        ],
        no_videos=[
            *("https://www.bilibili.com/video/BV1xx411c7m", "https://www.bilibili.com/video/avatar"),
            "https://b23.tv/aBcDeF1",
        ],
    ),
    "archive": Examples(
        reference=Reference("archive", "film", 75),
        ids={
            f"{host}archive.org/{kind}/{id}": id
            for host in ("", "www.")
            for kind in ("details", "embed")
            for id in ("some_film-1925.restored", "a1")
        },
        more=[("https://archive.org/embed/some_film?start=12", "some_film", 12)],
        no_videos=[
            *("https://archive.org/details/", "https://archive.org/details/../about"),
            "https://archive.org/details/a/b/c?autoplay=1",
        ],
        answer=AnswerExample(
            reference=Reference("archive", "a-trip-to-the-moon"),
            info_url="archive.org/metadata/a-trip-to-the-moon",
            json={
                "server": "ia800.us.archive.org",
                "dir": "/1/items/a-trip-to-the-moon",
                "metadata": {"title": ["The clip", "Another"], "creator": "Ada", "publicdate": "2013-01-15 12:34:56"},
                "files": [
                    {"name": "film.mp4", "source": "original", "length": "61.7"},
                    {"name": "film.ogv", "source": "derivative", "length": "70"},
                    {"name": "__ia_thumb.jpg", "source": "original"},
                ],
            },
            picture_url="ia800.us.archive.org/1/items/a-trip-to-the-moon/__ia_thumb.jpg",
            missing={"creator_url"},
        ),
    ),
    "peertube": Examples(
        reference=Reference("peertube", SHORT, 75, "tube.example"),
        ids={
            f"{host}/{path}/{id}": id
            for host in PEERTUBE_HOSTS
            for path, id in (("w", SHORT), ("w", UUID), ("videos/watch", UUID), ("videos/embed", SHORT))
        },
        more=[(f"https://tube.example/w/{UUID}?start=1m30s", UUID, 90)],
        no_videos=[
            *(f"https://other.example/w/{SHORT}", f"http://tube.example/w/{SHORT}"),
            *(f"https://films.example/w/{SHORT}", f"https://tube.example/w/p/{SHORT}"),
            "https://tube.example/w/tooshort",
        ],
        hosts=PEERTUBE_HOSTS,
        answer=AnswerExample(
            reference=Reference("peertube", UUID, host="tube.example.org"),
            info_url=f"tube.example.org/api/v1/videos/{UUID}",
            json={
                "name": "The clip",
                "duration": 62,
                "publishedAt": "2013-01-15T23:34:56.000Z",
                "account": {"displayName": "Ada", "url": "https://ada.example/"},
                "thumbnailPath": "/lazy-static/thumbnails/1.jpg",
            },
            picture_url="tube.example.org/lazy-static/thumbnails/1.jpg",
        ),
    ),
    "direct": Examples(
        reference=Reference("direct", FILE, 75),
        ids={
            url: f"https://{url}"
            for url in (
                *("films.example/a/film.mp4", "films.example/a.webm", "films.example/%E5%BD%B1.ogv"),
                *("films.example/a-b_c.m4v", "films.example/a.ogg?token=a%20b&c=1"),
            )
        },
        more=[("https://FILMS.example/a/film.mp4#t=90", FILE, 90)],
        no_videos=[
            *("https://tube.example/a/film.mp4", "http://films.example/a/film.mp4", "https://other.example/film.mp4"),
            *("https://films.example/film.mp4.html", "https://films.example/film.mp3"),
            *("https://films.example/?a=film.mp4", "https://films.example/fi lm.mp4"),
            *('https://films.example/"onx=.mp4', "https://films.example/<b>.mp4"),
            *("https://films.example/film.mp4?a='b", f"https://films.example/{'a' * 1000}.mp4"),
            "javascript://films.example/%0aalert(1)//a.mp4",
        ],
        hosts=("films.example",),
    ),
}

REFERENCES = {key: examples.reference for key, examples in EXAMPLES.items()}
ANSWERS = {key: examples.answer for key, examples in EXAMPLES.items() if examples.answer}
HOSTS = {PROVIDERS[key].hosts_setting: examples.hosts for key, examples in EXAMPLES.items() if examples.hosts}
