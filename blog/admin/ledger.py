"""The ledger of permissions, to be read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from blog.admin import timeline
from blog.models import PermissionEvent
from core.admin import ReadOnlyAdmin


@admin.register(PermissionEvent)
class PermissionEventAdmin(ReadOnlyAdmin[PermissionEvent]):
    list_display = ["at", "repost", "number", "in_words", "to_state", "note"]
    list_display_links = ["at", "in_words"]
    list_select_related = ["repost"]
    list_filter = ["kind", "to_state"]
    date_hierarchy = "at"
    search_fields = ["repost__source_title", "repost__post__title", "actor_name", "note"]
    ordering = ["-at", "-pk"]
    fields = [
        "repost", "number", "at", "in_words", "from_state", "to_state", "level", "note", "channel", "terms", "details",
        "strict", "folded", "previous_hash", "hash",
    ]  # fmt: skip

    @admin.display(description=gettext_lazy("step"))
    def in_words(self, event: PermissionEvent) -> str:
        return timeline.sentence(event)
