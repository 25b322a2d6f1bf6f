"""The parts of a post in its form: somebody else's words, whose they are, and videos."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import Field as FormField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.forms import PartFormSet, RepostForm, RepostFormSet, VideoForm
from blog.models import Blog, Credit, PermissionEvent, Post, Repost, Video
from blog.pictures import PictureField


class RepostInline(admin.StackedInline[Repost, Post]):
    """Always there, empty for a post without a repost: an editor that a script adds later stays dead."""

    model = Repost
    form = RepostForm
    formset = RepostFormSet
    extra = max_num = 1
    verbose_name = gettext_lazy("Somebody else’s words")
    readonly_fields = ["standing", "ledger"]
    fieldsets = [
        (
            None,
            {
                "fields": ["text", "language"],
                "description": gettext_lazy("Leave this part empty for a post with only your own words."),
            },
        ),
        (
            gettext_lazy("Where the words come from"),
            {
                "fields": ["medium", ("source_title", "source_date"), "source_url", ("extent", "alterations")],
            },
        ),
        (
            gettext_lazy("Permission"),
            {
                "fields": [
                    "basis",
                    "note",
                    ("granted_on", "expires_on"),
                    ("licence_name", "licence_url"),
                    "standing",
                    "ledger",
                ],
                "description": gettext_lazy("On what ground you may show these words. Readers see it under them."),
            },
        ),
    ]

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "language":
            field.initial = Blog.load().language
        return field

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # who sees the post sees its parts; whether it may be published hangs on them

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        has_ledger = obj is not None and obj.passage is not None and obj.passage.state != Repost.State.NONE
        return not has_ledger and super().has_delete_permission(request, obj)

    @admin.display(description=gettext_lazy("Stands as"))
    def standing(self, repost: Repost) -> str:
        """The state in words, with the step that the host can take from it."""
        if repost.state in Repost.STATES_IN_FORCE:
            state = _("expired") if repost.has_expired else repost.get_state_display()
            return _with_step(repost, state, "withdraw", _("Withdraw the permission…"))
        if repost.state == Repost.State.WITHDRAWN:
            return _with_step(repost, repost.get_state_display(), "restore", _("Restore the permission…"))
        if repost.state == Repost.State.NONE:
            return _("Nothing stated yet. Publishing enters the basis above into the ledger, in your name.")
        return repost.get_state_display()

    @admin.display(description=gettext_lazy("Ledger"))
    def ledger(self, repost: Repost) -> str:
        """Every step of the permission, the latest first."""
        events = repost.events.order_by("-number") if repost.pk else PermissionEvent.objects.none()
        lines = format_html_join("", "<li>{}</li>", ([_line(event)] for event in events))
        return format_html('<ol class="ledger" reversed>{}</ol>', lines) if lines else "–"


class CreditInline(admin.TabularInline[Credit, Post]):
    model = Credit
    formset = PartFormSet
    extra = 1
    verbose_name_plural = gettext_lazy("Credits: whose words these are")
    autocomplete_fields = ["person"]
    fields = ["person", "role", "position"]

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        """With a name for screen readers: the heads of the columns are none to them. The chooser takes the title."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and field.label:
            field.widget.attrs |= {"aria-label": field.label, "title": field.label}
        return field

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # see RepostInline


class VideoInline(admin.StackedInline[Video, Post]):
    model = Video
    form = VideoForm
    formset = PartFormSet
    extra = 1
    formfield_overrides = {models.ImageField: {"form_class": PictureField}}
    fieldsets = [
        (None, {"fields": ["page_url", "title", ("part", "ai_origin")]}),
        (
            gettext_lazy("Poster and transcript"),
            {"fields": ["poster", "poster_alt", "transcript", "position"], "classes": ["collapse"]},
        ),
    ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # see RepostInline


def _with_step(repost: Repost, state: str, step: str, label: str) -> SafeString:
    address = reverse("admin:blog_post_permission", args=[repost.post_id, step])
    return format_html('{} · <a href="{}">{}</a>', state, address, label)


def _line(event: PermissionEvent) -> SafeString:
    moment = localtime(event.at)
    step = event.get_kind_display()
    if event.from_state != event.to_state:
        step = f"{event.get_from_state_display()} → {event.get_to_state_display()}"
    note = f" · “{event.note}”" if event.note else ""
    words = f"{step} · {event.actor_name or event.get_actor_display()}{note}"
    return format_html('<time datetime="{}">{}</time> · {}', moment.isoformat(), f"{moment:%Y-%m-%d %H:%M}", words)
