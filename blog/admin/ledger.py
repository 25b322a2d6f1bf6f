"""The ledger of permissions, to be read."""

from django.contrib import admin

from blog.admin.readonly import ReadOnlyAdmin
from blog.models import PermissionEvent


@admin.register(PermissionEvent)
class PermissionEventAdmin(ReadOnlyAdmin[PermissionEvent]):
    list_display = ["at", "repost", "number", "kind", "actor_name", "to_state", "note"]
    list_select_related = ["repost"]
    list_filter = ["kind", "to_state"]
    date_hierarchy = "at"
    search_fields = ["repost__source_title", "repost__post__title", "actor_name", "note"]
    ordering = ["-at", "-pk"]
