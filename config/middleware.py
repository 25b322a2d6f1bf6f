"""Middleware that neither Django nor django-csp has: security headers, and checks of request bodies."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# Encrypted media, fullscreen and picture-in-picture stay allowed, because the players of embedded videos need them.
UNUSED_FEATURES = (
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
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)


def permissions_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Deny the browser features that no page of ours uses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware


def plain_bodies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse bodies that no form of ours sends: those that are too long, or in another encoding than UTF-8.

    Django limits the fields of a form, but it writes files of any size to disk, and does so for strangers, before any
    view checks who they are. It also fails on codecs of Python that are no text encodings, such as rot13.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.REQUEST_MAX_BYTES and int(length) > max_body_bytes(request):
            raise RequestDataTooBig("The body is too long for this request.")
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise BadRequest("The body is not in UTF-8.")
        return get_response(request)

    return middleware


def max_body_bytes(request: HttpRequest) -> int:
    """The limit for the body of this request. The form of a post may contain a film if the user may add one.

    Call it for long bodies only, because it loads the session; for other requests no cookie is read.
    """
    if not request.path.startswith(reverse("admin:blog_post_changelist")):
        return settings.REQUEST_MAX_BYTES
    user = request.user
    may_upload_film = user.is_staff and (user.has_perm("blog.add_video") or user.has_perm("blog.change_video"))
    return settings.REQUEST_MAX_BYTES + (settings.VIDEO_MAX_BYTES if may_upload_film else 0)
