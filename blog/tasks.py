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
    """Make stale HTML anew. At the start, too: an upgrade of the rendering may close a hole."""
    call_command("rerender", stdout=StringIO())  # how far it got is for people who wait


@job("send-request")
def send_request(argument: str) -> None:
    """Mail a question to an author. `argument` is its number."""
    if asked := PermissionRequest.objects.filter(pk=argument).first():
        author_requests.send(asked)


@job("tell-host")
def tell_host(argument: str) -> None:
    """Mail to the host what an author did: the number of the question, and what."""
    number, what = argument.split()
    if asked := PermissionRequest.objects.filter(pk=number).first():
        notifications.tell_of_answer(asked, what)


@job("tell-of-dispute")
def tell_of_dispute(argument: str) -> None:
    """Mail to the host that somebody objects to a credit. `argument` is the objection's number."""
    if dispute := Dispute.objects.filter(pk=argument).first():
        notifications.tell_of_dispute(dispute)


@job("remind-of-ends", every=DAY)
def remind_of_ends(argument: str) -> None:
    """Have every host reminded whose permission ends soon, each by itself: one mail that fails delays no other."""
    for repost in notifications.ending_soon():
        enqueue("remind-of-end", str(repost.pk))


@job("remind-of-end")
def remind_of_end(argument: str) -> None:
    """Remind the host of a repost, if the end is still near. `argument` is its number."""
    if repost := notifications.ending_soon().filter(pk=argument).first():
        notifications.remind_of_end(repost)


@job("note-expiries", every=HOUR)
def note_expiries(argument: str) -> None:
    """Enter into the ledger what has ended. Readers saw it on its second; this only records it."""
    noted = PermissionEvent.objects.filter(
        repost=OuterRef("pk"), kind=PermissionEvent.Kind.EXPIRED, at__gte=OuterRef("ends_at")
    )
    ended = Repost.objects.filter(~Exists(noted), state__in=Repost.STATES_IN_FORCE, ends_at__lte=clock.now())
    for repost in ended.select_related("post__blog"):
        steps.note_expiry(repost)


@job("complete-video")
def complete_video(argument: str) -> None:
    """Fill in what the host left empty about a video. `argument` is its number.

    Where its provider cannot be reached for as long as we try, the first look that gets an answer asks again.
    """
    if video := Video.objects.filter(pk=argument).first():
        try:
            metadata.complete(video, fetcher=Fetcher())
        except FetchFailed as failure:
            raise TryLater(str(failure)) from failure


@job("check-videos", every=HOUR)
def check_videos(argument: str) -> None:
    """Have videos elsewhere looked for, each by itself: one provider that does not answer delays no other."""
    availability.look_for_due()


@job("check-video")
def check_video(argument: str) -> None:
    """Look whether a video is still there. `argument` is its number."""
    if video := Video.objects.filter(pk=argument).first():
        availability.look(video, fetcher=Fetcher())
