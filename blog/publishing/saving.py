"""Save or publish a post with all its parts: the one place that knows in which order."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from blog.models import Person, Post, Repost
from blog.permissions import steps
from blog.publishing import lifecycle
from blog.publishing.forms import PartFormSet, PostForm
from blog.videos import placement

Status = Post.Status

# The fields of a post that readers see as its content.
CONTENT_FIELDS = {"title", "introduction", "body", "cover", "cover_alt"}


@transaction.atomic
def save_post(form: PostForm, formsets: Sequence[PartFormSet], *, by: str) -> None:
    """Save a post with all its parts in one transaction. The form and the formsets are valid.

    `by` is the name that the ledger records. Raises NotReady if the post is to be published and lacks something.
    """
    post, status = form.instance, form.cleaned_data["status"]
    _store(form, formsets)
    _assert_permission(post, by=by, is_published=status == Status.PUBLISHED)
    placement.synchronise_rows(post)  # after the ledger, which decides which wording readers see
    if status != form.old_status:
        _change_status(post, status)
    if form.was_seen and post.slug != form.old_slug:
        lifecycle.redirect_old_slug(post, old_slug=form.old_slug)
    if form.was_public and post.is_public and _has_new_content(form, formsets):
        lifecycle.mark_updated(post)


@transaction.atomic
def publish_post(post: Post, *, by: str, at: datetime | None = None) -> None:
    """Publish a stored post with its parts now, or at the moment `at`. Raises NotReady if it lacks something."""
    _assert_permission(post, by=by, is_published=True)
    placement.synchronise_rows(post)
    lifecycle.publish(post, at=at)


def _store(form: PostForm, formsets: Sequence[PartFormSet]) -> None:
    """Store what was submitted except the status, which changes only once everything else is stored."""
    form.instance.status = form.old_status
    form.save()
    for formset in formsets:
        formset.save()
    form.instance.refresh_from_db()


def _assert_permission(post: Post, *, by: str, is_published: bool) -> None:
    """Record the host's statement in the ledger, from the first publication on. A draft may still change freely."""
    passage = post.passage
    if passage and passage.basis and (is_published or passage.state != Repost.State.NONE):
        steps.assert_by_host(passage, by=by)


def _change_status(post: Post, status: str) -> None:
    if status == Status.PUBLISHED:
        lifecycle.publish(post)
    elif status == Status.WITHDRAWN:
        lifecycle.withdraw(post, note=post.withdrawal_note)
    else:
        lifecycle.unschedule(post)


def _has_new_content(form: PostForm, formsets: Sequence[PartFormSet]) -> bool:
    return bool(CONTENT_FIELDS & set(form.changed_data)) or any(formset.has_changed() for formset in formsets)


def byline_of(user: AbstractBaseUser | AnonymousUser) -> Person | None:
    """The person under whose name `user` publishes."""
    return Person.objects.filter(user__username=user.get_username()).first()


def name_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """The name that the ledger records for `user`: the name of their byline, or else their username."""
    person = byline_of(user)
    return person.name if person else user.get_username()
