"""The background jobs of this app."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.db.models import Exists, OuterRef

from blog.models import Dispute, PermissionEvent, PermissionRequest, Repost, Video
from blog.permissions import author_requests, notifications, steps
from blog.videos import availability, metadata
from core import clock
from core.fetching.client import Fetcher, FetchFailed
from core.tasks.queue import TryLater, enqueue, job

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@job("rerender", every=DAY, at_start=True)
def rerender(argument: str) -> None:
    """Render outdated HTML again. Also at the start, because a new renderer may close a security hole."""
    call_command("rerender", stdout=StringIO())  # progress is for people at a terminal


@job("send-request")
def send_request(argument: str) -> None:
    """Send a request to an author. `argument` is the primary key of the request."""
    if request := PermissionRequest.objects.filter(pk=argument).first():
        author_requests.send(request)


@job("tell-host")
def tell_host(argument: str) -> None:
    """Notify the host of what an author did. `argument` is the primary key of the request and a word for the action."""
    pk, action = argument.split()
    if request := PermissionRequest.objects.filter(pk=pk).first():
        notifications.notify_of_answer(request, action)


@job("tell-of-dispute")
def tell_of_dispute(argument: str) -> None:
    """Notify the host that somebody disputes a credit. `argument` is the primary key of the dispute."""
    if dispute := Dispute.objects.filter(pk=argument).first():
        notifications.notify_of_dispute(dispute)


@job("remind-of-ends", every=DAY)
def remind_of_ends(argument: str) -> None:
    """Enqueue a reminder for each permission that ends soon. One task each: a failing email delays no other."""
    for repost in notifications.ending_soon():
        enqueue("remind-of-end", str(repost.pk))


@job("remind-of-end")
def remind_of_end(argument: str) -> None:
    """Remind the host that a permission ends, if it still does. `argument` is the primary key of the repost."""
    if repost := notifications.ending_soon().filter(pk=argument).first():
        notifications.remind_of_end(repost)


@job("note-expiries", every=HOUR)
def note_expiries(argument: str) -> None:
    """Record in the ledger which permissions have ended. Readers saw the end at once; this only records it."""
    recorded = PermissionEvent.objects.filter(
        repost=OuterRef("pk"), kind=PermissionEvent.Kind.EXPIRED, at__gte=OuterRef("ends_at")
    )
    ended = Repost.objects.filter(~Exists(recorded), state__in=Repost.STATES_IN_FORCE, ends_at__lte=clock.now())
    for repost in ended.select_related("post__blog"):
        steps.record_expiry(repost)


@job("complete-video")
def complete_video(argument: str) -> None:
    """Fill in what the host left empty about a video. `argument` is the primary key of the video.

    If the provider cannot be reached until the last attempt, the first check that gets a response enqueues this again.
    """
    if video := Video.objects.filter(pk=argument).first():
        try:
            metadata.fetch_missing(video, fetcher=Fetcher())
        except FetchFailed as failure:
            raise TryLater(str(failure)) from failure


@job("check-videos", every=HOUR)
def check_videos(argument: str) -> None:
    """Enqueue a check for each video that is due. Separate tasks, so that an unreachable provider delays no other."""
    availability.enqueue_due_checks()


@job("check-video")
def check_video(argument: str) -> None:
    """Check whether a video is still available. `argument` is the primary key of the video."""
    if video := Video.objects.filter(pk=argument).first():
        availability.check(video, fetcher=Fetcher())
