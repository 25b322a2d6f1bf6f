"""The list of all comments, to find, read, remove and restore them. Nobody writes or edits a comment here."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from comments.admin import actions, cards, comment_page, queue
from comments.models import Comment, CommentEvent

ListAction = Callable[["CommentAdmin", HttpRequest, QuerySet[Comment]], HttpResponse]


class ReasonForm(ActionForm):
    reason = forms.CharField(label=_("Reason:"), required=False, max_length=CommentEvent.REASON_LENGTH)


class CommentList(ChangeList):
    """Its rows link to the page of a comment. Does not load the bodies of posts."""

    def url_for_result(self, result: Model) -> str:
        return reverse("admin:comments_comment_decide", args=[result.pk])

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Comment]:
        return super().get_queryset(*args, **kwargs).defer("html", *cards.DEFERRED)

    def get_results(self, request: HttpRequest) -> None:
        """Treat a number in a filter that is too large for the database as an invalid filter, not as a server error."""
        try:
            super().get_results(request)
        except (OverflowError, ValueError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


def list_action(name: str) -> ListAction:
    """An action of the table in the form in which Django's admin offers it for the selected rows."""

    def perform(model_admin: "CommentAdmin", request: HttpRequest, comments: QuerySet[Comment]) -> HttpResponse:
        batch = actions.perform(request, name, comments, request.POST.get("reason", ""))
        return HttpResponseRedirect(_same_list(request, {"done": str(batch)} if batch else {}))

    perform.__name__ = name
    return admin.action(description=actions.ACTIONS[name].label, permissions=["change"])(perform)


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin[Comment]):
    list_display = ["excerpt", "name", "state", "post", "created_at"]
    list_filter = ["state"]
    search_fields = ["name", "source", "email__iexact"]  # part of an email finds nobody
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    list_select_related = ["discussion__post__blog"]
    show_full_result_count = False  # that would count the whole table for every page
    actions = [list_action(name) for name in actions.ACTIONS]
    action_form = ReasonForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CommentList

    @admin.display(description=_("text"))
    def excerpt(self, comment: Comment) -> str:
        return Truncator(comment.source).chars(80) or "–"

    @admin.display(description=_("post"))
    def post(self, comment: Comment) -> str:
        return str(comment.discussion.post)

    # --- Its pages

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("queue/", wrap(queue.view), name="comments_comment_queue"),
            path("<int:pk>/decide/", wrap(comment_page.view), name="comments_comment_decide"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the latest batch too. Its URL parameter is not a filter of the list."""
        batch, query = request.GET.get("done", ""), request.GET.copy()
        query.pop("done", None)
        request.GET = query  # type: ignore[assignment]
        if request.method == "POST":
            actions.drop_invalid_ids(request)
            if "undo" in request.POST:
                actions.undo(request, request.POST["undo"])
                return HttpResponseRedirect(_same_list(request, {}))
        extra = {"title": _("All comments"), "done": actions.finished_batch(batch), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Redirect to the moderators' page of the comment. Nobody edits the text of another person."""
        if request.method == "POST" or not self.has_view_or_change_permission(request):
            raise PermissionDenied
        comment = self.get_object(request, object_id)
        if comment is None:
            raise Http404
        return redirect(comment_page.url(comment))


def _same_list(request: HttpRequest, params: dict[str, str]) -> str:
    """The URL of the list with its present filters and further parameters."""
    query = request.GET.copy()
    query.update(params)
    return f"{request.path}?{query.urlencode()}" if query else request.path
