"""Rows of videos whose providers answer, and the posters that are fetched for them."""

from pathlib import Path
from typing import Any

from django.conf import settings

from blog.models import Post, Video
from tests.blog.videos.examples import ANSWERS
from tests.core.fetching.other_servers import ok
from tests.core.files.test_images import encoded, plain

YOUTUBE, YOUTUBE_POSTER = "www.youtube.com", "i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"
JPEG = encoded(plain(), "JPEG", comment=b"the bytes as sent")
PICTURE = ok(JPEG, "image/jpeg")


def video_of(post: Post, provider: str = "youtube", **fields: Any) -> Video:
    """Create a video of `post`: the one that the provider's example answer is about, if there is one."""
    if provider in ANSWERS:
        reference = ANSWERS[provider].reference
        fields = {"provider_id": reference.id, "provider_host": reference.host} | fields
    return Video.objects.create(post=post, **{"provider": provider} | fields)


def posters() -> list[str]:
    """The names of all stored posters."""
    return sorted(path.name for path in (Path(settings.MEDIA_ROOT) / "posters").glob("*"))
