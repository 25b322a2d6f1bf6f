"""Check whether a form was sent from one of our own pages, by request headers that no script can forge.

Public pages hold no token, because any cache may store them. Every current browser sends `Sec-Fetch-Site` over https
and on localhost; over plain http it sends only `Origin`.
"""

from django.conf import settings
from django.http import HttpRequest


def is_same_origin(request: HttpRequest) -> bool:
    """Whether the browser says that the request comes from our own page.

    False proves no attack: old browsers and some proxies send neither header. The commenter is then asked to confirm.
    """
    fetched_from: str | None = request.META.get("HTTP_SEC_FETCH_SITE")
    if fetched_from is not None:
        return fetched_from == "same-origin"
    return request.META.get("HTTP_ORIGIN") in _own_origins(request)


def _own_origins(request: HttpRequest) -> set[str]:
    """The origin of the site; on a developer's machine also the one in use, as localhost and 127.0.0.1 are the same."""
    origins = {settings.SITE_URL}
    if settings.IS_LOCAL:
        origins.add(f"{request.scheme}://{request.get_host()}")
    return origins
