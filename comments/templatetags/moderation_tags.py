"""What the admin's own pages ask of comments. Its templates stand above both floors."""

from django import template

from comments.models import Comment

register = template.Library()


@register.simple_tag
def waiting_comments() -> int:
    """How many comments wait for a moderator."""
    return Comment.objects.waiting().count()
