"""What the admin's own pages show beyond their forms."""

from django import template

from blog.admin import attention

register = template.Library()


@register.simple_tag
def notices() -> list[attention.Notice]:
    """What the host should look at; see `blog.admin.attention`."""
    return attention.notices()
