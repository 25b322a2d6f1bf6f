"""What the admin's own pages show beyond their forms."""

from django import template
from django.template import Context

from blog.admin import start_page

register = template.Library()


@register.simple_tag(takes_context=True)
def start_page_sections(context: Context) -> list[start_page.StartPageSection]:
    """What whoever is signed in should look at; see `blog.admin.start_page`."""
    return start_page.sections_for(context["user"])
