"""A comment's public page, and the personal pages on which comments are written.

Forms on public pages hold no CSRF token. A form without proof that it was sent from our own pages is no error: the
commenter sees the typed text again, on a page with a token, and is asked to confirm.
"""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django_stubs_ext import StrPromise

from blog.models import Blog, Post
from blog.page_tags import tags_of
from blog.reading.pages import personal_page, public_page
from comments.models import Comment
from comments.posting import authorship, forms, submission
from comments.posting.forms import CommentForm, TextForm
from comments.posting.same_origin import is_same_origin
from comments.screening import facts
from comments.threads import pages
from comments.views import own_comments
from core import clock
from core.form_recovery import long_texts
from core.page_cache import cached_page, depends_on, runs_in_write_thread

CONFIRM = _(
    "One more step: your browser did not tell us that this came from our page. "
    "Please check your comment and send it again."
)
EXPIRED = _("This was not sent, because the page was open for too long or your browser does not accept cookies.")
EXPIRED_FORM = _(
    "This was not sent, because the page was open for too long or your browser does not accept cookies. "
    "Your text is still here: please send it again."
)
# A second click is that fast. After that, somebody else in the same network may have copied the text: a duplicate then
# leads to the public comment, without the cookie that lets a browser edit and delete it.
DOUBLE_CLICK = timedelta(seconds=20)


@cached_page()
@require_safe
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """A comment with what it replies to and the replies to it."""
    comments = Comment.objects.public().with_badges().select_related("discussion__post__blog__owner")
    comment = get_object_or_404(comments, pk=pk)
    post = comment.discussion.post
    depends_on(request, *tags_of([post]))
    context = {"comment": comment, "post": post, "page": pages.page_around(comment)}
    return public_page("comments/comment.html", context, blog=post.blog)


@runs_in_write_thread
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, post_id: int) -> HttpResponse:
    """The form on a page of its own. All comment forms on public pages post to this URL."""
    if request.method == "POST":
        is_proved = is_same_origin(request)
        if forms.is_preview(request.POST):
            return _preview(request, post_id, needs_token=not is_proved, notice=None if is_proved else CONFIRM)
        if is_proved:
            return _submit(request, post_id)
        post, form = submission.find_post(post_id), CommentForm(request.POST)
        return _form_page(request, post, form, notice=CONFIRM, needs_token=True)
    post = submission.find_post(post_id)
    if post is None:
        raise Http404
    return _form_page(request, post, CommentForm(initial={"parent": request.GET.get("parent", "")}))


@runs_in_write_thread
def confirm(request: HttpRequest, post_id: int) -> HttpResponse:
    """The URL to which a form with a token posts."""
    if request.method != "POST":
        return redirect("comment-new", post_id)
    if forms.is_preview(request.POST):
        return _preview(request, post_id, needs_token=True)
    return _submit(request, post_id, needs_token=True)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show the typed text again for every form of the site, the admin's included, that came without a valid token."""
    match = request.resolver_match
    if match and match.url_name == "comment-confirm":
        post, form = submission.find_post(match.kwargs["post_id"]), CommentForm(request.POST)
        return _form_page(request, post, form, notice=EXPIRED_FORM, needs_token=True, status=403)
    if match and match.url_name == "comment-edit":
        comment = authorship.get_own_comment_or_404(request, match.kwargs["pk"])
        return own_comments.render_edit_page(request, comment, TextForm(request.POST), notice=EXPIRED_FORM, status=403)
    context = {"notice": EXPIRED, "texts": long_texts(request)}
    return personal_page(request, "comments/csrf_failure.html", context, blog=Blog.load(), status=403)


def _submit(request: HttpRequest, post_id: int, *, needs_token: bool = False) -> HttpResponse:
    """Only for a request that was proved to come from our own page, because this reads cookies and the session."""
    typed, signals = forms.typed_values(request.POST), forms.signals(request.POST)
    try:
        with submission.refuse_if_busy():
            commenter = authorship.identify(request, post_id=post_id, name=typed["name"])
            comment = submission.submit(post_id=post_id, commenter=commenter, signals=signals, **typed)
    except submission.Refused as refusal:
        return _refuse(request, post_id, refusal, needs_token=needs_token)
    if clock.now() - comment.created_at > DOUBLE_CLICK:
        return _redirect_to_public(comment)
    response = HttpResponseRedirect(f"{authorship.own_comment_path(comment)}#c-{comment.public_id}", status=303)
    response["Cache-Control"] = "no-store"
    authorship.set_own_comment_cookie(response, comment)
    return response


def _preview(
    request: HttpRequest,
    post_id: int,
    *,
    needs_token: bool = False,
    notice: StrPromise | str | None = None,
) -> HttpResponse:
    """Show the comment as it would look. Nothing is stored, so the request needs no proof of its origin.

    The form below the preview is on our own page, though. If another site may have filled it in, it has a notice and a
    token.
    """
    typed = forms.typed_values(request.POST)
    try:
        submission.open_discussion(post_id)
        preview = submission.preview(typed["name"], typed["text"])
    except submission.Refused as refusal:
        return _refuse(request, post_id, refusal, needs_token=needs_token)
    post, form = submission.find_post(post_id), CommentForm(request.POST)
    return _form_page(request, post, form, notice=notice, needs_token=needs_token, preview=preview)


def _refuse(request: HttpRequest, post_id: int, refusal: submission.Refused, *, needs_token: bool) -> HttpResponse:
    form = CommentForm(request.POST)
    form.add_errors_of(refusal)
    post, notice = submission.find_post(post_id), refusal.message
    return _form_page(request, post, form, notice=notice, needs_token=needs_token, status=refusal.status)


def _redirect_to_public(comment: Comment) -> HttpResponse:
    """Redirect to the comment, or to the discussion if a moderator removed the comment that had the same text."""
    discussion = f"{comment.discussion.post.get_absolute_url()}#comments"
    return HttpResponseRedirect(own_comments.public_path(comment) if comment.shown else discussion, status=303)


def _form_page(
    request: HttpRequest,
    post: Post | None,
    form: CommentForm,
    *,
    notice: StrPromise | str | None = None,
    needs_token: bool = False,
    preview: Comment | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form with everything that was typed. If comments are closed, show the text for copying instead."""
    parent = form.typed["parent"]
    answered = submission.find_reply_target(post.discussion, parent) if post and parent else None
    notices = [notice] if notice else []
    if parent and not answered and post and post.discussion.is_open and notice != submission.PARENT_GONE:
        notices.append(submission.PARENT_GONE)
    context = {
        "post": post,
        "form": form,
        "notices": notices,
        "needs_token": needs_token,
        "preview": preview,
        "answered": answered,
        "opened": form.data["opened"] if "opened" in form.data else "" if form.is_bound else facts.signed_time(),
        "rows": pages.single_row(answered) if answered else [],
    }
    blog = post.blog if post else Blog.load()
    return personal_page(request, "comments/form_page.html", context, blog=blog, status=status)
