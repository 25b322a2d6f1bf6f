"""The pages on which commenters see, edit and delete a comment of their own.

They are for the browser that wrote the comment: its cookie is sent to these paths and to no others. Everybody else gets
a 404.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe
from django_stubs_ext import StrPromise

from blog.reading.pages import personal_page
from comments.models import Comment, OutgoingEmail
from comments.moderation import steps
from comments.posting import authorship, forms, revising, submission
from comments.posting.forms import TextForm
from comments.screening import judging
from comments.threads import pages


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The comment in its thread. If readers do not see it: its text, the reasons, and its position in the queue."""
    comment = authorship.get_own_comment_or_404(request, pk)
    is_public = Comment.objects.public().counted().filter(pk=comment.pk).exists()
    context = {
        "rows": pages.page_around(comment).rows if is_public else [],
        "is_editable": is_public and revising.is_editable(comment),
        "editable_until": revising.editable_until(comment),
        "public_path": public_path(comment) if is_public else "",
        "reasons": judging.explain_to_writer(comment) if comment.is_held else [],
        "awaits_email_confirmation": _awaits_email_confirmation(comment),
        "queue_position": Comment.objects.waiting().filter(pk__lte=comment.pk).count(),
    }
    return _render(request, "comments/own_comment.html", comment, context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form with the comment's text, which posts to the same URL."""
    comment = authorship.get_own_comment_or_404(request, pk)
    if request.method == "POST":
        return _save_edit(request, comment, TextForm(request.POST))
    if not revising.is_editable(comment):
        return redirect("own-comment", pk)
    return render_edit_page(request, comment, TextForm(initial={"text": comment.source}))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete."""
    comment = authorship.get_own_comment_or_404(request, pk)
    if request.method == "POST":
        steps.delete_by_writer(comment)
    elif comment.state in steps.CAN_BE_DELETED:
        return _render(request, "comments/own_comment_delete.html", comment, {"rows": pages.single_row(comment)})
    return HttpResponseRedirect(authorship.own_comment_path(comment), status=303)


def render_edit_page(
    request: HttpRequest,
    comment: Comment,
    form: TextForm,
    *,
    notice: StrPromise | str | None = None,
    can_send: bool = True,
    preview: Comment | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the form with everything that was typed, or the text for copying if it can no longer be sent."""
    context = {"form": form, "notice": notice, "can_send": can_send, "preview": preview}
    return _render(request, "comments/own_comment_edit.html", comment, context, status=status)


def public_path(comment: Comment) -> str:
    """Return where readers find a comment that is public: on the post's first page, or on the comment's own page."""
    page = comment.discussion.post if pages.is_on_first_page(comment) else comment
    return f"{page.get_absolute_url()}#c-{comment.public_id}"


def _awaits_email_confirmation(comment: Comment) -> bool:
    """Whether the commenter has a message from us to answer. None is sent if one e-mail address was used too often."""
    messages = OutgoingEmail.objects.filter(comment=comment, kind=OutgoingEmail.Kind.CONFIRM)
    can_be_confirmed = comment.state in (Comment.State.PENDING, Comment.State.PUBLISHED)
    return can_be_confirmed and comment.email_confirmed_at is None and messages.exists()


def _save_edit(request: HttpRequest, comment: Comment, form: TextForm) -> HttpResponse:
    try:
        if forms.is_preview(request.POST):
            return render_edit_page(request, comment, form, preview=submission.preview(comment.name, **form.typed))
        with submission.refuse_if_busy():
            commenter = authorship.identify(request, post_id=comment.discussion_id, name=comment.name)
            revising.edit(comment, commenter=commenter, **form.typed)
    except submission.Refused as refusal:
        form.add_errors_of(refusal)
        can_send = bool(refusal.errors) or refusal.status == 503
        return render_edit_page(
            request, comment, form, notice=refusal.message, can_send=can_send, status=refusal.status
        )
    return HttpResponseRedirect(f"{authorship.own_comment_path(comment)}#c-{comment.public_id}", status=303)


def _render(
    request: HttpRequest, template: str, comment: Comment, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    post = comment.discussion.post
    context |= {"comment": comment, "post": post if submission.find_post(post.pk) else None}
    return personal_page(request, template, context, blog=post.blog, status=status)
