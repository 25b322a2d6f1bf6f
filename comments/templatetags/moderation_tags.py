"""Template tags for the admin's own pages, which show posts and comments side by side."""

from django import template

from comments.models import Comment

register = template.Library()


@register.simple_tag
def waiting_comments() -> int:
    """Return how many comments wait for a moderator."""
    return Comment.objects.waiting().count()
