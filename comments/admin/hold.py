"""Holding a person: the step, and what is said after it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from comments.admin import actions, labels
from comments.models import Ban, Comment
from comments.moderation import banning


def hold(request: HttpRequest, comment: Comment, **how: Any) -> None:
    """Hold, or refuse, whatever else comes from a comment's writer, and say by what they are known."""
    bans = banning.ban_writer(comment, by=actions.moderator(request), **how)
    if not bans:
        messages.warning(request, _("Nothing is known by which this person would be met again."))
        return
    if bans[0].mode == Ban.Mode.REFUSE:
        said = _("What comes from %(name)s is refused from now on. Known by: %(known)s.")
    else:
        said = _("What comes from %(name)s waits for a moderator from now on. Known by: %(known)s.")
    words = {"name": comment.name, "known": "; ".join(map(labels.ban, bans))}
    link = reverse("admin:comments_ban_changelist")
    messages.success(request, format_html('{} <a href="{}">{}</a>', said % words, link, _("All bans")))
