"""Discussions: whether they are open, until when, and which comments wait for a moderator."""

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
from comments.admin.actions import drop_invalid_ids
from comments.admin.forms import DiscussionForm
from comments.models import Discussion
from comments.moderation import closing

State = Discussion.State


@dataclass(frozen=True)
class Action:
    label: StrPromise
    summary: Callable[[int], str]
    step: Callable[[Iterable[Discussion]], int]
    is_offered: Callable[[Discussion], bool]


ACTIONS: Mapping[str, Action] = {
    "close": Action(
        label=gettext_lazy("Close now"),
        summary=lambda count: ngettext("%(count)d discussion was closed.", "%(count)d discussions were closed.", count),
        step=closing.close,
        is_offered=lambda discussion: discussion.is_open,
    ),
    "reopen": Action(
        label=gettext_lazy("Reopen"),
        summary=lambda count: ngettext(
            "%(count)d discussion is open again and will not close by itself.",
            "%(count)d discussions are open again and will not close by themselves.",
            count,
        ),
        step=closing.reopen,
        is_offered=lambda discussion: not discussion.is_open,
    ),
}


def list_action(name: str) -> Callable[..., None]:
    """An action of the table in the form in which Django's admin offers it for the selected rows."""

    def perform(model_admin: Any, request: HttpRequest, discussions: QuerySet[Discussion]) -> None:
        _perform(request, name, discussions)

    perform.__name__ = name
    return admin.action(description=ACTIONS[name].label, permissions=["change"])(perform)


@admin.register(Discussion)
class DiscussionAdmin(admin.ModelAdmin[Discussion]):
    form = DiscussionForm
    list_display = ["post", "status", "holds", "count"]
    list_filter = ["state", "hold"]
    search_fields = ["post__title"]
    ordering = ["-pk"]
    fields = ["post", "status", "state", "closes_at", "stays_open", "hold", "count"]
    readonly_fields = ["post", "status", "count"]
    actions = [list_action(name) for name in ACTIONS]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Discussion]:
        """With their posts and the blog, without the bodies of posts."""
        found = super().get_queryset(request).select_related("post__blog")
        return found.defer("post__introduction", "post__introduction_html", "post__body", "post__body_html")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Discussion | None:
        """Return None for a number in the URL that is too large for the database."""
        try:
            return super().get_object(request, object_id, from_field)
        except OverflowError:
            return None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Discussion | None = None) -> bool:
        """A discussion is deleted only together with its post, so the permission to delete posts counts."""
        return request.user.has_perm("blog.delete_post")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        available: dict[str, Any] = super().get_actions(request)
        available.pop("delete_selected", None)
        return available

    @admin.display(description=gettext_lazy("now"))
    def status(self, discussion: Discussion) -> str:
        return describe(discussion)

    @admin.display(description=gettext_lazy("what waits for a moderator"), ordering="hold")
    def holds(self, discussion: Discussion) -> str:
        return str(Blog.Hold(discussion.holds).label)

    # --- Its pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.action_view)
        return [path("<int:pk>/act/<str:name>/", view, name="comments_discussion_act"), *super().get_urls()]

    def action_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Close or reopen a discussion. A GET only redirects to its settings."""
        if name not in ACTIONS:
            raise Http404
        # Filter by the post's own primary key: on SQLite a foreign key fails on a number that is too large.
        discussion = get_object_or_404(self.get_queryset(request), post__pk=pk)
        if not self.has_change_permission(request, discussion):
            raise PermissionDenied
        if request.method == "POST":
            _perform(request, name, [discussion])
        return redirect("admin:comments_discussion_change", pk)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise PermissionDenied

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            drop_invalid_ids(request)
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
        """Add the actions that take effect at once, whatever is typed in the form."""
        context["discussion_actions"] = [
            (name, action) for name, action in ACTIONS.items() if obj and action.is_offered(obj)
        ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request: HttpRequest, obj: Discussion, form: Any, change: bool) -> None:
        closing.save_settings(obj)


def describe(discussion: Discussion) -> str:
    """“open until Dec. 20, 2026, noon”."""
    if discussion.state != State.OPEN:
        return discussion.get_state_display()
    if discussion.end is None:
        return _("open")
    date = date_format(localtime(discussion.end), "DATETIME_FORMAT")
    return (_("open until %(date)s") if discussion.is_open else _("closed since %(date)s")) % {"date": date}


def _perform(request: HttpRequest, name: str, discussions: Iterable[Discussion]) -> None:
    count = ACTIONS[name].step(discussions)
    level = messages.SUCCESS if count else messages.WARNING
    messages.add_message(request, level, ACTIONS[name].summary(count) % {"count": count})
