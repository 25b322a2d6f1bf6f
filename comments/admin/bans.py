"""The list of bans. Words and domains are added here; writers are banned from the page of a comment."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from comments.admin import actions, comment_page
from comments.admin.forms import BanForm
from comments.models import Ban
from comments.moderation import banning


@admin.register(Ban)
class BanAdmin(admin.ModelAdmin[Ban]):
    """Everybody who may change comments may change bans too."""

    form = BanForm
    list_display = ["target", "kind", "mode", "until", "reason", "created_by", "created_at"]
    list_filter = ["kind", "mode"]
    search_fields = ["value", "reason"]
    list_select_related = ["comment", "created_by"]
    ordering = ["-pk"]
    actions = ["lift"]

    def has_view_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return super().has_view_permission(request, obj) or request.user.has_perm(actions.CHANGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) or request.user.has_perm(actions.CHANGE)

    def has_change_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return super().has_change_permission(request, obj) or request.user.has_perm(actions.CHANGE)

    def has_delete_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return super().has_delete_permission(request, obj) or request.user.has_perm(actions.CHANGE)

    def get_fields(self, request: HttpRequest, obj: Ban | None = None) -> Any:
        target = ["kind", "value"] if _is_of_word(obj) else ["kind", "writer"]
        return [*target, "mode", "until", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Ban | None = None) -> list[str]:
        return [] if _is_of_word(obj) else ["kind", "writer"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # a link must not prefill a ban that somebody then saves

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        available: dict[str, Any] = super().get_actions(request)
        available.pop("delete_selected", None)  # does the same as `lift`, after a confirmation page
        return available

    @admin.display(description=_("word, domain or person"))
    def target(self, ban: Ban) -> str:
        return ban.value or _writer_name(ban)

    @admin.display(description=_("person"))
    def writer(self, ban: Ban) -> str:
        if ban.comment is None:
            return "–"
        return format_html('<a href="{}">{}</a>', comment_page.url(ban.comment), _writer_name(ban))

    @admin.action(description=_("Lift the selected bans"), permissions=["delete"])
    def lift(self, request: HttpRequest, bans: QuerySet[Ban]) -> None:
        selected = list(bans)
        for ban in selected:
            banning.lift(ban)
        sentence = ngettext("%(count)d ban was lifted.", "%(count)d bans were lifted.", len(selected))
        self.message_user(request, sentence % {"count": len(selected)}, messages.SUCCESS)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            actions.drop_invalid_ids(request)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Ban, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user if isinstance(request.user, User) else None
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Ban) -> None:
        banning.lift(obj)


def _is_of_word(ban: Ban | None) -> bool:
    return ban is None or ban.kind in banning.WORD_KINDS


def _writer_name(ban: Ban) -> str:
    """The name on the comment that caused a ban, or the comment's public id if it was erased."""
    if ban.comment is None:
        return "–"
    return ban.comment.name or ban.comment.public_id
