"""The jobs of the ground floor."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db.models import Exists, OuterRef

from blog.models import Dispute, PermissionEvent, PermissionRequest, Repost, Video
from blog.permissions import author_requests, notifications, steps
from blog.videos import availability, metadata
from core import clock
from core.fetching.client import Fetcher, FetchFailed
from core.models import Invalidation
from core.page_cache.freshness import NOTES_KEPT
from core.privacy import networks
from core.tasks.worker import NotNow, enqueue, job

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@job("clear-sessions", every=DAY)
def clear_sessions(argument: str) -> None:
    """Delete the sessions that have run out: Django keeps them until asked."""
    call_command("clearsessions")


@job("clear-incoming", every=DAY)
def clear_incoming(argument: str) -> None:
    """Delete what is left of files whose upload was broken off by a kill: Django deletes all others itself."""
    yesterday = (clock.now() - DAY).timestamp()
    for file in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        if file.stat().st_mtime < yesterday:
            file.unlink(missing_ok=True)


@job("delete-old-invalidations", every=HOUR)
def delete_old_invalidations(argument: str) -> None:
    """Delete the notes of changes that every process has read by now."""
    Invalidation.objects.filter(at__lt=clock.now() - NOTES_KEPT).delete()


@job("forget-networks", every=DAY, at_start=True)
def forget_networks(argument: str) -> None:
    """Destroy old keys of visitors. At the start, too: a site that stood still for a month owes it."""
    networks.forget_networks()


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
            metadata.fetch_missing(video, fetcher=Fetcher())
        except FetchFailed as failure:
            raise NotNow(str(failure)) from failure


@job("check-videos", every=HOUR)
def check_videos(argument: str) -> None:
    """Have videos elsewhere looked for, each by itself: one provider that does not answer delays no other."""
    availability.enqueue_due_checks()


@job("check-video")
def check_video(argument: str) -> None:
    """Look whether a video is still there. `argument` is its number."""
    if video := Video.objects.filter(pk=argument).first():
        availability.check(video, fetcher=Fetcher())
