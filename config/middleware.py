"""What neither Django nor django-csp does: some headers, and a look at a request's body before it is read."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse

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


def plain_bodies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse bodies that no form of ours sends: too long, or in another encoding than UTF-8.

    Django bounds the fields of a form, but writes files of any size to disk, for strangers too and before any view
    has asked who they are; and it trips over encodings that Python knows but that hold no text, such as rot13.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.REQUEST_MAX_BYTES:
            raise RequestDataTooBig("The body is longer than REQUEST_MAX_BYTES.")
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in ("utf-8", "utf8"):
            raise BadRequest("The body is not in UTF-8.")
        return get_response(request)

    return middleware
