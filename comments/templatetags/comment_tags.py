"""Template tags that show the discussion of a post on its page and its comment count in lists."""

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
    """Show the discussion of `post` after the cursor `comments_after`.

    It takes one query, or two if the page begins or ends inside a thread. The post must have been read with its
    discussion (`PostQuerySet.for_page`). A post that is not stored yet has none.
    """
    discussion = pages.visible_discussion(post)
    return {
        "post": post,
        "discussion": discussion,
        "page": pages.get_page(discussion, context.get("comments_after")) if discussion else None,
    }


@register.simple_tag
def empty_comment_form(post: Post) -> SafeString:
    """Show an empty comment form.

    Forms of different posts differ only in their URL, so each process renders the form once for each language:
    rendering it took 2.5 of a page's 10 ms.
    """
    form = _form_template(get_language())
    return mark_safe(form.replace(path_to("comment-new", 0), path_to("comment-new", post.pk)))  # noqa: S308


@lru_cache
def _form_template(language: str) -> SafeString:
    """Render the form in the active `language` for the post with pk 0, which does not exist."""
    return render_to_string("comments/form.html", {"post": Post(pk=0), "form": CommentForm()})


@register.simple_tag
def comment_rows(rows: Sequence[Row], can_reply: bool) -> SafeString:
    return mark_safe("".join(markup.render_thread(rows, can_reply=can_reply)))  # noqa: S308 - see `markup`


@register.simple_tag
def thread_left(left: int) -> str:
    """Show how many replies follow in a thread, as far as they were counted."""
    if left > pages.MAX_COUNTED:
        return _("more than %(count)d more") % {"count": pages.MAX_COUNTED}
    return ngettext("%(count)d more", "%(count)d more", left) % {"count": left}


@register.simple_tag(takes_context=True)
def comment_page(context: Context) -> str:
    """Return the query string of this page of a post's comments; empty for the first page."""
    cursor = pages.canonical_cursor(context.get("comments_after"))
    return f"?after={cursor}" if cursor else ""


@register.simple_tag
def has_comments(post: Post) -> bool:
    """Whether the post has a discussion that readers see."""
    return pages.visible_discussion(post) is not None


@register.simple_tag
def comment_count(post: Post) -> str:
    """Show “3 comments”, or nothing if readers see no discussion. Needs no query."""
    discussion = pages.visible_discussion(post)
    return count_label(discussion.count) if discussion else ""


def count_label(count: int) -> str:
    return ngettext("%(count)d comment", "%(count)d comments", count) % {"count": count} if count else _("No comments")
