"""The videos of all posts: which of them are still there. They are edited in the form of their post."""

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

from blog.admin.filters import Place, Vanished, place_name
from blog.models import Video
from blog.videos import availability
from blog.videos.references import UPLOAD
from core.admin import ReadOnlyAdmin


class VideoList(ChangeList):
    """Reads no transcripts and no bodies of posts."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        row = ("title", "page_url", "file", "provider", "provider_host", "provider_id", "start", "post__title")
        state = ("status", "unavailable_since", "checked_at", "failures")
        return super().get_queryset(*args, **kwargs).select_related("post").only(*row, *state)


@admin.register(Video)
class VideoAdmin(ReadOnlyAdmin[Video]):
    list_display = ["__str__", "of_post", "at", "status", "unavailable_since", "checked_at", "not_found"]
    list_filter = [Vanished, Place]
    search_fields = ["title", "page_url", "post__title", "creator"]
    ordering = ["-unavailable_since", "-pk"]
    actions = ["look_again"]
    fields = [
        "of_post", "title", "page_url", "at", "duration", "uploaded_on", "creator", "poster", "archive_url",
        "status", "unavailable_since", "checked_at", "check_at", "not_found",
    ]  # fmt: skip
    readonly_fields = ["of_post", "at", "not_found"]

    @admin.display(description=_("post"), ordering="post__title")
    def of_post(self, video: Video) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:blog_post_change", args=[video.post_id]), video.post)

    @admin.display(description=_("provider"), ordering="provider")
    def at(self, video: Video) -> str:
        return place_name(UPLOAD) if video.provider == UPLOAD else video.reference.provider_name

    @admin.display(description=_("times not found"), ordering="failures")
    def not_found(self, video: Video) -> str:
        return str(video.failures or "–")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return VideoList

    @admin.action(description=_("Look again now"), permissions=["look"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[Video]) -> None:
        count = availability.enqueue_checks(queryset)
        if not count:
            self.message_user(request, _("There is nobody to ask about these videos."), messages.WARNING)
            return
        done = ngettext("%d video is looked for now.", "%d videos are looked for now.", count) % count
        self.message_user(request, done, messages.SUCCESS)

    def has_look_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("blog.change_video")
