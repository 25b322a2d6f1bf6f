"""Evidence of a permission. It is added once, never changes, and only staff who may view evidence see it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from blog.admin.permission_forms import EvidenceForm
from blog.models import Evidence, Post, Repost
from blog.permissions import steps
from blog.publishing import saving
from core.files import storages


def add_view(request: HttpRequest, post_id: int) -> HttpResponse:
    """A separate page, because a refused form of a post would lose the file."""
    repost = get_object_or_404(Repost.objects.select_related("post"), post__pk=post_id)
    if not request.user.has_perms(["blog.change_repost", "blog.add_evidence"]):
        raise PermissionDenied
    is_post = request.method == "POST"
    data, files = (request.POST, request.FILES) if is_post else (None, None)
    form = EvidenceForm(data, files, instance=Evidence(repost=repost))
    if is_post and form.is_valid() and _add(form, request):
        messages.success(request, _("The evidence is on file. Readers see its kind and its date, and nothing else."))
        return redirect("admin:blog_post_change", post_id)
    context = {**admin.site.each_context(request), "title": _("Add evidence"), "opts": Post._meta}
    return TemplateResponse(request, "admin/blog/post/evidence.html", context | {"form": form, "repost": repost})


def _add(form: EvidenceForm, request: HttpRequest) -> bool:
    """Store the evidence. If files cannot be stored now, add the reason to the form and return False."""
    try:
        steps.add_evidence(form.instance, by=saving.name_of(request.user))
    except storages.StorageUnavailable:
        form.add_error(None, storages.UNAVAILABLE)
        return False
    return True


@require_safe
def download_view(request: HttpRequest, post_id: int, evidence_id: int) -> FileResponse:
    """Return the file as it was uploaded. It may contain anything, so the browser saves it and never displays it."""
    if not request.user.has_perm("blog.view_evidence"):
        raise PermissionDenied
    evidence = get_object_or_404(Evidence, pk=evidence_id, repost__post__pk=post_id)
    try:
        content = evidence.file.open("rb")
    except OSError as error:
        raise Http404 from error
    response = FileResponse(
        content, as_attachment=True, filename=evidence.filename, content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
