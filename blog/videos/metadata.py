"""Fetches from the provider what the host left empty about a video: title, creator, duration, date and a poster.

This happens in the worker after the host has saved, never while a page is served. What the host typed is never
overwritten, even if they typed it while the request was running.
"""

import logging
from collections.abc import Collection
from typing import Any

from django.core.files.base import ContentFile

from blog.models import Video
from blog.videos import availability, provider_answers, unused_files
from blog.videos.provider_answers import ProviderAnswer
from core.fetching.client import Fetcher, FetchFailed
from core.files import images
from core.tasks.queue import enqueue

MAX_ATTEMPTS = 3  # to write, if the host saves at the same moment

log = logging.getLogger(__name__)


def schedule_fetch(video: Video) -> None:
    """Enqueue fetching the metadata of `video`, which is new or has got another URL.

    Reset what was fetched for the earlier video. Call this in the transaction that saves `video`. Does nothing more
    if there is no provider to ask, as for an uploaded file.
    """
    initial: dict[str, Any] = {
        **_defaults(video.fetched_fields),
        "fetched": {},
        "status": Video.Status.LIVE,
        "unavailable_since": None,
        "checked_at": None,
        "check_at": None,
        "failures": 0,
    }
    if "poster" in initial:
        unused_files.delete_if_unused((video.poster.name,))
    Video.objects.filter(pk=video.pk).update(**initial)
    for name, value in initial.items():
        setattr(video, name, value)
    if provider_answers.can_ask(video.reference):
        enqueue("complete-video", str(video.pk))


def _defaults(names: Collection[str]) -> dict[str, Any]:
    return {field.name: field.get_default() for field in Video._meta.concrete_fields if field.name in names}


def fetch_missing(video: Video, *, fetcher: Fetcher) -> None:
    """Ask the provider of `video`, fill the empty fields, and record whether the video exists.

    Raises FetchFailed for failures that may be over in an hour.
    """
    if not provider_answers.can_ask(video.reference):
        return
    try:
        answer = provider_answers.fetch(video.reference, fetcher)
    except FetchFailed as failure:
        _handle_failure(video, failure)
        return
    availability.record(video, exists=answer is not None)
    if answer:
        names = ("title", "creator", "creator_url", "duration", "uploaded_on")
        _fill_empty_fields(video, {name: getattr(answer, name) for name in names})
        _add_poster(video, answer, fetcher)


def _handle_failure(video: Video, failure: FetchFailed) -> None:
    """Let the worker retry temporary failures. After others the fields stay empty, and the host can fill them in."""
    log.info("Video %d at %s: %s", video.pk, video.provider, failure)
    if failure.is_temporary:
        raise failure


def _fill_empty_fields(video: Video, values: dict[str, Any]) -> bool:
    """Write those of `values` whose columns are still empty at that moment. Return whether any was written."""
    for _attempt in range(MAX_ATTEMPTS):
        row = availability.same_video(video).first()
        if row is None:
            return False
        changes = {name: value for name, value in values.items() if value and not getattr(row, name)}
        if "creator" not in changes:
            changes.pop("creator_url", None)  # it belongs to the provider's creator, not to the one the host typed
        if not changes:
            return False
        unchanged = availability.same_video(video).filter(**{name: getattr(row, name) for name in changes})
        if unchanged.update(**changes, fetched=row.fetched | _as_json(changes)):
            return True
    return False


def _as_json(values: dict[str, Any]) -> dict[str, str | int]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def _add_poster(video: Video, answer: ProviderAnswer, fetcher: Fetcher) -> None:
    """Store a still picture of the video, decoded and encoded anew, to be served from this site."""
    if video.poster:
        return
    problems: list[FetchFailed] = []
    for url in provider_answers.poster_urls(video.reference, answer):
        try:
            picture = images.clean_upload(ContentFile(fetcher.picture(url)))
        except FetchFailed as failure:
            problems.append(failure)
        except images.PictureRefused as refusal:
            log.info("The picture of video %d is not usable: %s", video.pk, refusal)
        else:
            _save_poster(video, picture)
            return
    for problem in problems:
        _handle_failure(video, problem)


def _save_poster(video: Video, picture: ContentFile[bytes]) -> None:
    """Save `picture` both in the storage and in the row, or in neither. No other row shares the file."""
    field = video.poster.field
    name = field.storage.save(field.generate_filename(video, str(picture.name)), picture)
    is_saved = False
    try:
        is_saved = _fill_empty_fields(video, {"poster": name})
    finally:
        if not is_saved:
            field.storage.delete(name)
