"""The pages on which somebody sees, changes and deletes a comment of their own.

They are for the browser that wrote it: its cookie goes to these addresses and to no other. For all others there is
nothing here.
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
def show(request: HttpRequest, number: int) -> HttpResponse:
    """The comment in its place; where it is not on the page, why, and its text, and how many are looked at before."""
    comment = authorship.own_comment(request, number)
    is_seen = Comment.objects.public().counted().filter(pk=comment.pk).exists()
    context = {
        "rows": pages.around(comment).rows if is_seen else [],
        "is_editable": is_seen and revising.is_possible(comment),
        "editable_until": revising.editable_until(comment),
        "public_address": where_seen(comment) if is_seen else "",
        "reasons": judging.explain_to_writer(comment) if comment.is_held else [],
        "asks_for_address": _asks_for_address(comment),
        "place": Comment.objects.waiting().filter(pk__lte=comment.pk).count(),
    }
    return _page(request, "comments/own_comment.html", comment, context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """The form with the comment's text, and where it is sent to."""
    comment = authorship.own_comment(request, number)
    if request.method == "POST":
        return _take(request, comment, TextForm(request.POST))
    if not revising.is_possible(comment):
        return redirect("own-comment", number)
    return edit_page(request, comment, TextForm(initial={"text": comment.source}))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, number: int) -> HttpResponse:
    """First the question, then the deed."""
    comment = authorship.own_comment(request, number)
    if request.method == "POST":
        steps.delete_by_writer(comment)
    elif comment.state in steps.CAN_BE_DELETED:
        return _page(request, "comments/own_comment_delete.html", comment, {"rows": pages.alone(comment)})
    return HttpResponseRedirect(authorship.address(comment), status=303)


def edit_page(
    request: HttpRequest,
    comment: Comment,
    form: TextForm,
    *,
    notice: StrPromise | str | None = None,
    can_send: bool = True,
    preview: Comment | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form with all that was typed; where it can no longer be sent, the text alone, to be copied."""
    context = {"form": form, "notice": notice, "can_send": can_send, "preview": preview}
    return _page(request, "comments/own_comment_edit.html", comment, context, status=status)


def where_seen(comment: Comment) -> str:
    """Where readers find a comment that is on the page."""
    page = comment.discussion.post if pages.is_on_first_page(comment) else comment
    return f"{page.get_absolute_url()}#c-{comment.public_id}"


def _asks_for_address(comment: Comment) -> bool:
    """Whether its writer has a message from us to answer. Asked too often for one address, we wrote none."""
    asked = OutgoingEmail.objects.filter(comment=comment, kind=OutgoingEmail.Kind.CONFIRM)
    may_be_asked = comment.state in (Comment.State.PENDING, Comment.State.PUBLISHED)
    return may_be_asked and comment.email_confirmed_at is None and asked.exists()


def _take(request: HttpRequest, comment: Comment, form: TextForm) -> HttpResponse:
    try:
        if forms.asks_for_preview(request.POST):
            return edit_page(request, comment, form, preview=submission.preview(comment.name, **form.words))
        with submission.giving_words_back():
            sender = authorship.writer(request, post_id=comment.discussion_id, name=comment.name)
            revising.edit(comment, writer=sender, **form.words)
    except submission.Refused as refusal:
        form.show_errors_of(refusal)
        can_send = bool(refusal.errors) or refusal.status == 503
        return edit_page(request, comment, form, notice=refusal.message, can_send=can_send, status=refusal.status)
    return HttpResponseRedirect(f"{authorship.address(comment)}#c-{comment.public_id}", status=303)


def _page(
    request: HttpRequest, template: str, comment: Comment, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    post = comment.discussion.post
    context |= {"comment": comment, "post": post if submission.find_post(post.pk) else None}
    return personal_page(request, template, context, blog=post.blog, status=status)
