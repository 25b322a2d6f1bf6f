"""The text of each outgoing email, composed at the moment of sending from what is true at that moment."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from blog import rendering
from blog.models import Blog, Post
from comments import personal_data
from comments.models import Comment, Discussion, EmailItem, OutgoingEmail, Subscription
from comments.posting import text_cleaning
from core.mailing import email_addresses, sending, signed_links
from core.mailing.signed_links import Purpose

Kind = OutgoingEmail.Kind
Scope = Subscription.Scope
NO_HEADERS: Mapping[str, str] = {}

CONFIRM_LIFETIME = timedelta(days=3)
ACCESS_LIFETIME = timedelta(minutes=30)
MAX_NEW_COMMENTS = 50  # in one email; its unsubscribe link holds the numbers of their subscriptions
EXCERPT_LENGTH = 500  # characters
MAX_HELD_COMMENTS = 20  # in one moderation digest
HELD_EXCERPT_LENGTH = 200  # characters

# Why a subscriber receives a comment, by the scope of the subscription.
REASONS = {
    Scope.REPLIES: _("You receive this because you subscribed to replies to your comment."),
    Scope.THREAD: _("You receive this because you subscribed to this thread."),
    Scope.POST: _("You receive this because you subscribed to all comments on this post."),
}


class Contents(NamedTuple):
    """The template of an email, its context, and extra headers."""

    template: str
    context: dict[str, Any]
    headers: Mapping[str, str] = NO_HEADERS


def compose(message: OutgoingEmail, blog: Blog) -> Contents | None:
    """Return the contents of a message as of now, or None if there is nothing left to say."""
    contents = COMPOSERS[message.kind](message, blog)
    if contents is None:
        return None
    shared = {"blog": blog, "personal_data_url": f"{blog.base_url}{reverse('personal-data')}"}
    return contents._replace(context={**shared, **contents.context})


def _token_url(blog: Blog, route: str, token: str) -> str:
    return f"{blog.base_url}{reverse(route, args=[token])}"


# --- Messages that somebody requested -------------------------------------------------------------------------------


def _confirmation(message: OutgoingEmail, blog: Blog) -> Contents | None:
    """Leave out the text of the comment: a stranger may have typed the receiver's email address."""
    comment = _unconfirmed_comment(message.comment)
    subscription = message.subscription if message.subscription and not message.subscription.confirmed_at else None
    subject = comment or subscription
    post = _public_post(subject.discussion_id) if subject else None
    if post is None:
        return None
    numbers = [comment.pk if comment else 0, subscription.pk if subscription else 0]
    token = signed_links.create(Purpose.CONFIRM, numbers)
    context = {
        "post": post,
        "comment": comment,
        "subscription": subscription,
        "url": _token_url(blog, "comment-confirm-email", token),
        "days": CONFIRM_LIFETIME.days,
    }
    return Contents("confirm_email", context)


def _unconfirmed_comment(comment: Comment | None) -> Comment | None:
    """Return the comment if its writer should confirm. Skip spam: its email address is most likely somebody else's."""
    if comment is None or comment.email_confirmed_at or not comment.email:
        return None
    return comment if comment.state in (Comment.State.PENDING, Comment.State.PUBLISHED) else None


def _public_post(post_id: int) -> Post | None:
    """The post if readers see both it and its discussion."""
    posts = Post.objects.published().exclude(discussion__state=Discussion.State.HIDDEN)
    return posts.select_related("blog", "discussion").filter(pk=post_id).first()


def _personal_data_link(message: OutgoingEmail, blog: Blog) -> Contents | None:
    if not personal_data.exists_for(message.email):
        return None
    token = signed_links.create(Purpose.ACCESS, [message.pk])
    url = _token_url(blog, "personal-data-page", token)
    return Contents("personal_data_link", {"url": url, "minutes": ACCESS_LIFETIME.seconds // 60})


# --- New comments ---------------------------------------------------------------------------------------------------


def _new_comments(message: OutgoingEmail, blog: Blog) -> Contents | None:
    """List the comments that readers can see now. When a subscription ends, its items are deleted with it."""
    readable = Comment.objects.public().counted().order_by()
    email_items = message.items.filter(comment__in=readable).order_by("comment__discussion", "pk")
    count = email_items.count()
    listed = list(email_items.select_related("comment__discussion__post__blog", "subscription")[:MAX_NEW_COMMENTS])
    if not listed:
        return None
    subscription_ids = sorted({item.subscription_id for item in listed})
    token = signed_links.create(Purpose.UNSUBSCRIBE, [message.pk, *subscription_ids])
    url = _token_url(blog, "comment-unsubscribe", token)
    items = [_new_comment(item) for item in listed]
    context = {
        "items": items,
        "first": items[0],
        "count": count,
        "more_count": count - len(items),
        "unsubscribe_url": url,
    }
    headers = {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return Contents("new_comments", context, headers)


def _new_comment(item: EmailItem) -> dict[str, Any]:
    comment = item.comment
    post = comment.discussion.post
    return {
        "name": text_cleaning.clean_line(comment.name),
        "title": text_cleaning.clean_line(post.title),
        "published_at": comment.published_at,
        "excerpt": sending.quote(_excerpt(comment, EXCERPT_LENGTH)),
        "url": f"{post.blog.base_url}{comment.get_absolute_url()}",
        "reason": REASONS[Scope(item.subscription.scope)],
    }


def _excerpt(comment: Comment, length: int) -> str:
    """The beginning of a comment as plain text: at most `length` characters, including the ellipsis."""
    text = text_cleaning.clean_text(rendering.plain_text(comment.html))
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


# --- Moderation digest ----------------------------------------------------------------------------------------------


def moderator_emails() -> list[str]:
    """Email addresses of the blog's owner and of all staff who may change comments, each mailbox once."""
    owner = Blog.load().owner
    backend = "django.contrib.auth.backends.ModelBackend"  # `with_perm` requires it where several are configured
    moderators = User.objects.with_perm("comments.change_comment", backend=backend).filter(is_staff=True)
    emails = [owner.email if owner else "", *moderators.order_by("pk").values_list("email", flat=True)]
    by_mailbox = {
        email_addresses.canonical(email): email_addresses.normalize(email) for email in reversed(emails) if email
    }
    return list(by_mailbox.values())


def held_comments(message: OutgoingEmail) -> QuerySet[Comment]:
    """Return the comments of a digest that still wait for a decision. They share the digest's time of creation."""
    return Comment.objects.waiting().filter(moderators_told_at=message.created_at)


def _moderation_digest(message: OutgoingEmail, blog: Blog) -> Contents | None:
    """Quote comments that readers cannot see. So check at the moment of sending that the receiver may see them."""
    comments = list(held_comments(message).select_related("discussion__post"))
    if not comments or message.email not in moderator_emails():
        return None
    context = {
        "items": [_held_comment(comment, blog) for comment in comments],
        "count": len(comments),
        "more_count": Comment.objects.waiting().count() - len(comments),
        "queue_url": f"{blog.base_url}{reverse('admin:comments_comment_queue')}",
    }
    return Contents("moderation_digest", context)


def _held_comment(comment: Comment, blog: Blog) -> dict[str, Any]:
    return {
        "name": text_cleaning.clean_line(comment.name),
        "title": text_cleaning.clean_line(comment.discussion.post.title),
        "excerpt": sending.quote(_excerpt(comment, HELD_EXCERPT_LENGTH)),
        "url": f"{blog.base_url}{reverse('admin:comments_comment_decide', args=[comment.pk])}",
    }


COMPOSERS: dict[str, Callable[[OutgoingEmail, Blog], Contents | None]] = {
    Kind.CONFIRM: _confirmation,
    Kind.ACCESS: _personal_data_link,
    Kind.NEWS: _new_comments,
    Kind.QUEUE: _moderation_digest,
}
