"""The pages on which somebody asks for mail, confirms an address, and ends what they asked for.

Opening one changes nothing: programs that look through mail open every link in it. What is asked is always answered
alike, so that nobody learns from us who subscribed to what.
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
from comments.posting import proven_email, same_origin, submission
from comments.threads import ids, paths
from comments.views import own_comments
from core.mailing import signed_links
from core.mailing.signed_links import Purpose
from core.privacy.networks import network_key

CONFIRM = _("One more step: your browser did not say that this came from our page. Please send it again.")


# --- Asking for mail ------------------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, post_id: int) -> HttpResponse:
    """The form to be told of comments without writing one, and the thanks after it was sent."""
    post = _find_post(post_id)
    if request.method != "POST":
        return _form_page(request, post, SubscribeForm(thread=_thread(post, request.GET.get("thread", ""))))
    form = SubscribeForm(request.POST, thread=_thread(post, request.POST.get("thread", "")))
    if not same_origin.is_own(request):
        return _form_page(request, post, form, notice=CONFIRM, confirming=True)
    return _take(request, post, form)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_subscribe(request: HttpRequest, post_id: int) -> HttpResponse:
    """Where a form with a token posts to."""
    if request.method != "POST":
        return redirect("comment-subscribe", post_id)
    post = _find_post(post_id)
    form = SubscribeForm(request.POST, thread=_thread(post, request.POST.get("thread", "")))
    return _take(request, post, form, confirming=True)


def _take(request: HttpRequest, post: Post, form: SubscribeForm, *, confirming: bool = False) -> HttpResponse:
    """Only for a request that has proved to come from our own page: here a cookie is read."""
    if not post.discussion.is_open:
        return _form_page(request, post, form, status=409)
    if not form.is_valid():
        return _form_page(request, post, form, confirming=confirming, status=400)
    email = form.cleaned_data["email"]
    is_proved = proven_email.proved(request) == email
    subscriptions.subscribe(
        discussion=post.discussion,
        scope=form.wanted_scope,
        comment=_root(post, form.fields["thread"].initial),
        email=email,
        network_key=network_key(request),
        is_proved=is_proved,
    )
    response = HttpResponseRedirect(_with(post, "done" if is_proved else "sent"), status=303)
    response["Cache-Control"] = "no-store"
    return response


def _with(post: Post, outcome: str) -> str:
    return f"{reverse('comment-subscribe', args=[post.pk])}?{outcome}"


def _find_post(post_id: int) -> Post:
    post = submission.find_post(post_id)
    if post is None or not post.discussion.is_visible:
        raise Http404
    return post


def _thread(post: Post, public_id: str) -> str:
    """The public id of the comment that begins the thread of another; empty where readers see no such comment."""
    root = _root(post, public_id)
    return root.public_id if root else ""


def _root(post: Post, public_id: str) -> Comment | None:
    with suppress(ValueError):
        shown = Comment.objects.shown_in(post.pk)
        if comment := shown.filter(pk=ids.decode(public_id)).first():
            return shown.filter(pk=paths.root_number(comment.path)).first()
    return None


def _form_page(
    request: HttpRequest,
    post: Post,
    form: SubscribeForm,
    *,
    notice: StrPromise | None = None,
    confirming: bool = False,
    status: int = 200,
) -> HttpResponse:
    outcome = next((name for name in ("sent", "done") if name in request.GET), "")
    context = {"post": post, "form": form, "notice": notice, "confirming": confirming, "outcome": outcome}
    return personal_page(request, "comments/subscribe.html", context, blog=post.blog, status=status)


# --- Confirming an address ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """What was asked by mail, with a button; behind the button the thanks. Both as often as one likes."""
    question = subscriptions.asked(token)
    if question is None:
        return closed_page(request)
    is_done = request.method == "POST"
    if is_done:
        subscriptions.confirm(question)
    context = {**_about(question), "is_done": is_done}
    response = personal_page(request, "comments/confirm_email.html", context, blog=Blog.load())
    if is_done:
        proven_email.give(response, question.email)
    return response


def _about(question: subscriptions.Asked) -> dict[str, Any]:
    """Nothing of what the comment says: who reads the mail need not be who wrote it."""
    post = submission.find_post(question.discussion)
    readable = Comment.objects.public().counted()
    number = question.comment.pk if question.comment else 0
    comment = readable.select_related("discussion__post__blog").filter(pk=number).first()
    return {
        "email": question.email,
        "comment": question.comment,
        "wish": question.wish,
        "post": post if post and post.discussion.is_visible else None,
        "way_back": own_comments.where_seen(comment) if comment else "",
    }


def closed_page(request: HttpRequest) -> HttpResponse:
    """The same for a link that ran out, that led to what is gone, or that never was."""
    return personal_page(request, "comments/link_closed.html", {}, blog=Blog.load(), status=404)


# --- Ending it ------------------------------------------------------------------------------------------------------


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The way out that every mail of news names, for people and, as RFC 8058 has it, for their mail programs.

    No login, no cookie, no end of its time. A POST is always answered with 200: who wants no mail is not argued with.
    """
    numbers = signed_links.read(Purpose.UNSUBSCRIBE, token)
    if numbers is None and request.method != "POST":
        return closed_page(request)
    number, *wishes = numbers or [0]
    found = Subscription.objects.filter(pk__in=wishes).select_related("discussion__post__blog").order_by("pk")
    known, email = list(found), _address_behind(number, found.values_list("email", flat=True).first())
    wants_all = request.method == "POST" and "all" in request.POST
    if request.method == "POST":
        subscriptions.unsubscribe(wishes)
        if wants_all and email:
            subscriptions.stop_all(email)
    context = {
        "is_done": request.method == "POST",
        "is_known": numbers is not None,
        "wants_all": wants_all and bool(email),
        "wishes": _readable(known),
        "more": bool(email) and Subscription.objects.filter(email=email).exists(),
    }
    return personal_page(request, "comments/unsubscribe.html", context, blog=Blog.load())


def _address_behind(letter: int, email: str | None) -> str:
    """From a subscription that still is; else from the letter, which is kept for a while."""
    return email or OutgoingEmail.objects.filter(pk=letter).values_list("email", flat=True).first() or ""


def _readable(wishes: list[Subscription]) -> list[tuple[Subscription, str]]:
    """With the title of the post, where that is public now."""
    return [(wish, wish.discussion.post.title if wish.discussion.post.is_public else "") for wish in wishes]
