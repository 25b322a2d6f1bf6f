"""Template tags of the admin's own pages."""

from django import template
from django.template import Context

from blog.admin import start_page

register = template.Library()


@register.simple_tag(takes_context=True)
def start_page_sections(context: Context) -> list[start_page.StartPageSection]:
    """Return what needs the attention of the current user; see `blog.admin.start_page`."""
    return start_page.sections_for(context["user"])
