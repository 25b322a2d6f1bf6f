"""The videos of all posts and whether they are still available. They are edited in the form of their post."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from blog.admin.filters import Availability, Provider, provider_name
from blog.models import Video
from blog.videos import availability
from blog.videos.references import UPLOAD
from core.admin import ReadOnlyAdmin


class VideoList(ChangeList):
    """Defers transcripts and the texts of posts."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        row = ("title", "page_url", "file", "provider", "provider_host", "provider_id", "start", "post__title")
        state = ("status", "unavailable_since", "checked_at", "failures")
        return super().get_queryset(*args, **kwargs).select_related("post").only(*row, *state)


@admin.register(Video)
class VideoAdmin(ReadOnlyAdmin[Video]):
    list_display = ["__str__", "post_link", "provider_label", "status", "unavailable_since", "checked_at", "not_found"]
    list_filter = [Availability, Provider]
    search_fields = ["title", "page_url", "post__title", "creator"]
    ordering = ["-unavailable_since", "-pk"]
    actions = ["check_now"]
    fields = [
        "post_link", "title", "page_url", "provider_label", "duration", "uploaded_on", "creator", "poster",
        "archive_url", "status", "unavailable_since", "checked_at", "check_at", "not_found",
    ]  # fmt: skip
    readonly_fields = ["post_link", "provider_label", "not_found"]

    @admin.display(description=_("post"), ordering="post__title")
    def post_link(self, video: Video) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:blog_post_change", args=[video.post_id]), video.post)

    @admin.display(description=_("provider"), ordering="provider")
    def provider_label(self, video: Video) -> str:
        return provider_name(UPLOAD) if video.provider == UPLOAD else video.reference.provider_name

    @admin.display(description=_("times not found"), ordering="failures")
    def not_found(self, video: Video) -> str:
        return str(video.failures or "–")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return VideoList

    @admin.action(description=_("Check the selected videos now"), permissions=["check"])
    def check_now(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        count = availability.enqueue_checks(queryset)
        if not count:
            self.message_user(request, _("None of these videos is at a provider that can be asked."), messages.WARNING)
            return
        message = ngettext("%d video is being checked.", "%d videos are being checked.", count) % count
        self.message_user(request, message, messages.SUCCESS)

    def has_check_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("blog.change_video")
