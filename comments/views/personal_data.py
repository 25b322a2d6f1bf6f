"""The pages on which people without an account see, download and erase what is stored under their e-mail address.

The link to these pages is mailed to the e-mail address. A request for it gets the same response for every address: only
the worker finds out whether something is stored.
"""

from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from blog.models import Blog
from blog.reading.pages import personal_page
from comments import personal_data
from comments.mailing import contents, outgoing
from comments.mailing.forms import EmailForm
from comments.models import Comment, OutgoingEmail, Subscription
from comments.posting import proven_email
from comments.views.subscriptions import invalid_link_page
from core.mailing import signed_links
from core.mailing.signed_links import Purpose
from core.privacy.networks import network_key
from core.site import override_locale

MAX_LISTED = 100  # comments; the export has all of them
MAX_DIGITS = 18  # of a subscription's pk; the largest integer that a database stores has 19

View = Callable[..., HttpResponse]


@require_http_methods(["GET", "HEAD", "POST"])
def request_link(request: HttpRequest) -> HttpResponse:
    """The form for the e-mail address, which posts to the same URL."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _send_link(form.cleaned_data["email"], network_key(request))
        return _redirect(f"{request.path}?sent")
    context = {"form": form, "is_sent": "sent" in request.GET, "minutes": contents.ACCESS_LIFETIME.seconds // 60}
    return personal_page(
        request, "comments/personal_data.html", context, blog=Blog.load(), status=400 if form.errors else 200
    )


@transaction.atomic
def _send_link(email: str, network_key: bytes) -> None:
    if outgoing.may_request(email, network_key):
        outgoing.send_requested(OutgoingEmail.Kind.ACCESS, email=email, network_key=network_key)


def requires_access_link(view: Callable[[HttpRequest, OutgoingEmail], HttpResponse]) -> View:
    """Pass the message that held the link to the view. If the link expired, or after an erasure, return a 404."""

    @wraps(view)
    def wrapper(request: HttpRequest, token: str) -> HttpResponse:
        numbers = signed_links.read(Purpose.ACCESS, token, max_age=contents.ACCESS_LIFETIME)
        message = OutgoingEmail.objects.filter(pk=numbers[0]).first() if numbers else None
        return view(request, message) if message else invalid_link_page(request)

    return wrapper


@require_http_methods(["GET", "HEAD", "POST"])
@requires_access_link
def overview(request: HttpRequest, message: OutgoingEmail) -> HttpResponse:
    """Everything that is stored under the e-mail address, with a button that ends each subscription."""
    if request.method == "POST":
        pk = request.POST.get("stop", "")
        if pk.isascii() and pk.isdigit() and len(pk) <= MAX_DIGITS:
            Subscription.objects.filter(pk=pk, email=message.email).end()
        return _redirect(request.path)
    comments = personal_data.comments_of(message.email).order_by("-pk")
    listed = list(comments.select_related("discussion__post__blog")[:MAX_LISTED])
    public = Comment.objects.public().counted().filter(pk__in=[comment.pk for comment in listed])
    public_pks = set(public.values_list("pk", flat=True))
    context = {
        "email": message.email,
        "count": comments.count(),
        "comments": [(comment, comment.pk in public_pks) for comment in listed],
        "subscriptions": Subscription.objects.filter(email=message.email)
        .select_related("discussion__post__blog")
        .order_by("pk"),
        "minutes": contents.ACCESS_LIFETIME.seconds // 60,
    }
    return personal_page(request, "comments/personal_data_page.html", context, blog=Blog.load())


@require_safe
@requires_access_link
def export_json(request: HttpRequest, message: OutgoingEmail) -> HttpResponse:
    options = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(personal_data.export(message.email), json_dumps_params=options)
    return _download(response, "json")


@require_safe
@requires_access_link
def export_html(request: HttpRequest, message: OutgoingEmail) -> HttpResponse:
    blog = Blog.load()
    with override_locale(blog):
        data = personal_data.export(message.email)
        titles = {"comments": _("Comments"), "subscriptions": _("Subscriptions"), "letters": _("Mail")}
        parts = [
            (title, [personal_data.labelled_fields(record) for record in data[name]]) for name, title in titles.items()
        ]
        response = render(request, "comments/export.html", {"blog": blog, "data": data, "parts": parts})
    return _download(response, "html")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_access_link
def erase(request: HttpRequest, message: OutgoingEmail) -> HttpResponse:
    """Ask for confirmation, then erase."""
    is_done = request.method == "POST"
    count = personal_data.comments_of(message.email).count()
    if is_done:
        personal_data.start_erasure(message)
    context = {"is_done": is_done, "email": message.email, "count": count}
    response = personal_page(request, "comments/erase.html", context, blog=Blog.load())
    if is_done:
        proven_email.delete_cookie(response)
    return response


def _download(response: HttpResponse, extension: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="comments.{extension}"'
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


def _redirect(path: str) -> HttpResponse:
    response = HttpResponseRedirect(path, status=303)
    response["Cache-Control"] = "no-store"
    return response
