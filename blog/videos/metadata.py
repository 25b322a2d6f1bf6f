"""Filling in what the host left empty about a video: its provider knows the title, and has a still picture.

It happens after the host has saved, never while somebody waits for a page. What the host typed is never overwritten,
not even what was typed while we asked.
"""

import logging
from collections.abc import Collection
from typing import Any

from django.core.files.base import ContentFile

from blog.models import Video
from blog.videos import availability, provider_answers, unused_files
from blog.videos.provider_answers import Told
from core.fetching.client import Fetcher, FetchFailed
from core.files import images
from core.tasks.queue import enqueue

ATTEMPTS = 3  # against a host who saves at the same moment

log = logging.getLogger(__name__)


def ask(video: Video) -> None:
    """Have `video` completed, which is new or has become another one: what was found out before is forgotten.

    To be called in the transaction that saves it. Of a file of ours there is nobody to ask.
    """
    afresh: dict[str, Any] = {
        **_empty(video.told),
        "fetched": {},
        "status": Video.Status.LIVE,
        "unavailable_since": None,
        "checked_at": None,
        "check_at": None,
        "failures": 0,
    }
    if "poster" in afresh:
        unused_files.let_go((video.poster.name,))
    Video.objects.filter(pk=video.pk).update(**afresh)
    for name, value in afresh.items():
        setattr(video, name, value)
    if provider_answers.can_ask(video.reference):
        enqueue("complete-video", str(video.pk))


def _empty(names: Collection[str]) -> dict[str, Any]:
    return {field.name: field.get_default() for field in Video._meta.concrete_fields if field.name in names}


def complete(video: Video, *, fetcher: Fetcher) -> None:
    """Ask the provider of `video` and fill in what is empty. Where it says that there is no such video, count that.

    Raises FetchFailed for what may be otherwise in an hour.
    """
    if not provider_answers.can_ask(video.reference):
        return
    try:
        told = provider_answers.ask(video.reference, fetcher)
    except FetchFailed as failure:
        _pass_over(video, failure)
        return
    availability.note(video, is_there=told is not None)
    if told:
        names = ("title", "creator", "creator_url", "duration", "uploaded_on")
        _fill_in(video, {name: getattr(told, name) for name in names})
        _add_poster(video, told, fetcher)


def _pass_over(video: Video, failure: FetchFailed) -> None:
    """Let the worker try again what may pass; the rest stays empty, and the host can fill it in."""
    log.info("Video %d at %s: %s", video.pk, video.provider, failure)
    if failure.is_temporary:
        raise failure


def _fill_in(video: Video, values: dict[str, Any]) -> bool:
    """Write those of `values` whose columns are empty, if they still are when it is done. Whether any was written."""
    for _attempt in range(ATTEMPTS):
        row = availability.same(video).first()
        if row is None:
            return False
        changes = {name: value for name, value in values.items() if value and not getattr(row, name)}
        if "creator" not in changes:
            changes.pop("creator_url", None)  # the page of somebody whom the host has not named
        if not changes:
            return False
        untouched = availability.same(video).filter(**{name: getattr(row, name) for name in changes})
        if untouched.update(**changes, fetched=row.fetched | _as_json(changes)):
            return True
    return False


def _as_json(values: dict[str, Any]) -> dict[str, str | int]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def _add_poster(video: Video, told: Told, fetcher: Fetcher) -> None:
    """Keep a still picture of the video as one of ours: decoded, written anew, and served by us."""
    if video.poster:
        return
    problems: list[FetchFailed] = []
    for address in provider_answers.pictures_of(video.reference, told):
        try:
            picture = images.clean_upload(ContentFile(fetcher.picture(address)))
        except FetchFailed as failure:
            problems.append(failure)
        except images.PictureRefused as refusal:
            log.info("The picture of video %d is none: %s", video.pk, refusal)
        else:
            _keep_poster(video, picture)
            return
    for problem in problems:
        _pass_over(video, problem)


def _keep_poster(video: Video, picture: ContentFile[bytes]) -> None:
    """Into the storage and into the row, or into neither. The file is this video's own, so it may be taken away."""
    field = video.poster.field
    name = field.storage.save(field.generate_filename(video, str(picture.name)), picture)
    is_kept = False
    try:
        is_kept = _fill_in(video, {"poster": name})
    finally:
        if not is_kept:
            field.storage.delete(name)
