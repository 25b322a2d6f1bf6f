"""Whether a form was sent from one of our own pages, told by what browsers say and no script can forge.

Public pages hold no token, since any cache may keep them. `Sec-Fetch-Site` is sent by every current browser over https
and on localhost; over plain http only `Origin` is.
"""

from django.conf import settings
from django.http import HttpRequest


def is_own(request: HttpRequest) -> bool:
    """False is no proof of malice: old browsers and some proxies send neither header. Then the person is asked."""
    fetched_from: str | None = request.META.get("HTTP_SEC_FETCH_SITE")
    if fetched_from is not None:
        return fetched_from == "same-origin"
    return request.META.get("HTTP_ORIGIN") in _own_origins(request)


def _own_origins(request: HttpRequest) -> set[str]:
    """The address of the site; on one's own machine also the one in use, as localhost and 127.0.0.1 are the same."""
    origins = {settings.SITE_URL}
    if settings.IS_LOCAL:
        origins.add(f"{request.scheme}://{request.get_host()}")
    return origins
