"""Addresses of videos, good, odd and hostile: a hundred and more for each provider. Data and no tests.

By hand stand here the shapes that a provider's addresses have, more that is good, and what only looks like a video.
Each shape is written again in the ways in which people and browsers write any address, and in those in which somebody
would try to pass for the provider.
"""

from collections.abc import Callable

from blog.videos.references import Reference

HOSTS = {"PEERTUBE_HOSTS": ("tube.example", "video.uni.example"), "VIDEO_FILE_HOSTS": ("films.example",)}
YOUTUBE, VIMEO, DAILYMOTION, BILIBILI = "a-B_c1D2e3F", "76979871", "x8abcde", "BV1xx411c7mD"
UNLISTED = f"{VIMEO}/abcdef1234"
NUMBER = "7123456789012345678"
TIKTOK = f"@some.one/video/{NUMBER}"
SHORT, UUID = "9c9de5e8KwYZ3bWxoBnNPt", "9c9de5e8-0a1e-484a-b099-e80766180a6d"
FILE = "https://films.example/a/film.mp4"

EXAMPLES = {
    "youtube": Reference("youtube", YOUTUBE, 75),
    "vimeo": Reference("vimeo", UNLISTED, 75),
    "dailymotion": Reference("dailymotion", DAILYMOTION, 75),
    "tiktok": Reference("tiktok", TIKTOK),
    "bilibili": Reference("bilibili", BILIBILI, 75),
    "archive": Reference("archive", "film", 75),
    "peertube": Reference("peertube", SHORT, 75, "tube.example"),
    "direct": Reference("direct", FILE, 75),
}

# Host and path behind https://, and the id that is read from them. The id, or its last part, stands at the end.
SHAPES: dict[str, dict[str, str]] = {
    "youtube": {
        f"{shape}{YOUTUBE}": YOUTUBE
        for shape in (
            *(
                "www.youtube.com/watch?v=",
                "youtube.com/watch?v=",
                "m.youtube.com/watch?v=",
                "music.youtube.com/watch?v=",
            ),
            *("www.youtube.com/watch/?v=", "www.youtube.com/shorts/", "www.youtube.com/live/", "www.youtube.com/v/"),
            *("www.youtube.com/embed/", "www.youtube-nocookie.com/embed/", "youtu.be/"),
        )
    },
    "vimeo": {
        **{f"{shape}{VIMEO}": VIMEO for shape in ("vimeo.com/", "www.vimeo.com/", "player.vimeo.com/video/")},
        f"vimeo.com/{UNLISTED}": UNLISTED,
        f"www.vimeo.com/{UNLISTED}": UNLISTED,
    },
    "dailymotion": {
        f"{shape}{DAILYMOTION}": DAILYMOTION
        for shape in (
            *("www.dailymotion.com/video/", "dailymotion.com/video/", "www.dailymotion.com/embed/video/", "dai.ly/"),
            *("geo.dailymotion.com/player.html?video=", "geo.dailymotion.com/player/xabc.html?video="),
        )
    },
    "tiktok": {
        **{f"{host}tiktok.com/{TIKTOK}": TIKTOK for host in ("www.", "m.", "")},
        **{f"www.tiktok.com/{path}/{NUMBER}": NUMBER for path in ("player/v1", "embed", "embed/v2")},
    },
    "bilibili": {
        **{f"{host}bilibili.com/video/{BILIBILI}": BILIBILI for host in ("www.", "m.", "")},
        "www.bilibili.com/video/av170001": "av170001",
        f"player.bilibili.com/player.html?bvid={BILIBILI}": BILIBILI,
        f"b23.tv/{BILIBILI}": BILIBILI,
    },
    "archive": {
        f"{host}archive.org/{kind}/{id}": id
        for host in ("", "www.")
        for kind in ("details", "embed")
        for id in ("some_film-1925.restored", "a1")
    },
    "peertube": {
        f"{host}/{path}/{id}": id
        for host in HOSTS["PEERTUBE_HOSTS"]
        for path, id in (("w", SHORT), ("w", UUID), ("videos/watch", UUID), ("videos/embed", SHORT))
    },
    "direct": {
        address: f"https://{address}"
        for address in (
            *(
                "films.example/a/film.mp4",
                "films.example/a.webm",
                "films.example/%E5%BD%B1.ogv",
                "films.example/a-b_c.m4v",
            ),
            "films.example/a.ogg?token=a%20b&c=1",
        )
    },
}

# Whole addresses with more in them, the id, and the second at which the video begins.
MORE: dict[str, list[tuple[str, str, int]]] = {
    "youtube": [
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
    "vimeo": [
        ("https://vimeo.com/76979871#t=1m5s", VIMEO, 65),
        ("https://vimeo.com/76979871/abcdef1234?share=copy#t=5", UNLISTED, 5),
        ("https://player.vimeo.com/video/76979871?h=abcdef1234&dnt=1", UNLISTED, 0),
    ],
    "dailymotion": [("https://www.dailymotion.com/video/x8abcde_a-title_news?start=12", DAILYMOTION, 12)],
    "tiktok": [(f"https://www.tiktok.com/{TIKTOK}?is_from_webapp=1&sender_device=pc", TIKTOK, 0)],
    "bilibili": [
        (f"https://www.bilibili.com/video/{BILIBILI}/?spm_id_from=333.788&t=30", BILIBILI, 30),
        (f"https://player.bilibili.com/player.html?bvid={BILIBILI}&page=1", BILIBILI, 0),
    ],
    "archive": [("https://archive.org/embed/some_film?start=12", "some_film", 12)],
    "peertube": [(f"https://tube.example/w/{UUID}?start=1m30s", UUID, 90)],
    "direct": [("https://FILMS.example/a/film.mp4#t=90", FILE, 90)],
}

# Of the same hosts, or nearly: pages without a video, ids that are none, hosts that the settings do not name.
NONE: dict[str, list[str]] = {
    "youtube": [
        *("https://www.youtube.com/", "https://www.youtube.com/watch", "https://www.youtube.com/watch?v="),
        *("https://www.youtube.com/watch?v=tooshort", "https://www.youtube.com/watch?v=a-B_c1D2e3F4"),
        *("https://www.youtube.com/@somebody", "https://www.youtube.com/playlist?list=PL123"),
        "https://www.youtube.com/embed/videoseries?list=PL123",
        "https://www.youtube.com/embed/live_stream?channel=UC123",
        "https://www.youtube.com/watch?v=а-B_c1D2e3F",  # its first letter is Cyrillic
        "https://youtu.be/a-B_c1D2%22onx",
    ],
    "vimeo": [
        *("https://vimeo.com/channels/staffpicks", "https://vimeo.com/76979871/settings"),
        *("https://vimeo.com/76979871/abcdef1234/x", "https://vimeo.com/٧٦٩٧٩٨٧١"),
    ],
    "dailymotion": ["https://www.dailymotion.com/playlist/x8abcde", "https://dai.ly/"],
    "tiktok": [
        *("https://www.tiktok.com/@some.one", f"https://www.tiktok.com/@some.one/photo/{NUMBER}"),
        "https://www.tiktok.com/@some.one/video/712",
        f"https://www.tiktok.com/@--><b>/video/{NUMBER}",
        "https://vm.tiktok.com/ZMabcdef/",  # where it leads nobody knows without asking
    ],
    "bilibili": [
        *(
            "https://www.bilibili.com/video/BV1xx411c7m",
            "https://www.bilibili.com/video/avatar",
            "https://b23.tv/aBcDeF1",
        ),
    ],
    "archive": [
        *("https://archive.org/details/", "https://archive.org/details/../about"),
        "https://archive.org/details/a/b/c?autoplay=1",
    ],
    "peertube": [
        *(f"https://other.example/w/{SHORT}", f"http://tube.example/w/{SHORT}", f"https://films.example/w/{SHORT}"),
        *(f"https://tube.example/w/p/{SHORT}", "https://tube.example/w/tooshort"),
    ],
    "direct": [
        *("https://tube.example/a/film.mp4", "http://films.example/a/film.mp4", "https://other.example/film.mp4"),
        *("https://films.example/film.mp4.html", "https://films.example/film.mp3", "https://films.example/?a=film.mp4"),
        *("https://films.example/fi lm.mp4", 'https://films.example/"onx=.mp4', "https://films.example/<b>.mp4"),
        *("https://films.example/film.mp4?a='b", f"https://films.example/{'a' * 1000}.mp4"),
        "javascript://films.example/%0aalert(1)//a.mp4",
    ],
}

Spelling = Callable[[str, str], str]  # of a host, and of what follows it

SAME: list[Spelling] = [
    lambda host, rest: f"https://{host}{rest}",
    lambda host, rest: f"HTTPS://{host.upper()}{rest}",
    lambda host, rest: f"  https://{host}{rest}\n",
    lambda host, rest: f"https://{host}{rest}#top",
]
# Not of providers on many hosts: they have to be encrypted, and of a file the query belongs to its name.
SAME_AT_FIXED_HOSTS: list[Spelling] = [
    lambda host, rest: f"http://{host}{rest}",
    lambda host, rest: f"https://{host}{rest}{'&' if '?' in rest else '?'}utm_source=a&si=b",
    lambda host, rest: f"https://{host}{rest}{'' if '?' in rest else '/'}",
]
HOSTILE: list[Spelling] = [
    # hosts that only look the part
    lambda host, rest: f"https://{host}.evil.example{rest}",
    lambda host, rest: f"https://evil{host}{rest}",
    lambda host, rest: f"https://evil.{host.replace('.', '-')}{rest}",
    lambda host, rest: f"https://{host.replace('.', 'x', 1)}{rest}",
    lambda host, rest: f"https://{host}@evil.example{rest}",
    lambda host, rest: f"https://evil.example@{host}{rest}",
    lambda host, rest: f"https://{host}\\@evil.example{rest}",
    lambda host, rest: f"https://evil.example\\{host}{rest}",
    lambda host, rest: f"https://{host}:8443{rest}",
    lambda host, rest: f"https://{host}:port{rest}",
    lambda host, rest: f"https://{host}.{rest}",
    lambda host, rest: f"https://.{host}{rest}",
    lambda host, rest: f"https://{host.replace('.', '%2e', 1)}{rest}",
    lambda host, rest: f"https://{host}%00.evil.example{rest}",
    lambda host, rest: f"https://{chr(ord(host[0]) + 0xFEE0)}{host[1:]}{rest}",  # of full width
    lambda host, rest: f"https://{host.replace('.', '。', 1)}{rest}",
    lambda host, rest: f"https://{host[0]}\u200b{host[1:]}{rest}",
    lambda host, rest: f"https://[{host}]{rest}",
    lambda host, rest: f"https://[::1{rest}",
    lambda host, rest: f"https://evil.example/{host}{rest}",
    lambda host, rest: f"https://evil.example/?u=https://{host}{rest}",
    lambda host, rest: f"https://evil.example/#https://{host}{rest}",
    # other schemes, and none
    lambda host, rest: f"javascript://{host}{rest}",
    lambda host, rest: f"ftp://{host}{rest}",
    lambda host, rest: f"data:text/html,{host}{rest}",
    lambda host, rest: f"//{host}{rest}",
    lambda host, rest: f"https:{host}{rest}",
    lambda host, rest: f"https:///{host}{rest}",
    # ids that would break out of an attribute, a comment or an address
    lambda host, rest: f'https://{host}{rest}"><b',
    lambda host, rest: f"https://{host}{rest}'onx",
    lambda host, rest: f"https://{host}{rest}--><script>",
    lambda host, rest: f"https://{host}{rest}\\x",
]


def table(provider: str) -> dict[str, Reference | None]:
    """What is to be read from each address that is tried for one provider."""
    expected: dict[str, Reference | None] = dict.fromkeys(NONE[provider])
    for address, id, start in MORE[provider]:
        expected[address] = Reference(provider, id, start, "tube.example" if provider == "peertube" else "")
    on_many = provider in ("peertube", "direct")
    for shape, id in SHAPES[provider].items():
        host, slash, path = shape.partition("/")
        found = Reference(provider, id, 0, host if provider == "peertube" else "")
        expected |= {spell(host, slash + path): found for spell in SAME + SAME_AT_FIXED_HOSTS * (not on_many)}
        expected |= dict.fromkeys(spell(host, slash + path) for spell in HOSTILE)
    return expected
