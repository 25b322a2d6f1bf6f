"""Checks whether videos at providers still exist. No provider notifies us, so each video is checked now and then.

A video counts as unavailable after three refusals on three different days, because providers have bad days too. One
positive answer makes it live again. An answer that means neither (network failure, server error) changes nothing.

The post's `updated_at` does not change, because the host edited nothing.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet

from blog.models import Video
from blog.videos import provider_answers
from core import clock
from core.fetching.client import Fetcher, FetchFailed
from core.tasks.queue import enqueue

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MAX_WAIT = timedelta(days=30)  # between two checks of a video that has been gone for long
REFUSALS_UNTIL_UNAVAILABLE = 3  # in a row, each on a different day
MAX_FAILURES = 1000  # counting stops here, well within the column's range
CHECKS_PER_HOUR = 50
DELAY_BETWEEN_CHECKS = timedelta(minutes=1)  # so that mail does not wait for all of them, and no provider is flooded

log = logging.getLogger(__name__)


def enqueue_due_checks() -> None:
    """Enqueue checks of the videos that are due, those first that have been due for longest."""
    if not settings.VIDEO_FETCH:
        return
    due = Video.objects.due_for_check().order_by(F("check_at").asc(nulls_first=True), "pk")[:CHECKS_PER_HOUR]
    for number, video in enumerate(due):
        can_ask = provider_answers.can_ask(video.reference)
        # Whatever happens to the task, the next hour takes other videos.
        _postpone(video, DAY if can_ask else MAX_WAIT)
        if can_ask:
            enqueue("check-video", str(video.pk), delay=number * DELAY_BETWEEN_CHECKS)


def enqueue_checks(videos: Iterable[Video]) -> int:
    """Enqueue checks of `videos` for now. Return how many of them have a provider that can be asked."""
    checkable = [video for video in videos if provider_answers.can_ask(video.reference)]
    for video in checkable:
        enqueue("check-video", str(video.pk))
    return len(checkable)


def check(video: Video, *, fetcher: Fetcher) -> None:
    """Ask the provider whether `video` still exists, and record the answer if there is one."""
    if not provider_answers.can_ask(video.reference):
        return
    try:
        answer = provider_answers.fetch(video.reference, fetcher)
    except FetchFailed as failure:
        log.info("Video %d at %s: %s", video.pk, video.provider, failure)
        _postpone(video, _wait(video.failures or 1))
    else:
        record(video, exists=answer is not None)
        if answer and not video.checked_at:  # the provider did not answer when the video was new: fetch metadata now
            enqueue("complete-video", str(video.pk))


def record(video: Video, *, exists: bool) -> None:
    """Store the result of a check, unless another check was recorded since `video` was read."""
    if exists:
        _record(video, status=Video.Status.LIVE, since=None, failures=0)
        return
    now = clock.now()
    # However many checks fail on one day, they count once.
    is_same_day = bool(video.failures and video.checked_at and video.checked_at.date() == now.date())
    failures = min(video.failures + (not is_same_day), MAX_FAILURES)
    if failures < REFUSALS_UNTIL_UNAVAILABLE:
        _record(video, status=Video.Status(video.status), since=video.unavailable_since, failures=failures)
    else:
        _record(video, status=Video.Status.UNAVAILABLE, since=video.unavailable_since or now, failures=failures)


def same_video(video: Video) -> QuerySet[Video]:
    """The row of `video`, if it still refers to the same video: the host may have changed its URL meanwhile."""
    return Video.objects.filter(
        pk=video.pk,
        provider=video.provider,
        provider_host=video.provider_host,
        provider_id=video.provider_id,
    )


def _record(video: Video, *, status: Video.Status, since: datetime | None, failures: int) -> None:
    now = clock.now()
    unchanged = same_video(video).filter(status=video.status, failures=video.failures, checked_at=video.checked_at)
    updated = unchanged.update(
        status=status,
        unavailable_since=since,
        failures=failures,
        checked_at=now,
        check_at=now + _with_jitter(_wait(failures), video.pk),
    )
    if updated and status != video.status:
        log.info("Video %d at %s is now %s.", video.pk, video.provider, status)


def _postpone(video: Video, wait: timedelta) -> None:
    same_video(video).update(check_at=clock.now() + _with_jitter(wait, video.pk))


def _wait(failures: int) -> timedelta:
    """A week if the last check succeeded; after refusals 1, 2, 4, 8 and 16 days, then a month."""
    if not failures:
        return WEEK
    return min(DAY * (1 << min(failures - 1, 10)), MAX_WAIT)


def _with_jitter(wait: timedelta, number: int) -> timedelta:
    """Add up to a tenth to `wait`, always the same for one video, so that checks that began together spread out."""
    return wait * (1 + (number * 2_654_435_761 % 1000) / 10_000)
