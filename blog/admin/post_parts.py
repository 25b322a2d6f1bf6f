"""The parts of a post in its form: somebody else's words, their credits, and videos."""

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
    "The author has confirmed these words. If you edit more than their typography, readers keep seeing the confirmed "
    "version until the author says yes again, or until you choose to show yours."
)


class RepostInline(admin.StackedInline[Repost, Post]):
    """Always shown, empty for a post without a repost: the Markdown editor does not start if a script adds it later."""

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
                "description": gettext_lazy("On what basis you may show these words. Readers see it below them."),
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
        """Warn the host before they edit words that the author has confirmed."""
        (name, options), *rest = super().get_fieldsets(request, obj)
        if obj and obj.passage and obj.passage.covered_id:
            options = options | {"description": COVERED}
        return [(name, options), *rest]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the post sees its parts, because they decide whether it may be published

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
        """Name the inputs for screen readers, which do not read the column headings. The chooser uses the title."""
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
            {"fields": ["page_url", "file", "title", "ai_origin", "part", "in_text", "warned"]},
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
        """Use the form fields that check uploaded videos and captions."""
        form_classes = {"file": VideoFileField, "captions": CaptionsField}
        if form_class := form_classes.get(db_field.name):
            kwargs["form_class"] = form_class
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # see RepostInline
