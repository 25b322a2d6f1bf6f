"""The moderation queue: waiting comments, spam and rejected comments, read and decided on one page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from comments.admin import actions, cards, writer_bans
from comments.models import Comment
from comments.threads import ids

PER_PAGE = 25


@dataclass(frozen=True)
class Tab:
    """Waiting comments are listed oldest first. Decided ones are listed newest first, to find mistakes sooner."""

    state: str
    label: StrPromise
    empty: StrPromise
    newest_first: bool = True


TABS = [
    Tab(
        Comment.State.PENDING,
        gettext_lazy("Waiting"),
        gettext_lazy("No comment is waiting. All of them have been decided on."),
        newest_first=False,
    ),
    Tab(Comment.State.SPAM, gettext_lazy("Spam"), gettext_lazy("There is no spam.")),
    Tab(Comment.State.REJECTED, gettext_lazy("Rejected"), gettext_lazy("No comment has been rejected.")),
]


@dataclass(frozen=True)
class QueuePosition:
    """A page of the queue: its tab, and the primary key of the last comment before it."""

    tab: Tab
    after: int | None

    def url(self, **params: str) -> str:
        query = {} if self.tab is TABS[0] else {"state": str(self.tab.state)}
        if self.after is not None:
            query["after"] = ids.encode(self.after)
        query |= params
        return reverse("admin:comments_comment_queue") + (f"?{urlencode(query)}" if query else "")


def view(request: HttpRequest) -> HttpResponse:
    """Show a page of the queue. A POST performs an action and redirects back to the page."""
    if not request.user.has_perm(actions.VIEW):
        raise PermissionDenied
    position = _position(request)
    if request.method == "POST":
        return HttpResponseRedirect(_perform(request, position))
    return TemplateResponse(request, "admin/comments/comment/queue.html", _context(request, position))


def _position(request: HttpRequest) -> QueuePosition:
    state, after = request.GET.get("state"), request.GET.get("after", "")
    tab = next((tab for tab in TABS if tab.state == state), TABS[0])
    try:
        return QueuePosition(tab, ids.decode(after))
    except ValueError:
        return QueuePosition(tab, None)


def _perform(request: HttpRequest, position: QueuePosition) -> str:
    """Perform the action of the pressed button; return the URL to redirect to.

    The value of a button is the name of an action. On a card, a colon and the comment's primary key follow.
    """
    actions.require_moderator(request)
    if "undo" in request.POST:
        actions.undo(request, request.POST["undo"])
        return position.url()
    name, _colon, pk = request.POST.get("action", "").partition(":")
    selected = actions.parse_ids([pk] if pk else request.POST.getlist("selected"))
    comments = list(Comment.objects.filter(pk__in=selected))
    reason = request.POST.get(f"reason-{pk}" if pk else "reason", "")
    if not comments:
        messages.warning(request, _("Nothing was done. Select a comment first."))
    elif name == "hold":
        writer_bans.ban_writer(request, comments[0], reason=actions.clean_reason(reason))
    elif name in actions.DECISIONS:
        batch = actions.perform(request, name, comments, reason)
        return position.url(done=str(batch)) if batch else position.url()
    else:
        messages.warning(request, _("Nothing was done."))
    return position.url()


def _context(request: HttpRequest, position: QueuePosition) -> dict[str, Any]:
    tab, after = position.tab, position.after
    found = cards.comments_for_cards().filter(state=tab.state)
    if after is not None:
        found = found.filter(pk__lt=after) if tab.newest_first else found.filter(pk__gt=after)
    comments = list(found.order_by("-pk" if tab.newest_first else "pk")[: PER_PAGE + 1])
    shown = comments[:PER_PAGE]
    has_more = len(comments) > PER_PAGE
    offered = actions.offered(Comment(state=tab.state))
    return {
        **admin.site.each_context(request),
        "title": _("Comments to decide on"),
        "opts": Comment._meta,
        "tabs": [(each, QueuePosition(each, None).url()) for each in TABS],
        "tab": tab,
        "cards": cards.build(shown),
        "actions": [(name, action) for name, action in offered if name in actions.DECISIONS],
        "done": actions.finished_batch(request.GET.get("done", "")),
        "waiting": Comment.objects.waiting().count(),
        "first_url": "" if after is None else QueuePosition(tab, None).url(),
        "next_url": QueuePosition(tab, shown[-1].pk).url() if has_more else "",
        "page_url": position.url(),
        "select_all_url": position.url(select="all"),
        "is_all_selected": request.GET.get("select") == "all",
    }
