"""What the admin's own pages show beyond their forms."""

from django import template
from django.template import Context

from blog.admin import attention

register = template.Library()


@register.simple_tag(takes_context=True)
def notices(context: Context) -> list[attention.Notice]:
    """What whoever is signed in should look at; see `blog.admin.attention`."""
    return attention.notices(context["user"])
