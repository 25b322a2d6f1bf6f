"""The page of one comment for moderators: all that is known about it, and all that they can do with it.

The links in emails to moderators lead here. A GET changes nothing.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from comments.admin import actions, cards, labels, writer_bans
from comments.admin.forms import WriterBanForm
from comments.models import Comment, CommentEvent
from comments.moderation import banning, steps

MAX_REPLIES = 5  # that the page shows


@dataclass(frozen=True)
class HistoryEntry:
    event: CommentEvent
    sentence: str


def view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a comment in full. A POST performs an action and redirects back here."""
    if not request.user.has_perm(actions.VIEW):
        raise PermissionDenied
    comment = get_object_or_404(cards.comments_for_cards().select_related("user", "person"), pk=pk)
    form = WriterBanForm(request.POST) if request.POST.get("action") == "hold" else WriterBanForm()
    if request.method == "POST":
        actions.require_moderator(request)
        if not form.is_bound or form.is_valid():
            return redirect(_perform(request, comment, form))
    return TemplateResponse(request, "admin/comments/comment/decide.html", _context(request, comment, form))


def url(comment: Comment) -> str:
    return reverse("admin:comments_comment_decide", args=[comment.pk])


def _perform(request: HttpRequest, comment: Comment, form: WriterBanForm) -> str:
    """Perform the action of the pressed button; return the URL to redirect to."""
    own_url, name = url(comment), request.POST.get("action", "")
    if "undo" in request.POST:
        actions.undo(request, request.POST["undo"])
    elif form.is_bound:
        writer_bans.ban_writer(request, comment, **form.options)
    elif name == "erase":
        _erase(request, comment)
    elif name in actions.ACTIONS:
        batch = actions.perform(request, name, [comment], request.POST.get("reason", ""))
        return f"{own_url}?done={batch}" if batch else own_url
    else:
        messages.warning(request, _("Nothing was done."))
    return own_url


def _erase(request: HttpRequest, comment: Comment) -> None:
    """Erase a comment if the box beside the button is ticked: it cannot be undone."""
    if "for_good" not in request.POST:
        messages.warning(request, _("Nothing was erased. Tick the box first, because erasing cannot be undone."))
    elif steps.erase(comment, by=actions.require_moderator(request)):
        messages.success(request, _("The comment was erased for good."))
    else:
        messages.warning(request, _("The comment had been erased already."))


def _context(request: HttpRequest, comment: Comment, form: WriterBanForm) -> dict[str, Any]:
    [card] = cards.build([comment])
    replies = Comment.objects.descendants_of(comment)
    total = replies.count()
    is_public = Comment.objects.public().filter(pk=comment.pk).exists()
    waiting = Comment.objects.waiting()
    events = comment.events.select_related("actor").order_by("-pk")
    offered = actions.offered(comment)
    return {
        **admin.site.each_context(request),
        "title": _("A comment by %(name)s") % {"name": comment.name} if comment.name else _("A comment"),
        "opts": Comment._meta,
        "card": card,
        "comment": comment,
        "visibility": labels.describe_visibility(comment, is_public=is_public),
        "actions": [(name, action) for name, action in offered if total or name != "remove_with_replies"],
        "is_public": is_public,
        "replies": replies.filter(parent=comment).order_by("path").defer("html")[:MAX_REPLIES],
        "reply_counts": labels.describe_replies(total, replies.counted().count()) if total else "",
        "history": [HistoryEntry(event, labels.describe_event(event)) for event in events],
        "revisions": comment.revisions.order_by("-pk"),
        "bans": [(ban, labels.describe_ban(ban)) for ban in card.bans],
        "form": form,
        "can_ban_writer": banning.can_ban_writer(comment),
        "done": actions.finished_batch(request.GET.get("done", "")),
        "next": waiting.filter(pk__gt=comment.pk).first() or waiting.exclude(pk=comment.pk).first(),
        "is_erased": comment.state == Comment.State.ERASED,
    }
