"""The pages on which readers subscribe by e-mail, confirm an e-mail address, and unsubscribe.

Opening such a page changes nothing, because mail scanners open every link. A request gets the same response whether or
not the e-mail address is subscribed, so that nobody learns from us who subscribed to what.
"""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django_stubs_ext import StrPromise

from blog.models import Blog, Post
from blog.reading.pages import personal_page
from comments.mailing import subscriptions
from comments.mailing.forms import SubscribeForm
from comments.models import Comment, OutgoingEmail, Subscription
from comments.posting import proven_email, submission
from comments.posting.same_origin import is_same_origin
from comments.threads import ids, paths
from comments.views import own_comments
from core.mailing import signed_links
from core.mailing.signed_links import Purpose
from core.privacy.networks import network_key

CONFIRM = _("One more step: your browser did not tell us that this came from our page. Please send it again.")


# --- Subscribing ----------------------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, post_id: int) -> HttpResponse:
    """The form to get new comments by e-mail without writing one, and the thanks after it was sent."""
    post = _find_post(post_id)
    if request.method != "POST":
        return _form_page(request, post, SubscribeForm(thread=_thread(post, request.GET.get("thread", ""))))
    form = SubscribeForm(request.POST, thread=_thread(post, request.POST.get("thread", "")))
    if not is_same_origin(request):
        return _form_page(request, post, form, notice=CONFIRM, needs_token=True)
    return _subscribe(request, post, form)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_subscribe(request: HttpRequest, post_id: int) -> HttpResponse:
    """The URL to which a form with a token posts."""
    if request.method != "POST":
        return redirect("comment-subscribe", post_id)
    post = _find_post(post_id)
    form = SubscribeForm(request.POST, thread=_thread(post, request.POST.get("thread", "")))
    return _subscribe(request, post, form, needs_token=True)


def _subscribe(request: HttpRequest, post: Post, form: SubscribeForm, *, needs_token: bool = False) -> HttpResponse:
    """Only for a request that was proved to come from our own page, because this reads a cookie."""
    if not post.discussion.is_open:
        return _form_page(request, post, form, status=409)
    if not form.is_valid():
        return _form_page(request, post, form, needs_token=needs_token, status=400)
    email = form.cleaned_data["email"]
    is_proved = proven_email.read_cookie(request) == email
    subscriptions.subscribe(
        discussion=post.discussion,
        scope=form.wanted_scope,
        comment=_root(post, form.fields["thread"].initial),
        email=email,
        network_key=network_key(request),
        is_proved=is_proved,
    )
    outcome = "done" if is_proved else "sent"
    response = HttpResponseRedirect(f"{reverse('comment-subscribe', args=[post.pk])}?{outcome}", status=303)
    response["Cache-Control"] = "no-store"
    return response


def _find_post(post_id: int) -> Post:
    post = submission.find_post(post_id)
    if post is None or not post.discussion.is_visible:
        raise Http404
    return post


def _thread(post: Post, public_id: str) -> str:
    """Return the public id of the comment that begins the thread; empty if readers see no such comment."""
    root = _root(post, public_id)
    return root.public_id if root else ""


def _root(post: Post, public_id: str) -> Comment | None:
    with suppress(ValueError):
        shown = Comment.objects.shown_in(post.pk)
        if comment := shown.filter(pk=ids.decode(public_id)).first():
            return shown.filter(pk=paths.root_id(comment.path)).first()
    return None


def _form_page(
    request: HttpRequest,
    post: Post,
    form: SubscribeForm,
    *,
    notice: StrPromise | None = None,
    needs_token: bool = False,
    status: int = 200,
) -> HttpResponse:
    outcome = next((name for name in ("sent", "done") if name in request.GET), "")
    context = {"post": post, "form": form, "notice": notice, "needs_token": needs_token, "outcome": outcome}
    return personal_page(request, "comments/subscribe.html", context, blog=post.blog, status=status)


# --- Confirming an e-mail address -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """The question that the mailed link leads to, with a button, and the thanks. Both work any number of times."""
    question = subscriptions.find_confirmation(token)
    if question is None:
        return invalid_link_page(request)
    is_done = request.method == "POST"
    if is_done:
        subscriptions.confirm(question)
    context = {**_question_context(question), "is_done": is_done}
    response = personal_page(request, "comments/confirm_email.html", context, blog=Blog.load())
    if is_done:
        proven_email.set_cookie(response, question.email)
    return response


def _question_context(question: subscriptions.Confirmation) -> dict[str, Any]:
    """Return the template context. It holds no text of the comment: whoever reads the mail may not have written it."""
    post = submission.find_post(question.discussion_id)
    comments = Comment.objects.public().counted().select_related("discussion__post__blog")
    comment = comments.filter(pk=question.comment.pk).first() if question.comment else None
    return {
        "email": question.email,
        "comment": question.comment,
        "subscription": question.subscription,
        "post": post if post and post.discussion.is_visible else None,
        "comment_path": own_comments.public_path(comment) if comment else "",
    }


def invalid_link_page(request: HttpRequest) -> HttpResponse:
    """The same page for a link that expired, whose subject is gone, or that was never valid."""
    return personal_page(request, "comments/link_invalid.html", {}, blog=Blog.load(), status=404)


# --- Unsubscribing --------------------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The unsubscribe link in every notification, for people and for their mail programs (RFC 8058).

    It needs no login and no cookie, and it never expires. A POST always gets a 200, even with an invalid link.
    """
    numbers = signed_links.read(Purpose.UNSUBSCRIBE, token)
    if numbers is None and request.method != "POST":
        return invalid_link_page(request)
    message_pk, *subscription_pks = numbers or [0]
    named = Subscription.objects.filter(pk__in=subscription_pks)
    found = list(named.select_related("discussion__post__blog").order_by("pk"))
    email = found[0].email if found else _email_of_message(message_pk)
    wants_all = request.method == "POST" and "all" in request.POST
    if request.method == "POST":
        subscriptions.unsubscribe(subscription_pks)
        if wants_all and email:
            subscriptions.unsubscribe_all(email)
    context = {
        "is_done": request.method == "POST",
        "is_valid": numbers is not None,
        "wants_all": wants_all and bool(email),
        "subscriptions": [(subscription, _public_title(subscription)) for subscription in found],
        "has_others": bool(email) and Subscription.objects.filter(email=email).exists(),
    }
    return personal_page(request, "comments/unsubscribe.html", context, blog=Blog.load())


def _email_of_message(pk: int) -> str:
    """The recipient of the message that the link was in. Sent messages are stored for a while."""
    return OutgoingEmail.objects.filter(pk=pk).values_list("email", flat=True).first() or ""


def _public_title(subscription: Subscription) -> str:
    """The title of the post, if it is public now."""
    post = subscription.discussion.post
    return post.title if post.is_public else ""
