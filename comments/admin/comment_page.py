"""The page of one comment for moderators: all that is known of it, and all that can be done with it.

The links in mail to moderators lead here. Looking changes nothing.
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

from comments.admin import actions, cards, hold, labels
from comments.admin.forms import HoldForm
from comments.models import Comment, CommentEvent
from comments.moderation import banning, steps

SHOWN_REPLIES = 5


@dataclass(frozen=True)
class Step:
    """A line of the history."""

    event: CommentEvent
    sentence: str


def view(request: HttpRequest, pk: int) -> HttpResponse:
    """A comment in full; a POST does something with it, and leads back here."""
    if not request.user.has_perm(actions.VIEW):
        raise PermissionDenied
    comment = get_object_or_404(cards.rows().select_related("user", "person"), pk=pk)
    form = HoldForm(request.POST) if request.POST.get("action") == "hold" else HoldForm()
    if request.method == "POST":
        actions.moderator(request)
        if not form.is_bound or form.is_valid():
            return redirect(_act(request, comment, form))
    return TemplateResponse(request, "admin/comments/comment/decide.html", _context(request, comment, form))


def address(comment: Comment) -> str:
    return reverse("admin:comments_comment_decide", args=[comment.pk])


def _act(request: HttpRequest, comment: Comment, form: HoldForm) -> str:
    """Do what the pressed button says; where that leads to."""
    here, name = address(comment), request.POST.get("action", "")
    if "undo" in request.POST:
        actions.undo(request, request.POST["undo"])
    elif form.is_bound:
        hold.hold(request, comment, **form.how)
    elif name == "erase":
        _erase(request, comment)
    elif name in actions.ACTS:
        batch = actions.take(request, name, [comment], request.POST.get("reason", ""))
        return f"{here}?done={batch}" if batch else here
    else:
        messages.warning(request, _("Nothing was done."))
    return here


def _erase(request: HttpRequest, comment: Comment) -> None:
    """Only where the box beside the button is ticked: nothing brings it back."""
    if "for_good" not in request.POST:
        messages.warning(request, _("Nothing was erased: tick the box first, because nothing brings it back."))
    elif steps.erase(comment, by=actions.moderator(request)):
        messages.success(request, _("The comment was erased for good."))
    else:
        messages.warning(request, _("It was erased already."))


def _context(request: HttpRequest, comment: Comment, form: HoldForm) -> dict[str, Any]:
    [card] = cards.of([comment])
    replies = Comment.objects.descendants_of(comment)
    total = replies.count()
    is_public = Comment.objects.public().filter(pk=comment.pk).exists()
    waiting = Comment.objects.waiting()
    return {
        **admin.site.each_context(request),
        "title": _("A comment by %(name)s") % {"name": comment.name} if comment.name else _("A comment"),
        "opts": Comment._meta,
        "card": card,
        "comment": comment,
        "standing": labels.standing(comment, is_public=is_public),
        "acts": [(name, act) for name, act in actions.fitting(comment) if total or name != "remove_with_replies"],
        "is_public": is_public,
        "replies": replies.filter(parent=comment).order_by("path").defer("html")[:SHOWN_REPLIES],
        "replies_in_words": labels.replies(total, replies.counted().count()) if total else "",
        "steps": [Step(event, labels.event(event)) for event in comment.events.select_related("actor").order_by("-pk")],
        "revisions": comment.revisions.order_by("-pk"),
        "bans": [(ban, labels.ban(ban)) for ban in card.bans],
        "form": form,
        "can_hold": banning.can_hold(comment),
        "done": actions.done(request.GET.get("done", "")),
        "next": waiting.filter(pk__gt=comment.pk).first() or waiting.exclude(pk=comment.pk).first(),
        "is_erased": comment.state == Comment.State.ERASED,
    }
