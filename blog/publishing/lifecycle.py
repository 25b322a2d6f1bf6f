"""From draft to public and back: the only writers of a post's status, its dates and its address."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import OldSlug, Post, Repost, Video
from blog.videos import placement
from core import clock

Status = Post.Status


class NotReady(Exception):
    """The post lacks something that a public post must have; `problems` says what, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def problems(post: Post, *, repost: Repost | None, has_author: bool) -> list[str]:
    """What is missing before `post` may be public with `repost`; empty when nothing is.

    `has_author`: whether somebody is credited as author of the reposted words. The parts are given one by one, so
    that a form can ask before anything is stored.
    """
    missing = []
    if repost is None:
        if not (post.introduction.strip() or post.body.strip()):
            missing.append(_("There is nothing to publish yet: write an introduction or a body, or add a repost."))
        return missing
    if not has_author:
        missing.append(_("Say whose words these are: add their author under “Credits”."))
    if not repost.basis:
        missing.append(_("Say on what ground you show these words: choose a basis under “Permission”."))
    elif repost.basis == Repost.Basis.LICENCE and not repost.licence_url:
        missing.append(_("Name the licence by its address."))
    if repost.state in (Repost.State.DECLINED, Repost.State.REVOKED) and not repost.shown_id:
        missing.append(_("The author said no to this. A new permission is needed first."))
    return missing


UNANSWERED = gettext_lazy("Say whether AI made this video. “Not known” is an answer, too.")


def unanswered(videos: Iterable[Video]) -> list[str]:
    """A sentence for each video of which nobody has said whether AI made it: readers are told before they play it."""
    unset = [video for video in videos if video.ai_origin == Video.AiOrigin.UNSET]
    return [f"{video}: {UNANSWERED}" for video in unset]


@transaction.atomic
def publish(post: Post, *, at: datetime | None = None) -> None:
    """Make `post` public now, or at a later moment `at`. Its first date stands when it is published again.

    Raises NotReady where something is missing.
    """
    authors = post.credits.filter(role="author")
    placement.synchronise_rows(post)
    missing = problems(post, repost=post.passage, has_author=authors.exists())
    if missing := missing + unanswered(Video.objects.filter(post=post)):
        raise NotReady(missing)
    post.status = Status.PUBLISHED
    post.published_at = at or post.published_at or clock.now()
    post.save(update_fields=["status", "published_at"])


def unschedule(post: Post) -> None:
    """Make a post that waits for its moment a draft again. One that readers have seen is withdrawn instead."""
    post.status = Status.DRAFT
    post.save(update_fields=["status"])


@transaction.atomic
def withdraw(post: Post, *, note: str = "") -> None:
    """Take a post off the site. Its address answers 410 with `note`; nothing of it is deleted."""
    post.status = Status.WITHDRAWN
    post.withdrawal_note = note
    post.published_at = post.published_at or clock.now()
    post.save(update_fields=["status", "withdrawal_note", "published_at"])
    note_edit(post)


def note_edit(post: Post) -> None:
    """Say that readers now see something else than before."""
    post.updated_at = clock.now()
    post.save(update_fields=["updated_at"])


@transaction.atomic
def keep_old_slug(post: Post, *, old_slug: str) -> None:
    """Let the address under `old_slug` lead on to `post`, which has another one now."""
    OldSlug.objects.filter(slug=post.slug, post=post).delete()  # back to an earlier slug: no redirect to itself
    OldSlug.objects.get_or_create(slug=old_slug, defaults={"post": post})
