"""What a post's page and the lists of posts show of its discussion."""

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models import Post
from comments import threads
from comments.forms import CommentForm
from comments.models import Discussion

register = template.Library()


@register.inclusion_tag("comments/discussion.html", takes_context=True)
def comment_thread(context: Context, post: Post) -> dict[str, Any]:
    """The discussion of `post` from `comments_after` on: one query, two where the page begins inside a thread.

    The post comes with its discussion (`PostQuerySet.for_page`). One that is not stored yet has none.
    """
    discussion = _visible(post)
    return {
        "post": post,
        "discussion": discussion,
        "page": threads.page(discussion, context.get("comments_after")) if discussion else None,
        "form": CommentForm(),
    }


@register.simple_tag
def comment_count(post: Post) -> str:
    """“3 comments”, without a query; nothing where there is no discussion to be seen."""
    discussion = _visible(post)
    return count_in_words(discussion.count) if discussion else ""


def count_in_words(count: int) -> str:
    return ngettext("%(count)d comment", "%(count)d comments", count) % {"count": count} if count else _("No comments")


def _visible(post: Post) -> Discussion | None:
    discussion: Discussion | None = getattr(post, "discussion", None)
    return discussion if discussion and discussion.is_visible else None
