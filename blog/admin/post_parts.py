"""The parts of a post in its form: somebody else's words, whose they are, and videos."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import Field as FormField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from blog.models import Blog, Credit, Post, Repost, Video
from blog.publishing.forms import CreditFormSet, RepostForm, RepostFormSet, VideoForm
from blog.publishing.video_forms import VideoFormSet
from blog.videos.file_fields import CaptionsField, VideoFileField
from core.files.images import PictureField

COVERED = gettext_lazy(
    "The author said yes to these words. If you edit more than their typography, readers keep seeing the confirmed "
    "ones until the author says yes again, or until you go back to your own word."
)


class RepostInline(admin.StackedInline[Repost, Post]):
    """Always there, empty for a post without a repost: an editor that a script adds later stays dead."""

    model = Repost
    form = RepostForm
    formset = RepostFormSet
    extra = max_num = 1
    verbose_name = gettext_lazy("Somebody else’s words")
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
                    "licence",
                    ("licence_name", "licence_url"),
                    "note",
                    ("granted_on", "expires_on"),
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

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Said before the host edits what the author has said yes to."""
        (name, options), *rest = super().get_fieldsets(request, obj)
        if obj and obj.passage and obj.passage.covered_id:
            options = options | {"description": COVERED}
        return [(name, options), *rest]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # who sees the post sees its parts; whether it may be published hangs on them

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        has_ledger = obj is not None and obj.passage is not None and obj.passage.state != Repost.State.NONE
        return not has_ledger and super().has_delete_permission(request, obj)


class CreditInline(admin.TabularInline[Credit, Post]):
    model = Credit
    formset = CreditFormSet
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
    formset = VideoFormSet
    extra = 1
    classes = ["videos"]
    formfield_overrides = {models.ImageField: {"form_class": PictureField}}
    fieldsets = [
        (
            None,
            {"fields": ["page_url", "file", "title", "ai_origin", "part", "stands_in", "asked"]},
        ),
        (
            gettext_lazy("Credit"),
            {
                "fields": [("creator", "creator_url"), ("licence_name", "licence_url"), "note"],
                "classes": ["collapse"],
            },
        ),
        (
            gettext_lazy("Poster, transcript, captions and dates"),
            {
                "fields": [
                    ("poster", "poster_alt"),
                    "transcript",
                    ("captions", "captions_language"),
                    ("duration", "uploaded_on"),
                    "archive_url",
                    "position",
                ],
                "classes": ["collapse"],
            },
        ),
    ]

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        """With the doors through which our own files come in."""
        doors = {"file": VideoFileField, "captions": CaptionsField}
        if door := doors.get(db_field.name):
            kwargs["form_class"] = door
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # see RepostInline
