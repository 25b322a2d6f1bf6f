"""The waiting comments on the start page of the admin."""

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import ngettext

from blog.admin.start_page import MAX_ITEMS, StartPageSection
from comments.admin import comment_page
from comments.models import Comment


def waiting() -> StartPageSection:
    """Return how many comments wait, and those that have waited longest."""
    oldest = Comment.objects.waiting().select_related("discussion__post")
    found = list(oldest.only("name", "source", "discussion__post__title")[:MAX_ITEMS])
    items = [(comment_page.url(comment), _summarize(comment)) for comment in found]
    count = Comment.objects.waiting().count() if found else 0
    heading = ngettext("%(count)d comment waits for you", "%(count)d comments wait for you", count) % {"count": count}
    return StartPageSection(heading, items, reverse("admin:comments_comment_queue") if found else "")


def _summarize(comment: Comment) -> str:
    return f"{comment.name}: {Truncator(comment.source).chars(60)} ({comment.discussion.post})"
