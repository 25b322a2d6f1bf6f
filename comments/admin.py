"""Moderation: comments are read, removed and restored here, never written or edited."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from comments import moderation
from comments.models import Comment, CommentEvent, Discussion


class ReasonForm(ActionForm):
    reason = forms.CharField(label=_("Reason:"), required=False, max_length=300)


class CommentEventInline(admin.TabularInline[CommentEvent, Comment]):
    model = CommentEvent
    fields = ("at", "from_state", "to_state", "actor", "reason")
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see the comment may see what became of it."""
        return request.user.has_perm("comments.view_comment")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin[Comment]):
    list_display = ["excerpt", "name", "state", "post", "created_at"]
    list_filter = ["state"]
    search_fields = ["name", "source"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    list_select_related = ["discussion__post__blog"]
    show_full_result_count = False  # it counts the whole table for every page
    fields = ["post", "name", "person", "source", "state", "shown", "created_at", "language"]
    inlines = [CommentEventInline]
    actions = ["remove", "restore"]
    action_form = ReasonForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        """The list offers its actions to moderators; a single comment is only shown: nobody edits another's words."""
        return obj is None and super().has_change_permission(request)

    @admin.display(description=_("text"))
    def excerpt(self, comment: Comment) -> str:
        return Truncator(comment.source).chars(80)

    @admin.display(description=_("post"))
    def post(self, comment: Comment) -> str:
        return str(comment.discussion.post)

    @admin.action(description=_("Remove from the page"), permissions=["change"])
    def remove(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        done = _take_step(moderation.remove, request, comments)
        self._report(
            request, ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", done), done
        )

    @admin.action(description=_("Restore to the page"), permissions=["change"])
    def restore(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        done = _take_step(moderation.restore, request, comments)
        self._report(
            request, ngettext("%(count)d comment was restored.", "%(count)d comments were restored.", done), done
        )

    def _report(self, request: HttpRequest, sentence: str, count: int) -> None:
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS if count else messages.WARNING)


def _take_step(step: Callable[..., bool], request: HttpRequest, comments: QuerySet[Comment]) -> int:
    """Take a step of `moderation` with each comment; how many of them it changed."""
    by, reason = _moderator(request), request.POST.get("reason", "")[:300]
    return sum(step(comment, by=by, reason=reason) for comment in comments.order_by("pk"))


def _moderator(request: HttpRequest) -> User:
    """Whoever reached an action of the admin is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@admin.register(Discussion)
class DiscussionAdmin(admin.ModelAdmin[Discussion]):
    list_display = ["post", "state", "closes_at", "count"]
    list_filter = ["state"]
    search_fields = ["post__title"]
    list_select_related = ["post"]
    ordering = ["-pk"]
    fields = ["post", "state", "closes_at", "count"]
    readonly_fields = ["post", "count"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Discussion | None = None) -> bool:
        """A discussion goes with its post, so that is the permission which counts. By itself it cannot go."""
        return request.user.has_perm("blog.delete_post")

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise PermissionDenied

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {"show_delete": False, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Discussion, form: Any, change: bool) -> None:
        """Only what the form holds: a whole row would put back the count of before."""
        obj.save(update_fields=["state", "closes_at"])
