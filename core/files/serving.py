"""Public media as they leave the house: of a type that we name, and unable to do anything but be looked at."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from threading import BoundedSemaphore

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.extension_points import MEDIA_TYPES, RESTRICTED_MEDIA
from core.files import content_names, ranges, storages
from core.files.images import KINDS
from core.page_cache import public_cache_control

PICTURE_TYPES = {f".{kind.extension}": kind.media_type for kind in KINDS.values()}
POLICY = "default-src 'none'; sandbox"
# At its own address a film plays in a page that the browser makes, and which loads it only if both are of one origin.
# Scripts run in neither.
FILM_POLICY = "default-src 'none'; media-src 'self'; sandbox allow-same-origin"
# How many long answers a process gives at once: each holds one of its few threads for as long as a reader's line takes.
LONG_ANSWERS = BoundedSemaphore(2)
# What Django's storages make of a name. Nothing hidden, no way up, no NUL: such a path never reaches the storage.
PLAIN_PATH = re.compile(r"([\w-][\w.-]*/)*[\w-][\w.-]*")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RestrictedMedia:
    """Folders of media whose files are public only under a condition that may cease to hold.

    `folders` end with a slash. `is_public` takes a path in the default storage. Staff with `permission` may always see
    the files.
    """

    folders: tuple[str, ...]
    is_public: Callable[[str], bool]
    permission: str


@require_safe
def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file at `path` in the default storage or the part that is asked for, or a 404."""
    if not PLAIN_PATH.fullmatch(path):
        return _not_there()
    restriction = _restriction_of(path)
    is_public = restriction is None or restriction.is_public(path)
    if restriction and not (is_public or request.user.has_perm(restriction.permission)):
        return _not_there()
    try:
        file = default_storage.open(path)
    except OSError:
        return _not_there()
    except storages.Away as problem:
        log.warning("Media cannot be read: %s", problem)
        return _later(_("Pictures and films cannot be reached just now. Try it again in a minute."))
    try:
        response = _answer(request, path, file)
    except OSError:  # deleted at this moment
        file.close()
        return _not_there()
    if not response.streaming:
        file.close()
    # On every answer: what a 304 says of a file, a browser's cache notes down for the file.
    response["Content-Security-Policy"] = FILM_POLICY if (_media_type(path) or "").startswith("video/") else POLICY
    response["X-Content-Type-Options"] = "nosniff"
    if not is_public and response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-store"
    return response


def _answer(request: HttpRequest, path: str, file: File[bytes]) -> HttpResponseBase:
    """By the order that RFC 9110 sets: first what the reader has already, then what part is asked for."""
    size = file.size
    whole = HttpResponse(headers=_headers(path, size))
    known = get_conditional_response(request, whole.get("ETag"), None, whole)
    if known is not whole or request.method == "HEAD":  # for which no ranges are defined
        return known or whole
    try:
        span = ranges.asked_for(_range_header(request, whole), size)
    except ranges.Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Cache-Control": "max-age=0"})
    return _stream(file, whole, span)


def _stream(file: File[bytes], whole: HttpResponse, span: ranges.Span | None) -> HttpResponseBase:
    """The part in `span`, or all of the file. Where too many read long ones, a player gets less at a time."""
    size = file.size
    wanted = span or ranges.Span(0, size)
    has_slot = wanted.is_long and LONG_ANSWERS.acquire(blocking=False)
    if wanted.is_long and not has_slot:
        if span is None:
            return _later(_("Too many files are being sent just now. Try it again in a minute."))
        wanted = wanted.shortened()
    part = ranges.Part(file, wanted, *([LONG_ANSWERS.release] if has_slot else []))
    response = StreamingHttpResponse(part, headers=dict(whole.items()))
    if span:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.end - 1}/{size}"
        response["Content-Length"] = str(len(wanted))
    return response


def _headers(path: str, size: int) -> dict[str, str]:
    """What is said of the whole file."""
    media_type = _media_type(path)
    headers = {
        "Content-Type": media_type or "application/octet-stream",
        "Content-Length": str(size),
        # Of what we know, without a name: it would count for more than the one that the page gives to a download.
        "Content-Disposition": "inline" if media_type else _as_download(path),
        "Accept-Ranges": "bytes",
        "Cache-Control": _cache_control(path),
    }
    return headers | ({"ETag": etag} if (etag := _etag(path, size)) else {})


def _cache_control(path: str) -> str:
    """A file named by its content never changes; any other is asked for again after an hour. What belongs to a video
    may have to go: it is asked for each time, and not sent again.
    """
    if _restriction_of(path):
        return public_cache_control(200)
    return f"public, max-age={'31536000, immutable' if content_names.is_by_content(path) else 3600}"


def _media_type(path: str) -> str | None:
    suffix = PurePosixPath(path).suffix
    return PICTURE_TYPES.get(suffix) or MEDIA_TYPES.get(suffix)


def _restriction_of(path: str) -> RestrictedMedia | None:
    return next((restricted for restricted in RESTRICTED_MEDIA if path.startswith(restricted.folders)), None)


def _as_download(path: str) -> str:
    return content_disposition_header(True, PurePosixPath(path).name) or "attachment"


def _etag(path: str, size: int) -> str:
    """A strong one, by which a player knows that the next part is of the same file; nothing where none can be had."""
    if content_names.is_by_content(path):
        return f'"{PurePosixPath(path).stem}"'
    try:
        return f'"{size:x}-{default_storage.get_modified_time(path).timestamp():.6f}"'
    except NotImplementedError:
        return ""


def _range_header(request: HttpRequest, whole: HttpResponse) -> str:
    """What part is asked for; nothing where it is asked for of another version than we have."""
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() != whole.get("ETag"):
        return ""
    return request.headers.get("Range", "")


def _later(sentence: str) -> HttpResponse:
    response = HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = "60"
    response["Cache-Control"] = "no-store"
    return response


def _not_there() -> HttpResponseNotFound:
    response = HttpResponseNotFound(_("There is no such file."), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "max-age=0"
    return response
