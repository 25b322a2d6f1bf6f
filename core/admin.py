"""A base class for read-only admin pages, and the admin page of tasks."""

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.models import Task
from core.tasks import queue

ModelT = TypeVar("ModelT", bound=Model)


class ReadOnlyAdmin(admin.ModelAdmin[ModelT]):
    """A page on which nobody can add, change or delete, whatever their permissions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin[Task]):
    list_display = ["job", "argument", "due_at", "attempts", "failed_at", "last_error"]
    list_filter = ["job", ("failed_at", admin.EmptyFieldListFilter)]
    actions = ["try_again"]

    @admin.action(description=_("Try the selected tasks again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        for task in queryset:
            queue.enqueue(task.job, task.argument)
        count = len(queryset)
        message = ngettext("%d task will be tried again now.", "%d tasks will be tried again now.", count) % count
        self.message_user(request, message, messages.SUCCESS)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_task")
