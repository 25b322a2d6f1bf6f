"""What a post's page and the lists of posts show of its discussion."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models import Post
from comments import markup, threads
from comments.forms import CommentForm

register = template.Library()


@register.inclusion_tag("comments/discussion.html", takes_context=True)
def comment_thread(context: Context, post: Post) -> dict[str, Any]:
    """The discussion of `post` from `comments_after` on: one query, two where the page begins or ends inside a thread.

    The post comes with its discussion (`PostQuerySet.for_page`). One that is not stored yet has none.
    """
    discussion = threads.visible_discussion(post)
    return {
        "post": post,
        "discussion": discussion,
        "page": threads.page(discussion, context.get("comments_after")) if discussion else None,
        "form": CommentForm(),
    }


@register.simple_tag
def comment_rows(rows: Sequence[threads.Row], can_reply: bool) -> SafeString:
    return markup.thread(rows, can_reply=can_reply)


@register.simple_tag
def thread_left(left: int) -> str:
    """How many replies follow in a thread, as far as they were counted."""
    if left > threads.MOST_COUNTED:
        return _("more than %(count)d more") % {"count": threads.MOST_COUNTED}
    return ngettext("%(count)d more", "%(count)d more", left) % {"count": left}


@register.simple_tag(takes_context=True)
def comment_page(context: Context) -> str:
    """The part of a post's address that says which page of its comments this is; empty for the first."""
    cursor = threads.tidy_cursor(context.get("comments_after"))
    return f"?after={cursor}" if cursor else ""


@register.simple_tag
def has_comments(post: Post) -> bool:
    """Whether the post has a discussion that readers see."""
    return threads.visible_discussion(post) is not None


@register.simple_tag
def comment_count(post: Post) -> str:
    """“3 comments”, without a query; nothing where there is no discussion to be seen."""
    discussion = threads.visible_discussion(post)
    return count_in_words(discussion.count) if discussion else ""


def count_in_words(count: int) -> str:
    return ngettext("%(count)d comment", "%(count)d comments", count) % {"count": count} if count else _("No comments")
