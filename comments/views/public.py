"""Discussing: a comment's own public page, and the personal pages on which comments are written.

Forms on public pages hold no token. What comes in without a proof that it was sent from our own pages is no error: the
person is shown their words again, on a page with a token, and asked to confirm.
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
from comments.posting import authorship, forms, same_origin, submission
from comments.posting.forms import CommentForm, TextForm
from comments.screening import facts
from comments.threads import pages
from comments.views import own_comments
from core import clock
from core.form_recovery import long_texts
from core.page_cache import cached_page, depends_on, runs_in_write_thread

CONFIRM = _(
    "One more step: your browser did not say that this came from our page. "
    "Please look at your comment and send it again."
)
TOO_OLD = _("This was not sent: the page was open too long, or your browser keeps no cookies. Your text is still here.")
# A hasty second click is that fast. Later, somebody else in the same network may have copied the words: a twin is
# shown to them, and not given into their hands.
AT_ONCE = timedelta(seconds=20)


@cached_page()
@require_safe
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """A comment between what it answers and what answers it."""
    found = get_object_or_404(
        Comment.objects.public().with_badges().select_related("discussion__post__blog__owner"), pk=number
    )
    post = found.discussion.post
    depends_on(request, *tags_of([post]))
    context = {"comment": found, "post": post, "page": pages.around(found)}
    return public_page("comments/comment.html", context, blog=post.blog)


@runs_in_write_thread
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, post_id: int) -> HttpResponse:
    """The form on a page of its own, and the place to which every form on a public page posts."""
    if request.method == "POST":
        is_own = same_origin.is_own(request)
        if forms.asks_for_preview(request.POST):
            return _preview(request, post_id, confirming=not is_own, notice=None if is_own else CONFIRM)
        if is_own:
            return _take(request, post_id)
        post, form = submission.find_post(post_id), CommentForm(request.POST)
        return _form_page(request, post, form, notice=CONFIRM, confirming=True)
    post = submission.find_post(post_id)
    if post is None:
        raise Http404
    return _form_page(request, post, CommentForm(initial={"parent": request.GET.get("parent", "")}))


@runs_in_write_thread
def confirm(request: HttpRequest, post_id: int) -> HttpResponse:
    """Where a form with a token posts to."""
    if request.method != "POST":
        return redirect("comment-new", post_id)
    if forms.asks_for_preview(request.POST):
        return _preview(request, post_id, confirming=True)
    return _take(request, post_id, confirming=True)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For every form of the site that came without a good token, the admin's too: what was typed is shown again."""
    match = request.resolver_match
    if match and match.url_name == "comment-confirm":
        post, form = submission.find_post(match.kwargs["post_id"]), CommentForm(request.POST)
        return _form_page(request, post, form, notice=TOO_OLD, confirming=True, status=403)
    if match and match.url_name == "comment-edit":
        comment = authorship.own_comment(request, match.kwargs["number"])
        return own_comments.edit_page(request, comment, TextForm(request.POST), notice=TOO_OLD, status=403)
    context = {"notice": TOO_OLD, "kept": long_texts(request)}
    return personal_page(request, "comments/csrf_failure.html", context, blog=Blog.load(), status=403)


def _take(request: HttpRequest, post_id: int, *, confirming: bool = False) -> HttpResponse:
    """Only for a request that has proved to come from our own page: here cookies and sessions are read."""
    words, signals = forms.words(request.POST), forms.signals(request.POST)
    try:
        with submission.giving_words_back():
            writer = authorship.writer(request, post_id=post_id, name=words["name"])
            taken = submission.submit(post_id=post_id, writer=writer, signals=signals, **words)
    except submission.Refused as refusal:
        return _refuse(request, post_id, refusal, confirming=confirming)
    if clock.now() - taken.created_at > AT_ONCE:
        return _lead_to_public(taken)
    response = HttpResponseRedirect(f"{authorship.address(taken)}#c-{taken.public_id}", status=303)
    response["Cache-Control"] = "no-store"
    authorship.give(response, taken)
    return response


def _preview(
    request: HttpRequest,
    post_id: int,
    *,
    confirming: bool = False,
    notice: StrPromise | str | None = None,
) -> HttpResponse:
    """The words as they would look. Nothing is stored, so nobody needs to prove where they come from.

    The form below is one of our own pages, though: where another site may have filled it, it says so and has a token.
    """
    words = forms.words(request.POST)
    try:
        submission.open_discussion(post_id)
        preview = submission.preview(words["name"], words["text"])
    except submission.Refused as refusal:
        return _refuse(request, post_id, refusal, confirming=confirming)
    post, form = submission.find_post(post_id), CommentForm(request.POST)
    return _form_page(request, post, form, notice=notice, confirming=confirming, preview=preview)


def _refuse(request: HttpRequest, post_id: int, refusal: submission.Refused, *, confirming: bool) -> HttpResponse:
    form = CommentForm(request.POST)
    form.show_errors_of(refusal)
    post, why = submission.find_post(post_id), refusal.message
    return _form_page(request, post, form, notice=why, confirming=confirming, status=refusal.status)


def _lead_to_public(taken: Comment) -> HttpResponse:
    """Where readers see it; to the discussion, where the same words came again after a moderator removed them."""
    discussion = f"{taken.discussion.post.get_absolute_url()}#comments"
    return HttpResponseRedirect(own_comments.where_seen(taken) if taken.shown else discussion, status=303)


def _form_page(
    request: HttpRequest,
    post: Post | None,
    form: CommentForm,
    *,
    notice: StrPromise | str | None = None,
    confirming: bool = False,
    preview: Comment | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form with all that was typed; where no comment is taken any more, the text alone, to be copied."""
    wanted = form.words["parent"]
    answered = submission.find_target(post.discussion, wanted) if post and wanted else None
    notices = [notice] if notice else []
    if wanted and not answered and post and post.discussion.is_open and notice != submission.PARENT_GONE:
        notices.append(submission.PARENT_GONE)
    context = {
        "post": post,
        "form": form,
        "notices": notices,
        "confirming": confirming,
        "preview": preview,
        "answered": answered,
        "opened": form.data["opened"] if "opened" in form.data else "" if form.is_bound else facts.signed_time(),
        "rows": pages.alone(answered) if answered else [],
    }
    blog = post.blog if post else Blog.load()
    return personal_page(request, "comments/form_page.html", context, blog=blog, status=status)
