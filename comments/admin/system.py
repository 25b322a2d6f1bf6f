"""Read-only lists: subscriptions, outgoing emails, and what the spam filter has learned.

Emails are personal data. These lists have permissions of their own, so that moderators need not see them.
"""

from typing import Any

from django.contrib import admin
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.mailing import outgoing
from comments.models import EmailItem, OutgoingEmail, SpamToken, Subscription
from core.admin import ReadOnlyAdmin
from core.models import Task


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin[Subscription]):
    list_display = ["email", "scope", "discussion", "confirmed_at", "created_at"]
    list_filter = ["scope", ("confirmed_at", admin.EmptyFieldListFilter)]
    search_fields = ["email", "discussion__post__title"]
    list_select_related = ["discussion__post"]
    ordering = ["-pk"]
    fields = ["email", "scope", "discussion", "comment", "confirmed_at", "created_at"]


class EmailItemInline(admin.TabularInline[EmailItem, OutgoingEmail]):
    """The comments that an email announces, for everybody who may view the email."""

    model = EmailItem
    fields = ("comment", "subscription")
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("comments.view_outgoingemail")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailItem]:
        return super().get_queryset(request).select_related("comment", "subscription__discussion__post")


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnlyAdmin[OutgoingEmail]):
    list_display = ["email", "kind", "created_at", "progress"]
    list_filter = ["kind", ("sent_at", admin.EmptyFieldListFilter)]
    search_fields = ["email"]
    ordering = ["-pk"]
    fields = ["email", "kind", "created_at", "progress", "comment", "subscription"]
    inlines = [EmailItemInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingEmail]:
        """Each with the state of the task that sends it."""
        task = Task.objects.filter(job=outgoing.SEND, argument=Cast(OuterRef("pk"), CharField()))
        return (
            super()
            .get_queryset(request)
            .annotate(
                task_failed_at=Subquery(task.values("failed_at")[:1]),
                task_error=Subquery(task.values("last_error")[:1]),
            )
        )

    @admin.display(description=gettext_lazy("sending"), ordering="sent_at")
    def progress(self, email: Any) -> str:
        if email.sent_at:
            return _("sent")
        if email.task_failed_at:
            return _("given up: %(error)s") % {"error": email.task_error}
        if email.task_error:
            return _("failed, will be tried again: %(error)s") % {"error": email.task_error}
        return _("waiting")


@admin.register(SpamToken)
class SpamTokenAdmin(ReadOnlyAdmin[SpamToken]):
    list_display = ["token", "ham", "spam"]
    search_fields = ["token"]
    ordering = ["-spam", "token"]
