"""Discussing: a comment's own public page, and the personal pages on which comments are written.

Forms on public pages hold no token. What comes in without a proof that it was sent from our own pages is no error: the
person is shown their words again, on a page with a token, and asked to confirm.
"""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django_stubs_ext import StrPromise

from blog import claims
from blog.models import Blog, Post
from blog.pages import personal_page, public_page
from comments import origin, submission, threads
from comments.forms import CommentForm
from comments.models import Comment

CONFIRM = _(
    "One more step: your browser did not say that this came from our page. "
    "Please look at your comment and send it again."
)
TOO_OLD = _("This was not sent: the page was open too long, or your browser keeps no cookies. Your text is still here.")
SHORT = 60  # characters; what is shorter is quickly typed again


@require_safe
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """A comment between what it answers and what answers it."""
    found = get_object_or_404(
        Comment.objects.public().with_badges().select_related("discussion__post__blog__owner"), pk=number
    )
    post = found.discussion.post
    context = {"comment": found, "post": post, "page": threads.around(found)}
    return public_page(request, "comments/comment.html", context, blog=post.blog)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, post_id: int) -> HttpResponse:
    """The form on a page of its own, and the place to which every form on a public page posts."""
    if request.method == "POST":
        form = CommentForm(request.POST)
        if origin.is_own(request):
            return _take(request, post_id, form)
        return _form_page(request, submission.find_post(post_id), form, notice=CONFIRM, confirming=True)
    post = submission.find_post(post_id)
    if post is None:
        raise Http404
    return _form_page(request, post, CommentForm(initial={"parent": request.GET.get("parent", "")}))


def confirm(request: HttpRequest, post_id: int) -> HttpResponse:
    """Where a form with a token posts to."""
    if request.method != "POST":
        return redirect("comment-new", post_id)
    return _take(request, post_id, CommentForm(request.POST), confirming=True)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For every form of the site that came without a good token, the admin's too: what was typed is shown again."""
    match = request.resolver_match
    if match and match.url_name == "comment-confirm":
        post, form = submission.find_post(match.kwargs["post_id"]), CommentForm(request.POST)
        return _form_page(request, post, form, notice=TOO_OLD, confirming=True, status=403)
    typed = {name: value for name, value in request.POST.items() if "password" not in name and "csrf" not in name}
    kept = [value for value in typed.values() if len(value) > SHORT or "\n" in value]
    return personal_page(
        request, "comments/csrf_failure.html", {"notice": TOO_OLD, "kept": kept}, blog=Blog.load(), status=403
    )


def _take(request: HttpRequest, post_id: int, form: CommentForm, *, confirming: bool = False) -> HttpResponse:
    """Only for a request that has proved to come from our own page: here the badge's cookie is read."""
    try:
        person = claims.claimant(request, post_id)
        taken = submission.submit(post_id=post_id, person=person, **form.words)
    except submission.Refused as refusal:
        form.show_errors_of(refusal)
        post, why = submission.find_post(post_id), refusal.message
        return _form_page(request, post, form, notice=why, confirming=confirming, status=refusal.status)
    return HttpResponseRedirect(_where_seen(taken), status=303)


def _where_seen(taken: Comment) -> str:
    if not taken.shown:  # the same words sent again after a moderator removed them
        return f"{taken.discussion.post.get_absolute_url()}#comments"
    if threads.is_on_first_page(taken):
        return f"{taken.discussion.post.get_absolute_url()}#c-{taken.public_id}"
    return taken.get_absolute_url()


def _form_page(
    request: HttpRequest,
    post: Post | None,
    form: CommentForm,
    *,
    notice: StrPromise | None = None,
    confirming: bool = False,
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
        "answered": answered,
        "rows": threads.alone(answered) if answered else [],
    }
    blog = post.blog if post else Blog.load()
    return personal_page(request, "comments/form_page.html", context, blog=blog, status=status)
