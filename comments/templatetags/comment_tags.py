"""What a post's page and the lists of posts show of its discussion."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from blog.models import Post
from comments.posting.forms import CommentForm
from comments.threads import markup, pages
from comments.threads.rows import Row
from core.urls import path_to

register = template.Library()


@register.inclusion_tag("comments/discussion.html", takes_context=True)
def comment_thread(context: Context, post: Post) -> dict[str, Any]:
    """The discussion of `post` from `comments_after` on: one query, two where the page begins or ends inside a thread.

    The post comes with its discussion (`PostQuerySet.for_page`). One that is not stored yet has none.
    """
    discussion = pages.visible_discussion(post)
    return {
        "post": post,
        "discussion": discussion,
        "page": pages.page(discussion, context.get("comments_after")) if discussion else None,
    }


@register.simple_tag
def empty_comment_form(post: Post) -> SafeString:
    """The form in which nothing is typed yet. Of those of other posts only the address tells it apart, so it is made
    once in the life of the process: it took 2.5 ms of 10.
    """
    form = _form_of_no_post(get_language())
    return mark_safe(form.replace(path_to("comment-new", 0), path_to("comment-new", post.pk)))  # noqa: S308


@lru_cache
def _form_of_no_post(language: str) -> SafeString:
    """In the `language` that is active. No post has the number 0."""
    return render_to_string("comments/form.html", {"post": Post(pk=0), "form": CommentForm()})


@register.simple_tag
def comment_rows(rows: Sequence[Row], can_reply: bool) -> SafeString:
    return mark_safe("".join(markup.thread(rows, can_reply=can_reply)))  # noqa: S308 - see `markup`


@register.simple_tag
def thread_left(left: int) -> str:
    """How many replies follow in a thread, as far as they were counted."""
    if left > pages.MOST_COUNTED:
        return _("more than %(count)d more") % {"count": pages.MOST_COUNTED}
    return ngettext("%(count)d more", "%(count)d more", left) % {"count": left}


@register.simple_tag(takes_context=True)
def comment_page(context: Context) -> str:
    """The part of a post's address that says which page of its comments this is; empty for the first."""
    cursor = pages.tidy_cursor(context.get("comments_after"))
    return f"?after={cursor}" if cursor else ""


@register.simple_tag
def has_comments(post: Post) -> bool:
    """Whether the post has a discussion that readers see."""
    return pages.visible_discussion(post) is not None


@register.simple_tag
def comment_count(post: Post) -> str:
    """“3 comments”, without a query; nothing where there is no discussion to be seen."""
    discussion = pages.visible_discussion(post)
    return count_in_words(discussion.count) if discussion else ""


def count_in_words(count: int) -> str:
    return ngettext("%(count)d comment", "%(count)d comments", count) % {"count": count} if count else _("No comments")
