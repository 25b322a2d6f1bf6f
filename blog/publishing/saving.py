"""What follows from a valid form of a post, once the post and its parts are stored, in the same transaction."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from blog.models import Person, Post, Repost
from blog.permissions import steps
from blog.publishing import lifecycle
from blog.publishing.forms import PostForm
from blog.videos import placement

Status = Post.Status


def follow_up(form: PostForm, *, words_changed: bool, by: str) -> None:
    """Take the step to the submitted status and enter the host's word in the ledger.

    `words_changed`: whether readers of a public post get other words than before. `by` is the name of the host.
    """
    post, status = form.instance, form.cleaned_data["status"]
    post.refresh_from_db()
    placement.synchronise_rows(post)
    keep_ledger(post, by=by, is_published=status == Status.PUBLISHED)
    if status != form.old_status:
        step_to(post, status)
    if form.was_seen and post.slug != form.old_slug:
        lifecycle.keep_old_slug(post, old_slug=form.old_slug)
    if words_changed and form.was_public and post.is_public:
        lifecycle.note_edit(post)


def keep_ledger(post: Post, *, by: str, is_published: bool) -> None:
    """Enter the host's word, from publication on: a draft may still change its mind."""
    passage = post.passage
    if passage and passage.basis and (is_published or passage.state != Repost.State.NONE):
        steps.assert_by_host(passage, by=by)


def step_to(post: Post, status: str) -> None:
    """Publish, withdraw or unschedule. Raises NotReady where something is missing."""
    if status == Status.PUBLISHED:
        lifecycle.publish(post)
    elif status == Status.WITHDRAWN:
        lifecycle.withdraw(post, note=post.withdrawal_note)
    else:
        lifecycle.unschedule(post)


def byline_of(user: AbstractBaseUser | AnonymousUser) -> Person | None:
    return Person.objects.filter(user__username=user.get_username()).first()


def name_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """The name that the ledger keeps for a login: that of its byline, else the login itself."""
    person = byline_of(user)
    return person.name if person else user.get_username()
