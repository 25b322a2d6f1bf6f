"""What hosts are told by mail: the author's answer, a stranger's objection, and that a permission is about to end."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse

from blog.models import Dispute, PermissionRequest, Post, Repost, RepostQuerySet
from core import clock
from core.mailing import sending

REMIND_BEFORE = timedelta(days=14)


def tell_of_answer(asked: PermissionRequest, what: str) -> None:
    """Tell the host what the author did: an answer, "ended" or "end_asked". No address known, nobody told."""
    context = {"author": asked.person.name, "what": what, "repost": asked.repost}
    _send("author_answered", asked.repost.post, context)


def tell_of_dispute(dispute: Dispute) -> None:
    """Tell the host that somebody objects to a credit. What they say is read in the admin, not in the mail."""
    form = reverse("admin:blog_dispute_change", args=[dispute.pk])
    _send("dispute", dispute.repost.post, {"link": f"{settings.SITE_URL}{form}"})


def ending_soon() -> RepostQuerySet:
    """Public reposts whose permission ends within two weeks. Their hosts may have been reminded already."""
    due = Repost.objects.in_force().filter(ends_at__lte=clock.now() + REMIND_BEFORE)
    return due.filter(post__in=Post.objects.published()).select_related("post__blog__owner__user", "post__author__user")


def remind_of_end(repost: Repost) -> None:
    """Remind the host, once for each end: a new end is a new reminder."""
    if repost.reminded_of == repost.last_day:
        return
    _send("permission_ends", repost.post, {"last_day": repost.last_day})
    repost.reminded_of = repost.last_day
    repost.save(update_fields=["reminded_of"])


def _send(template: str, post: Post, context: dict[str, object]) -> None:
    if to := post.host_email:
        form = reverse("admin:blog_post_change", args=[post.pk])
        context = {"post": post, "link": f"{settings.SITE_URL}{form}", **context}
        sending.send(template, context, to=to, site=post.blog)
