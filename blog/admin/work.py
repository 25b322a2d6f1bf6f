"""Work that waits or was given up."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from blog.models import Work
from core.admin import ReadOnlyAdmin
from core.tasks import worker


@admin.register(Work)
class WorkAdmin(ReadOnlyAdmin[Work]):
    list_display = ["job", "argument", "due_at", "attempts", "failed_at", "last_error"]
    list_filter = ["job", ("failed_at", admin.EmptyFieldListFilter)]
    actions = ["try_again"]

    @admin.action(description=_("Try the selected work again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Work]) -> None:
        for work in queryset:
            worker.enqueue(work.job, work.argument)
        count = len(queryset)
        done = ngettext("%d piece of work is tried again now.", "%d pieces of work are tried again now.", count) % count
        self.message_user(request, done, messages.SUCCESS)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("blog.change_work")
