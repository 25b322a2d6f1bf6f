"""Whether videos elsewhere are still there. Nobody tells us when one vanishes, so we ask now and then.

A video is called unavailable after three refusals on three different days: providers have bad days, too. One answer
that it is there makes it live again. What means neither (the network, a server in trouble) changes nothing.

The post's `updated_at` stays as it is, since the host edited nothing.
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
LONGEST_WAIT = timedelta(days=30)  # between two looks for a video that is long gone
BELIEVED_AFTER = 3  # refusals in a row, each on a day of its own
MOST_FAILURES = 1000  # are counted; the column holds no number
AT_ONCE = 50  # are looked for in an hour
APART = timedelta(minutes=1)  # so that mail need not wait until all of them are done, nor a provider be pressed

log = logging.getLogger(__name__)


def look_for_due() -> None:
    """Have the videos looked for whose turn it is, those first that wait longest."""
    if not settings.VIDEO_FETCH:
        return
    due = Video.objects.to_check().order_by(F("check_at").asc(nulls_first=True), "pk")[:AT_ONCE]
    for number, video in enumerate(due):
        is_asked = provider_answers.can_ask(video.reference)
        # Whatever becomes of the work, the next hour takes others.
        _put_off(video, DAY if is_asked else LONGEST_WAIT)
        if is_asked:
            enqueue("check-video", str(video.pk), delay=number * APART)


def look_again(videos: Iterable[Video]) -> int:
    """Have these looked for now; returns for how many there is somebody to ask."""
    asked = [video for video in videos if provider_answers.can_ask(video.reference)]
    for video in asked:
        enqueue("check-video", str(video.pk))
    return len(asked)


def look(video: Video, *, fetcher: Fetcher) -> None:
    """Ask whether `video` is still there, and note the answer if it is one."""
    if not provider_answers.can_ask(video.reference):
        return
    try:
        told = provider_answers.ask(video.reference, fetcher)
    except FetchFailed as failure:
        log.info("Video %d at %s: %s", video.pk, video.provider, failure)
        _put_off(video, _wait(video.failures or 1))
    else:
        note(video, is_there=told is not None)
        if told and not video.checked_at:  # nobody answered when it was new, so nothing is filled in yet
            enqueue("complete-video", str(video.pk))


def note(video: Video, *, is_there: bool) -> None:
    """Keep what the provider of `video` said, unless somebody else noted something since `video` was read."""
    if is_there:
        _note(video, status=Video.Status.LIVE, since=None, failures=0)
        return
    now = clock.now()
    # However often one asks on a day, it is one bad day.
    is_same_day = bool(video.failures and video.checked_at and video.checked_at.date() == now.date())
    failures = min(video.failures + (not is_same_day), MOST_FAILURES)
    if failures < BELIEVED_AFTER:
        _note(video, status=Video.Status(video.status), since=video.unavailable_since, failures=failures)
    else:
        _note(video, status=Video.Status.UNAVAILABLE, since=video.unavailable_since or now, failures=failures)


def same(video: Video) -> QuerySet[Video]:
    """The row of `video`, if it still is the same video: the host may have put another in its place."""
    return Video.objects.filter(
        pk=video.pk,
        provider=video.provider,
        provider_host=video.provider_host,
        provider_id=video.provider_id,
    )


def _note(video: Video, *, status: Video.Status, since: datetime | None, failures: int) -> None:
    now = clock.now()
    untouched = same(video).filter(status=video.status, failures=video.failures, checked_at=video.checked_at)
    noted = untouched.update(
        status=status,
        unavailable_since=since,
        failures=failures,
        checked_at=now,
        check_at=now + _with_jitter(_wait(failures), video.pk),
    )
    if noted and status != video.status:
        log.info("Video %d at %s is now %s.", video.pk, video.provider, status)


def _put_off(video: Video, wait: timedelta) -> None:
    same(video).update(check_at=clock.now() + _with_jitter(wait, video.pk))


def _wait(failures: int) -> timedelta:
    """A week when all is well; after a refusal a day, then two, four, eight, sixteen, and at last a month."""
    if not failures:
        return WEEK
    return min(DAY * (1 << min(failures - 1, 10)), LONGEST_WAIT)


def _with_jitter(wait: timedelta, number: int) -> timedelta:
    """Up to a tenth longer, always the same for the same video: what came at once shall not come at once for ever."""
    return wait * (1 + (number * 2_654_435_761 % 1000) / 10_000)
