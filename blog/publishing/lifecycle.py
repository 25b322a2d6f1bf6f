"""From draft to public and back: the only writers of a post's status, of its dates and of the redirects to it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import OldSlug, Post, Repost, Video
from core import clock

Status = Post.Status

AI_ORIGIN_REQUIRED = gettext_lazy("Say whether AI made this video. “Not known” is an answer, too.")


class NotReady(Exception):
    """The post lacks something that a public post must have. `problems` is a list of sentences that name it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def problems(post: Post, *, repost: Repost | None, has_author: bool) -> list[str]:
    """Return a sentence for each thing that `post` and its `repost` lack before they may be public.

    `has_author` tells whether somebody is credited as author of the reposted words. The parts are separate arguments
    so that a form can call this before anything is stored.
    """
    missing = []
    if repost is None:
        if not (post.introduction.strip() or post.body.strip()):
            missing.append(_("There is nothing to publish yet: write an introduction or a body, or add a repost."))
        return missing
    if not has_author:
        missing.append(_("Say whose words these are: add their author under “Credits”."))
    if not repost.basis:
        missing.append(_("Say on what basis you show these words: choose a basis under “Permission”."))
    elif repost.basis == Repost.Basis.LICENCE and not repost.licence_url:
        missing.append(_("Give the web address of the licence."))
    if repost.state in (Repost.State.DECLINED, Repost.State.REVOKED) and not repost.shown_id:
        missing.append(_("The author said no to this. A new permission is needed first."))
    return missing


def ai_problems(videos: Iterable[Video]) -> list[str]:
    """Return a sentence for each video that does not say whether AI made it. Readers see that before they play it."""
    return [f"{video}: {AI_ORIGIN_REQUIRED}" for video in videos if video.ai_origin == Video.AiOrigin.UNSET]


@transaction.atomic
def publish(post: Post, *, at: datetime | None = None) -> None:
    """Make `post` public now, or at the moment `at`. A post that is published again keeps its first date.

    Expects video rows in step with the texts; `saving.publish_post` takes care of that. Raises NotReady if something
    is missing.
    """
    has_author = post.credits.filter(role="author").exists()
    missing = problems(post, repost=post.passage, has_author=has_author)
    if missing := missing + ai_problems(Video.objects.filter(post=post)):
        raise NotReady(missing)
    post.status = Status.PUBLISHED
    post.published_at = at or post.published_at or clock.now()
    post.save(update_fields=["status", "published_at"])


def unschedule(post: Post) -> None:
    """Make a scheduled post a draft again. A post that readers have seen is withdrawn instead."""
    post.status = Status.DRAFT
    post.save(update_fields=["status"])


@transaction.atomic
def withdraw(post: Post, *, note: str = "") -> None:
    """Take a post off the site: its URL answers 410 with `note`. Nothing is deleted."""
    post.status = Status.WITHDRAWN
    post.withdrawal_note = note
    post.published_at = post.published_at or clock.now()
    post.save(update_fields=["status", "withdrawal_note", "published_at"])
    mark_updated(post)


def mark_updated(post: Post) -> None:
    """Record that readers now see something other than before."""
    post.updated_at = clock.now()
    post.save(update_fields=["updated_at"])


@transaction.atomic
def redirect_old_slug(post: Post, *, old_slug: str) -> None:
    """Redirect URLs that contain `old_slug` to `post`, whose slug has changed."""
    OldSlug.objects.filter(slug=post.slug, post=post).delete()  # back to an earlier slug: no redirect to itself
    OldSlug.objects.get_or_create(slug=old_slug, defaults={"post": post})
