"""What others send to the host, read-only: answers of authors and objections of readers."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.admin import permission_record
from blog.models import Dispute, PermissionRequest, Post
from blog.permissions import steps
from blog.publishing import saving
from core.admin import ReadOnlyAdmin

VERDICTS = {"accept": Dispute.State.ACCEPTED, "dismiss": Dispute.State.DISMISSED}


@admin.register(PermissionRequest)
class PermissionRequestAdmin(ReadOnlyAdmin[PermissionRequest]):
    list_display = ["person", "post", "asked_at", "sent_at", "answered_at", "answer"]
    list_filter = ["answer"]
    list_select_related = ["person", "repost__post"]
    search_fields = ["person__name", "repost__post__title"]
    fields = ["post", "person", "email", "asked_at", "progress"]

    @admin.display(description=gettext_lazy("post"))
    def post(self, request: PermissionRequest) -> str:
        return _link_to_post(request)

    @admin.display(description=gettext_lazy("state"))
    def progress(self, request: PermissionRequest) -> str:
        return permission_record.with_progress([request])[0][1]


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin[Dispute]):
    list_display = ["created_at", "post", "name", "state"]
    list_filter = ["state"]
    list_select_related = ["repost__post"]
    search_fields = ["text", "name", "repost__post__title"]
    fields = ["post", "created_at", "name", "email", "text", "state"]
    change_form_template = "admin/blog/dispute/change_form.html"

    @admin.display(description=gettext_lazy("post"))
    def post(self, dispute: Dispute) -> str:
        return _link_to_post(dispute)

    def get_urls(self) -> list[URLPattern]:
        answer = self.admin_site.admin_view(self.answer_view)
        return [path("<int:dispute_id>/answer/<str:verdict>/", answer, name="blog_dispute_answer"), *super().get_urls()]

    def answer_view(self, request: HttpRequest, dispute_id: int, verdict: str) -> HttpResponse:
        """Show the page to `accept` or `dismiss` an objection; on POST, record the verdict."""
        dispute = get_object_or_404(Dispute.objects.select_related("repost__post"), pk=dispute_id)
        if verdict not in VERDICTS:
            raise Http404
        if not request.user.has_perms(["blog.view_dispute", "blog.change_repost"]):
            raise PermissionDenied
        if request.method == "POST":
            self._answer(request, dispute, VERDICTS[verdict])
            return redirect("admin:blog_post_change", dispute.repost.post_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Accept this objection?") if verdict == "accept" else _("Dismiss this objection?"),
            "opts": Post._meta,
            "dispute": dispute,
            "repost": dispute.repost,
            "verdict": verdict,
        }
        return TemplateResponse(request, "admin/blog/dispute/answer.html", context)

    def _answer(self, request: HttpRequest, dispute: Dispute, state: str) -> None:
        with transaction.atomic():
            still_open = Dispute.objects.filter(pk=dispute.pk, state=Dispute.State.OPEN)
            is_first = bool(still_open.update(state=state))  # of two hosts or two clicks, only one takes effect
            if is_first and state == Dispute.State.ACCEPTED:
                steps.mark_disputed(dispute.repost, by=saving.name_of(request.user), disputed=True)
        if not is_first:
            messages.error(request, _("Nothing was done: this objection has already been answered."))
        elif state == Dispute.State.ACCEPTED:
            messages.success(request, _("The page now says that the attribution is disputed."))
        else:
            messages.success(request, _("The objection has been dismissed. Nothing changes on the page."))


def _link_to_post(row: Any) -> str:
    post = row.repost.post
    return format_html('<a href="{}">{}</a>', reverse("admin:blog_post_change", args=[post.pk]), post)
