"""What neither Django nor django-csp does: some headers, and a look at a request's body before it is read."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

# Encrypted media, fullscreen and picture-in-picture stay allowed: players of embedded videos ask for them.
UNUSED = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "microphone",
    "midi",
    "payment",
    "usb",
)
POLICY = ", ".join(f"{feature}=()" for feature in UNUSED)


def permissions_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse the browser features that no page of ours uses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", POLICY)
        return response

    return middleware


class KeptPolicy(CSPMiddleware):
    """django-csp, whose header is built once, where a view asks for no other: each time would be 0.05 ms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self._usual = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.DEBUG or any(name.startswith("_csp") for name in vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._usual)
        return response


def plain_bodies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse bodies that no form of ours sends: too long, or in another encoding than UTF-8.

    Django bounds the fields of a form, but writes files of any size to disk, for strangers too and before any view
    has asked who they are; and it trips over encodings that Python knows but that hold no text, such as rot13.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.REQUEST_MAX_BYTES and int(length) > longest_body(request):
            raise RequestDataTooBig("The body is longer than this request may bring.")
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise BadRequest("The body is not in UTF-8.")
        return get_response(request)

    return middleware


def longest_body(request: HttpRequest) -> int:
    """How many bytes the request may bring: with a film only the form of a post, from somebody who may add one.

    Only for a long body, as it asks for the session: no cookie is read for others.
    """
    if not request.path.startswith(reverse("admin:blog_post_changelist")):
        return settings.REQUEST_MAX_BYTES
    user = request.user
    may_bring_film = user.is_staff and (user.has_perm("blog.add_video") or user.has_perm("blog.change_video"))
    return settings.REQUEST_MAX_BYTES + (settings.VIDEO_MAX_BYTES if may_bring_film else 0)
