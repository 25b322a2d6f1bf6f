"""What the providers of videos answer, as far as we read it, and the rows of videos that ask them."""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from blog.models import Post, Video
from tests.core.fetching.other_servers import ok
from tests.core.files.test_images import encoded, plain

YOUTUBE, YOUTUBE_POSTER = "www.youtube.com", "i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"
JPEG = encoded(plain(), "JPEG", comment=b"the bytes as sent")
PICTURE = ok(JPEG, "image/jpeg")
IDS = {
    "youtube": "dQw4w9WgXcQ",
    "vimeo": "76979871",
    "archive": "a-trip-to-the-moon",
    "dailymotion": "x7tgad0",
    "tiktok": "@somebody/video/7106594312292453675",
    "peertube": "9c9de5e8-0a1e-484a-b099-e80766180a6d",
}
WHOLE = {
    "title": "The clip",
    "creator": "Ada",
    "creator_url": "https://ada.example/",
    "duration": 62,
    "uploaded_on": date(2013, 1, 15),
}
# What each provider answers, where its picture is, and what we cannot know from it.
PROVIDERS_SAY: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "youtube": (
        {
            "title": "The clip",
            "author_name": "Ada",
            "author_url": "https://ada.example/",
            "thumbnail_url": f"https://{YOUTUBE_POSTER}",
            "html": "<iframe></iframe>",
        },
        YOUTUBE_POSTER,
        {"duration", "uploaded_on"},
    ),
    "vimeo": (
        {
            "title": "The clip",
            "author_name": "Ada",
            "author_url": "https://ada.example/",
            "duration": 62,
            "upload_date": "2013-01-15 12:34:56",
            "thumbnail_url": "https://i.vimeocdn.com/video/1-d_295x166",
        },
        "i.vimeocdn.com/video/1-d_295x166",
        set(),
    ),
    "dailymotion": (
        {
            "title": "The clip",
            "duration": 62,
            "created_time": 1358253296,
            "owner.screenname": "Ada",
            "owner.url": "https://ada.example/",
            "thumbnail_480_url": "https://s1.dmcdn.net/v/1/x480",
        },
        "s1.dmcdn.net/v/1/x480",
        set(),
    ),
    "tiktok": (
        {
            "title": "The clip",
            "author_name": "Ada",
            "author_url": "https://ada.example/",
            "thumbnail_url": "https://p16-sign.tiktokcdn.com/obj/1?x=2",
        },
        "p16-sign.tiktokcdn.com/obj/1?x=2",
        {"duration", "uploaded_on"},
    ),
    "peertube": (
        {
            "name": "The clip",
            "duration": 62,
            "publishedAt": "2013-01-15T23:34:56.000Z",
            "account": {"displayName": "Ada", "url": "https://ada.example/"},
            "thumbnailPath": "/lazy-static/thumbnails/1.jpg",
        },
        "tube.example.org/lazy-static/thumbnails/1.jpg",
        set(),
    ),
    "archive": (
        {
            "server": "ia800.us.archive.org",
            "dir": "/1/items/a-trip-to-the-moon",
            "metadata": {"title": ["The clip", "Another"], "creator": "Ada", "publicdate": "2013-01-15 12:34:56"},
            "files": [
                {"name": "film.mp4", "source": "original", "length": "61.7"},
                {"name": "film.ogv", "source": "derivative", "length": "70"},
                {"name": "__ia_thumb.jpg", "source": "original"},
            ],
        },
        "ia800.us.archive.org/1/items/a-trip-to-the-moon/__ia_thumb.jpg",
        {"creator_url"},
    ),
}
INFO_HOSTS = {
    "youtube": YOUTUBE,
    "vimeo": "vimeo.com",
    "dailymotion": "api.dailymotion.com",
    "tiktok": "www.tiktok.com",
    "peertube": "tube.example.org",
    "archive": "archive.org",
}


def video_of(post: Post, provider: str = "youtube", **fields: Any) -> Video:
    host = "tube.example.org" if provider == "peertube" else ""
    known = {"provider": provider, "provider_id": IDS.get(provider, ""), "provider_host": host}
    return Video.objects.create(post=post, **known | fields)


def posters() -> list[str]:
    """The files that are kept as posters."""
    return sorted(path.name for path in (Path(settings.MEDIA_ROOT) / "posters").glob("*"))
