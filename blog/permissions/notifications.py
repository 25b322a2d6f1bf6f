"""E-mails to hosts: the author has answered, a reader disputes a credit, a permission is about to end."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse

from blog.models import Dispute, PermissionRequest, Post, Repost, RepostQuerySet
from core import clock
from core.mailing import sending

REMIND_BEFORE = timedelta(days=14)


def notify_of_answer(permission_request: PermissionRequest, what: str) -> None:
    """Tell the host what the author did: `what` is an answer, "ended" or "end_asked"."""
    context = {"author": permission_request.person.name, "what": what, "repost": permission_request.repost}
    _send("author_answered", permission_request.repost.post, context)


def notify_of_dispute(dispute: Dispute) -> None:
    """Tell the host that somebody objects to a credit. The objection itself is shown only in the admin."""
    path = reverse("admin:blog_dispute_change", args=[dispute.pk])
    _send("dispute", dispute.repost.post, {"link": f"{settings.SITE_URL}{path}"})


def ending_soon() -> RepostQuerySet:
    """Public reposts whose permission ends within two weeks, including those with a reminder already sent."""
    due = Repost.objects.in_force().filter(ends_at__lte=clock.now() + REMIND_BEFORE)
    return due.filter(post__in=Post.objects.published()).select_related("post__blog__owner__user", "post__author__user")


def remind_of_end(repost: Repost) -> None:
    """Remind the host, once for each last day: if that changes, remind again."""
    if repost.reminded_of == repost.last_day:
        return
    _send("permission_ends", repost.post, {"last_day": repost.last_day})
    repost.reminded_of = repost.last_day
    repost.save(update_fields=["reminded_of"])


def _send(template: str, post: Post, context: dict[str, object]) -> None:
    """E-mail the host of `post`. Do nothing if no e-mail address is known."""
    if to := post.host_email:
        path = reverse("admin:blog_post_change", args=[post.pk])
        context = {"post": post, "link": f"{settings.SITE_URL}{path}", **context}
        sending.send(template, context, to=to, site=post.blog)
