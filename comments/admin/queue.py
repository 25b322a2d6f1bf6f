"""What waits for a moderator, and what was called spam or rejected: read and decided on one page."""

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

from comments.admin import actions, cards, hold
from comments.models import Comment
from comments.threads import ids

PER_PAGE = 25


@dataclass(frozen=True)
class Tab:
    """What waits is read from its beginning; what was decided, from its end: mistakes are found sooner."""

    state: str
    label: StrPromise
    empty: StrPromise
    newest_first: bool = True


TABS = [
    Tab(
        Comment.State.PENDING,
        gettext_lazy("Waiting"),
        gettext_lazy("Nothing waits. All comments have been decided on."),
        newest_first=False,
    ),
    Tab(Comment.State.SPAM, gettext_lazy("Spam"), gettext_lazy("There is no spam.")),
    Tab(Comment.State.REJECTED, gettext_lazy("Rejected"), gettext_lazy("No comment has been rejected.")),
]


@dataclass(frozen=True)
class Place:
    """A page of the queue: a tab, and the number of the last comment before it."""

    tab: Tab
    after: int | None

    def address(self, **more: str) -> str:
        query = {} if self.tab is TABS[0] else {"state": str(self.tab.state)}
        if self.after is not None:
            query["after"] = ids.encode(self.after)
        query |= more
        return reverse("admin:comments_comment_queue") + (f"?{urlencode(query)}" if query else "")


def view(request: HttpRequest) -> HttpResponse:
    """A page of the queue; a POST decides, and leads back to it."""
    if not request.user.has_perm(actions.VIEW):
        raise PermissionDenied
    place = _place(request)
    if request.method == "POST":
        return HttpResponseRedirect(_decide(request, place))
    return TemplateResponse(request, "admin/comments/comment/queue.html", _context(request, place))


def _place(request: HttpRequest) -> Place:
    state, after = request.GET.get("state"), request.GET.get("after", "")
    tab = next((tab for tab in TABS if tab.state == state), TABS[0])
    try:
        return Place(tab, ids.decode(after))
    except ValueError:
        return Place(tab, None)


def _decide(request: HttpRequest, place: Place) -> str:
    """Do what the pressed button says; where that leads to."""
    actions.moderator(request)
    if "undo" in request.POST:
        actions.undo(request, request.POST["undo"])
        return place.address()
    name, _colon, number = request.POST.get("action", "").partition(":")
    chosen = actions.numbers([number] if number else request.POST.getlist("selected"))
    comments = list(Comment.objects.filter(pk__in=chosen))
    reason = request.POST.get(f"reason-{number}" if number else "reason", "")
    if not comments:
        messages.warning(request, _("Nothing was done: choose a comment first."))
    elif name == "hold":
        hold.hold(request, comments[0], reason=actions.tidy(reason))
    elif name in actions.DECISIONS:
        batch = actions.take(request, name, comments, reason)
        return place.address(done=str(batch)) if batch else place.address()
    else:
        messages.warning(request, _("Nothing was done."))
    return place.address()


def _context(request: HttpRequest, place: Place) -> dict[str, Any]:
    found = cards.rows().filter(state=place.tab.state)
    if place.after is not None:
        found = found.filter(pk__lt=place.after) if place.tab.newest_first else found.filter(pk__gt=place.after)
    comments = list(found.order_by("-pk" if place.tab.newest_first else "pk")[: PER_PAGE + 1])
    shown = comments[:PER_PAGE]
    has_more = len(comments) > PER_PAGE
    return {
        **admin.site.each_context(request),
        "title": _("Comments to decide on"),
        "opts": Comment._meta,
        "tabs": [(tab, Place(tab, None).address()) for tab in TABS],
        "tab": place.tab,
        "cards": cards.of(shown),
        "acts": [
            (name, act) for name, act in actions.fitting(Comment(state=place.tab.state)) if name in actions.DECISIONS
        ],
        "done": actions.done(request.GET.get("done", "")),
        "waiting": Comment.objects.waiting().count(),
        "first": "" if place.after is None else Place(place.tab, None).address(),
        "next": Place(place.tab, shown[-1].pk).address() if has_more else "",
        "here": place.address(),
        "all_selected": place.address(select="all"),
        "is_all_selected": request.GET.get("select") == "all",
    }
