"""Banning the writer of a comment, and the message about it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from comments.admin import actions, labels
from comments.models import Ban, Comment
from comments.moderation import banning


def ban_writer(request: HttpRequest, comment: Comment, **options: Any) -> None:
    """Hold or refuse all further comments of a comment's writer, and say by what the writer will be recognised."""
    bans = banning.ban_writer(comment, by=actions.require_moderator(request), **options)
    if not bans:
        messages.warning(request, _("Nothing is stored by which this person would be recognised."))
        return
    if bans[0].mode == Ban.Mode.REFUSE:
        sentence = _("From now on, comments from %(name)s are refused. Recognised by: %(bans)s.")
    else:
        sentence = _("From now on, comments from %(name)s wait for a moderator. Recognised by: %(bans)s.")
    params = {"name": comment.name, "bans": "; ".join(map(labels.describe_ban, bans))}
    url = reverse("admin:comments_ban_changelist")
    messages.success(request, format_html('{} <a href="{}">{}</a>', sentence % params, url, _("All bans")))
