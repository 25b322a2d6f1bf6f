"""What a letter says: made when it goes out, of what is still right at that moment."""

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

CONFIRM_LASTS = timedelta(days=3)
ACCESS_LASTS = timedelta(minutes=30)
MOST_NEWS = 50  # comments in one letter; their subscriptions stand in its links
NEWS_EXCERPT = 500  # characters
MOST_WAITING = 20  # comments in a moderators' digest
WAITING_EXCERPT = 200

# Why somebody gets news, by what they subscribed to.
REASONS = {
    Scope.REPLIES: _("You asked to be told of replies to your comment."),
    Scope.THREAD: _("You asked to be told of what is said in this thread."),
    Scope.POST: _("You asked to be told of all comments on this post."),
}


class Contents(NamedTuple):
    """The template of a mail, what stands in it, and the headers that go with it."""

    template: str
    context: dict[str, Any]
    headers: Mapping[str, str] = NO_HEADERS


def of(letter: OutgoingEmail, blog: Blog) -> Contents | None:
    """What the letter says now; None where nothing is left to say."""
    said = WRITERS[letter.kind](letter, blog)
    if said is None:
        return None
    shared = {"blog": blog, "kept_link": f"{blog.base_url}{reverse('personal-data')}"}
    return said._replace(context={**shared, **said.context})


def page_url(blog: Blog, route: str, token: str) -> str:
    return f"{blog.base_url}{reverse(route, args=[token])}"


# --- Questions ------------------------------------------------------------------------------------------------------


def _confirm(letter: OutgoingEmail, blog: Blog) -> Contents | None:
    """It says nothing of what the commenter said: that may be somebody else, who typed a stranger's address."""
    comment = _unconfirmed(letter.comment)
    wish = letter.subscription if letter.subscription and not letter.subscription.confirmed_at else None
    about = comment or wish
    post = _public_post(about.discussion_id) if about else None
    if post is None:
        return None
    token = signed_links.mint(Purpose.CONFIRM, [comment.pk if comment else 0, wish.pk if wish else 0])
    context = {
        "post": post,
        "comment": comment,
        "wish": wish,
        "link": page_url(blog, "comment-confirm-address", token),
        "days": CONFIRM_LASTS.days,
    }
    return Contents("confirm_email", context)


def _unconfirmed(comment: Comment | None) -> Comment | None:
    """Whose writer is still to be asked. Not that of spam: its address is most likely somebody else's."""
    if comment is None or comment.email_confirmed_at or not comment.email:
        return None
    return comment if comment.state in (Comment.State.PENDING, Comment.State.PUBLISHED) else None


def _public_post(number: int) -> Post | None:
    """The post whose discussion has this number, if readers see both."""
    posts = Post.objects.published().exclude(discussion__state=Discussion.State.HIDDEN)
    return posts.select_related("blog", "discussion").filter(pk=number).first()


def _access(letter: OutgoingEmail, blog: Blog) -> Contents | None:
    if not personal_data.is_known(letter.email):
        return None
    token = signed_links.mint(Purpose.ACCESS, [letter.pk])
    link = page_url(blog, "personal-data-page", token)
    return Contents("access", {"link": link, "minutes": ACCESS_LASTS.seconds // 60})


# --- News -----------------------------------------------------------------------------------------------------------


def _news(letter: OutgoingEmail, blog: Blog) -> Contents | None:
    """Comments that can be read, to somebody who still wants to be told of them: with a wish, its notices went."""
    readable = Comment.objects.public().counted().order_by()
    notices = letter.items.filter(comment__in=readable).order_by("comment__discussion", "pk")
    count = notices.count()
    told = list(notices.select_related("comment__discussion__post__blog", "subscription")[:MOST_NEWS])
    if not told:
        return None
    token = signed_links.mint(Purpose.UNSUBSCRIBE, [letter.pk, *sorted({notice.subscription_id for notice in told})])
    stop = page_url(blog, "comment-unsubscribe", token)
    items = [_item(notice) for notice in told]
    context = {"items": items, "first": items[0], "count": count, "left": count - len(items), "stop_link": stop}
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return Contents("news", context, headers)


def _item(notice: EmailItem) -> dict[str, Any]:
    comment = notice.comment
    post = comment.discussion.post
    return {
        "name": text_cleaning.tidy_line(comment.name),
        "title": text_cleaning.tidy_line(post.title),
        "at": comment.published_at,
        "words": sending.quoted(_shortened(comment, NEWS_EXCERPT)),
        "link": f"{post.blog.base_url}{comment.get_absolute_url()}",
        "why": REASONS[Scope(notice.subscription.scope)],
    }


def _shortened(comment: Comment, length: int) -> str:
    """A comment's words as plain text, at most `length` characters with the ellipsis of a cut."""
    words = text_cleaning.tidy(rendering.plain_text(comment.html))
    return words if len(words) <= length else f"{words[: length - 1].rstrip()}…"


# --- What waits -----------------------------------------------------------------------------------------------------


def moderator_emails() -> list[str]:
    """Where those read mail who decide on comments: the blog's owner, and whoever may change comments in the admin."""
    owner = Blog.load().owner
    backend = "django.contrib.auth.backends.ModelBackend"  # with several, Django wants to be told
    moderators = User.objects.with_perm("comments.change_comment", backend=backend).filter(is_staff=True)
    known = [owner.email if owner else "", *moderators.order_by("pk").values_list("email", flat=True)]
    once = {email_addresses.canonical(email): email_addresses.tidy(email) for email in reversed(known) if email}
    return list(once.values())


def waiting_in(letter: OutgoingEmail) -> QuerySet[Comment]:
    """The comments that a digest was made of, as far as they still wait: it bears the moment at which it was made."""
    return Comment.objects.waiting().filter(moderators_told_at=letter.created_at)


def _queue(letter: OutgoingEmail, blog: Blog) -> Contents | None:
    """The one mail in which words stand that readers do not see; so it goes to those who may see them, asked now."""
    told = list(waiting_in(letter).select_related("discussion__post"))
    if not told or letter.email not in moderator_emails():
        return None
    context = {
        "items": [_waiting_item(comment, blog) for comment in told],
        "count": len(told),
        "left": Comment.objects.waiting().count() - len(told),
        "link": f"{blog.base_url}{reverse('admin:comments_comment_queue')}",
    }
    return Contents("queue", context)


def _waiting_item(comment: Comment, blog: Blog) -> dict[str, Any]:
    return {
        "name": text_cleaning.tidy_line(comment.name),
        "title": text_cleaning.tidy_line(comment.discussion.post.title),
        "words": sending.quoted(_shortened(comment, WAITING_EXCERPT)),
        "link": f"{blog.base_url}{reverse('admin:comments_comment_decide', args=[comment.pk])}",
    }


WRITERS: dict[str, Callable[[OutgoingEmail, Blog], Contents | None]] = {
    Kind.CONFIRM: _confirm,
    Kind.ACCESS: _access,
    Kind.NEWS: _news,
    Kind.QUEUE: _queue,
}
