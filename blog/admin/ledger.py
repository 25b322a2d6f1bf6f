"""The permission ledger, read-only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from blog.admin import timeline
from blog.models import PermissionEvent
from core.admin import ReadOnlyAdmin


@admin.register(PermissionEvent)
class PermissionEventAdmin(ReadOnlyAdmin[PermissionEvent]):
    list_display = ["at", "repost", "number", "step", "to_state", "note"]
    list_display_links = ["at", "step"]
    list_select_related = ["repost"]
    list_filter = ["kind", "to_state"]
    date_hierarchy = "at"
    search_fields = ["repost__source_title", "repost__post__title", "actor_name", "note"]
    ordering = ["-at", "-pk"]
    fields = [
        "repost", "number", "at", "step", "from_state", "to_state", "level", "note", "channel", "terms", "details",
        "strict", "folded", "previous_hash", "hash",
    ]  # fmt: skip

    @admin.display(description=gettext_lazy("step"))
    def step(self, event: PermissionEvent) -> str:
        return timeline.sentence(event)
