"""How long, and on what terms, something may be said under a post."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrPromise

from blog.models import Blog
from comments.admin.actions import keep_numbers
from comments.admin.forms import DiscussionForm
from comments.models import Discussion
from comments.moderation import closing

State = Discussion.State


@dataclass(frozen=True)
class Act:
    label: StrPromise
    done: Callable[[int], str]
    step: Callable[[Iterable[Discussion]], int]
    fits: Callable[[Discussion], bool]


ACTS: Mapping[str, Act] = {
    "close": Act(
        label=gettext_lazy("Close now"),
        done=lambda count: ngettext("%(count)d discussion was closed.", "%(count)d discussions were closed.", count),
        step=closing.close,
        fits=lambda discussion: discussion.is_open,
    ),
    "reopen": Act(
        label=gettext_lazy("Reopen"),
        done=lambda count: ngettext(
            "%(count)d discussion is open again, and stays open.",
            "%(count)d discussions are open again, and stay open.",
            count,
        ),
        step=closing.reopen,
        fits=lambda discussion: not discussion.is_open,
    ),
}


def action(name: str) -> Callable[..., None]:
    """An act of the table as Django's admin offers it for what is ticked in the list."""

    def take(model_admin: Any, request: HttpRequest, discussions: QuerySet[Discussion]) -> None:
        _take(request, name, discussions)

    take.__name__ = name
    return admin.action(description=ACTS[name].label, permissions=["change"])(take)


@admin.register(Discussion)
class DiscussionAdmin(admin.ModelAdmin[Discussion]):
    form = DiscussionForm
    list_display = ["post", "standing", "holds", "count"]
    list_filter = ["state", "hold"]
    search_fields = ["post__title"]
    ordering = ["-pk"]
    fields = ["post", "standing", "state", "closes_at", "stays_open", "hold", "count"]
    readonly_fields = ["post", "standing", "count"]
    actions = [action(name) for name in ACTS]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Discussion]:
        """With what they ask of their posts and the blog, without any body."""
        found = super().get_queryset(request).select_related("post__blog")
        return found.defer("post__introduction", "post__introduction_html", "post__body", "post__body_html")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Discussion | None:
        """None for a number that no database holds: it comes from an address."""
        try:
            return super().get_object(request, object_id, from_field)
        except OverflowError:
            return None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Discussion | None = None) -> bool:
        """A discussion goes with its post, so that is the permission which counts. By itself it cannot go."""
        return request.user.has_perm("blog.delete_post")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    @admin.display(description=gettext_lazy("now"))
    def standing(self, discussion: Discussion) -> str:
        return in_words(discussion)

    @admin.display(description=gettext_lazy("what waits for a moderator"), ordering="hold")
    def holds(self, discussion: Discussion) -> str:
        return str(Blog.Hold(discussion.holds).label)

    # --- Its pages

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(self.act_view)
        return [path("<int:pk>/act/<str:name>/", act, name="comments_discussion_act"), *super().get_urls()]

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Close or reopen one; a GET only leads to its settings."""
        if name not in ACTS:
            raise Http404
        # Asked by the post's own number: on SQLite a foreign key fails on one that is too large.
        discussion = get_object_or_404(self.get_queryset(request), post__pk=pk)
        if not self.has_change_permission(request, discussion):
            raise PermissionDenied
        if request.method == "POST":
            _take(request, name, [discussion])
        return redirect("admin:comments_discussion_change", pk)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise PermissionDenied

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            keep_numbers(request)
        return super().changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {"show_delete": False, **(extra_context or {})})

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Discussion | None = None,
    ) -> HttpResponse:
        """With what can be done at once, whatever else is typed in the form."""
        context["discussion_acts"] = [(name, act) for name, act in ACTS.items() if obj and act.fits(obj)]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Discussion, form: Any, change: bool) -> None:
        closing.save_settings(obj)


def in_words(discussion: Discussion) -> str:
    """“open until Dec. 20, 2026, noon”."""
    if discussion.state != State.OPEN:
        return discussion.get_state_display()
    if discussion.end is None:
        return _("open")
    date = date_format(localtime(discussion.end), "DATETIME_FORMAT")
    return (_("open until %(date)s") if discussion.is_open else _("closed since %(date)s")) % {"date": date}


def _take(request: HttpRequest, name: str, discussions: Iterable[Discussion]) -> None:
    count = ACTS[name].step(discussions)
    level = messages.SUCCESS if count else messages.WARNING
    messages.add_message(request, level, ACTS[name].done(count) % {"count": count})
