"""The pages on which somebody without an account sees, takes along and erases what is kept under their address.

The way there is a link that is mailed to the address. Asking for it is answered alike for every address: whether
something is kept, only the worker finds out.
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
from comments.views.subscriptions import closed_page
from core.mailing import signed_links
from core.mailing.signed_links import Purpose
from core.privacy.networks import network_key
from core.site import override_locale

MOST_LISTED = 100  # comments; the export has all

View = Callable[..., HttpResponse]


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form in which one types one's address, and where it is sent to."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _send_link(form.cleaned_data["email"], network_key(request))
        return _see(f"{request.path}?sent")
    context = {"form": form, "is_sent": "sent" in request.GET, "minutes": contents.ACCESS_LASTS.seconds // 60}
    return personal_page(
        request, "comments/personal_data.html", context, blog=Blog.load(), status=400 if form.errors else 200
    )


@transaction.atomic
def _send_link(email: str, network_key: bytes) -> None:
    if outgoing.may_ask(email, network_key):
        outgoing.ask(OutgoingEmail.Kind.ACCESS, email=email, network_key=network_key)


def behind_link(view: Callable[[HttpRequest, OutgoingEmail], HttpResponse]) -> View:
    """Give a view the letter that led here. For a link that ran out, or after an erasure, there is no page."""

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        numbers = signed_links.read(Purpose.ACCESS, token, max_age=contents.ACCESS_LASTS)
        letter = OutgoingEmail.objects.filter(pk=numbers[0]).first() if numbers else None
        return view(request, letter) if letter else closed_page(request)

    return opened


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def page(request: HttpRequest, letter: OutgoingEmail) -> HttpResponse:
    """All that is kept under the address; each subscription can be stopped."""
    if request.method == "POST":
        number = request.POST.get("stop", "")
        if number.isascii() and number.isdigit() and len(number) < 19:  # the largest that a database holds has 19
            Subscription.objects.filter(pk=number, email=letter.email).end()
        return _see(request.path)
    comments = personal_data.comments_of(letter.email).order_by("-pk")
    listed = list(comments.select_related("discussion__post__blog")[:MOST_LISTED])
    readable = Comment.objects.public().counted().filter(pk__in=[comment.pk for comment in listed])
    seen = set(readable.values_list("pk", flat=True))
    context = {
        "email": letter.email,
        "count": comments.count(),
        "comments": [(comment, comment.pk in seen) for comment in listed],
        "wishes": Subscription.objects.filter(email=letter.email)
        .select_related("discussion__post__blog")
        .order_by("pk"),
        "minutes": contents.ACCESS_LASTS.seconds // 60,
    }
    return personal_page(request, "comments/personal_data_page.html", context, blog=Blog.load())


@require_safe
@behind_link
def export_json(request: HttpRequest, letter: OutgoingEmail) -> HttpResponse:
    options = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(personal_data.export(letter.email), json_dumps_params=options)
    return _download(response, "json")


@require_safe
@behind_link
def export_html(request: HttpRequest, letter: OutgoingEmail) -> HttpResponse:
    blog = Blog.load()
    with override_locale(blog):
        kept = personal_data.export(letter.email)
        titles = {"comments": _("Comments"), "subscriptions": _("Subscriptions"), "letters": _("Mail")}
        parts = [(title, [personal_data.labelled(record) for record in kept[name]]) for name, title in titles.items()]
        response = render(request, "comments/export.html", {"blog": blog, "kept": kept, "parts": parts})
    return _download(response, "html")


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def erase(request: HttpRequest, letter: OutgoingEmail) -> HttpResponse:
    """First the question, then the deed."""
    is_done = request.method == "POST"
    count = personal_data.comments_of(letter.email).count()
    if is_done:
        personal_data.erase_behind(letter)
    context = {"is_done": is_done, "email": letter.email, "count": count}
    response = personal_page(request, "comments/erase.html", context, blog=Blog.load())
    if is_done:
        proven_email.take_back(response)
    return response


def _download(response: HttpResponse, ending: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="comments.{ending}"'
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


def _see(address: str) -> HttpResponse:
    response = HttpResponseRedirect(address, status=303)
    response["Cache-Control"] = "no-store"
    return response
