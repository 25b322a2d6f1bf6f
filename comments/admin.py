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
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from comments import moderation
from comments.models import Comment, CommentEvent, CommentRevision, Discussion


class ReasonForm(ActionForm):
    reason = forms.CharField(label=_("Reason:"), required=False, max_length=300)


class RecordInline(admin.TabularInline[Any, Comment]):
    """What is kept of a comment. Whoever may see the comment may see it, and nobody changes it."""

    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("comments.view_comment")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CommentEventInline(RecordInline):
    model = CommentEvent
    fields = ("at", "from_state", "to_state", "replies", "actor", "reason")


class CommentRevisionInline(RecordInline):
    model = CommentRevision
    fields = ("at", "source")


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin[Comment]):
    list_display = ["excerpt", "name", "state", "post", "created_at"]
    list_filter = ["state"]
    search_fields = ["name", "source"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    list_select_related = ["discussion__post__blog"]
    show_full_result_count = False  # it counts the whole table for every page
    fields = [
        "post",
        "name",
        "person",
        "user",
        "badge",
        "source",
        "state",
        "hides_replies",
        "shown",
        "created_at",
        "edited_at",
        "language",
    ]
    inlines = [CommentRevisionInline, CommentEventInline]
    actions = ["remove", "remove_with_replies", "show_replies", "restore"]
    action_form = ReasonForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        """The list offers its actions to moderators; a single comment is only shown: nobody edits another's words."""
        return obj is None and super().has_change_permission(request)

    def get_urls(self) -> list[URLPattern]:
        # Stand-ins for the moderators' queue, so that its mail can name the pages before they are there.
        view = self.admin_site.admin_view(self.changelist_view)
        return [
            path("queue/", view, name="comments_comment_queue"),
            path("<int:number>/decide/", view, name="comments_comment_decide"),
            *super().get_urls(),
        ]

    @admin.display(description=_("text"))
    def excerpt(self, comment: Comment) -> str:
        return Truncator(comment.source).chars(80)

    @admin.display(description=_("post"))
    def post(self, comment: Comment) -> str:
        return str(comment.discussion.post)

    @admin.action(description=_("Remove from the page"), permissions=["change"])
    def remove(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        done = _take_step(moderation.remove, request, comments)
        sentence = ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", len(done))
        self._report(request, sentence, done)

    @admin.action(description=_("Remove with all replies"), permissions=["change"])
    def remove_with_replies(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        done = _take_step(moderation.remove_with_replies, request, comments)
        sentence = ngettext(
            "%(count)d comment was removed with all replies.",
            "%(count)d comments were removed with all replies.",
            len(done),
        )
        self._report(request, sentence, done)

    @admin.action(description=_("Show the replies again"), permissions=["change"])
    def show_replies(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        done = _take_step(moderation.show_replies, request, comments)
        sentence = ngettext(
            "The replies to %(count)d comment are shown again.",
            "The replies to %(count)d comments are shown again.",
            len(done),
        )
        self._report(request, sentence, done)

    @admin.action(description=_("Restore to the page, replies too"), permissions=["change"])
    def restore(self, request: HttpRequest, comments: QuerySet[Comment]) -> None:
        done = _take_step(moderation.restore, request, comments)
        sentence = ngettext("%(count)d comment was restored.", "%(count)d comments were restored.", len(done))
        self._report(request, sentence, done)

    def _report(self, request: HttpRequest, sentence: str, done: list[int]) -> None:
        """What was done, and the way to undo it: the list of these comments, whatever the list was filtered by."""
        sentence %= {"count": len(done)}
        if not done:
            self.message_user(request, sentence, messages.WARNING)
            return
        query = urlencode({"id__in": ",".join(map(str, done))})
        link = f"{reverse('admin:comments_comment_changelist')}?{query}"
        text = _("List them, to undo this or to look again")
        self.message_user(request, format_html('{} <a href="{}">{}</a>', sentence, link, text), messages.SUCCESS)


def _take_step(step: Callable[..., bool], request: HttpRequest, comments: QuerySet[Comment]) -> list[int]:
    """Take a step of `moderation` with each comment; the numbers of those that it changed."""
    by, reason = _moderator(request), request.POST.get("reason", "")[:300]
    return [comment.pk for comment in comments.order_by("pk") if step(comment, by=by, reason=reason)]


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
