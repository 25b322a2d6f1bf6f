"""Serves media files: with a type that we know or as a download, and without any rights in the browser."""

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
from core.files import content_names
from core.files.images import KINDS
from core.files.ranges import ByteRange, RangeNotSatisfiable, RangeReader, parse_range
from core.files.storages import StorageUnavailable
from core.page_cache import public_cache_control

PICTURE_TYPES = {f".{kind.extension}": kind.media_type for kind in KINDS.values()}
POLICY = "default-src 'none'; sandbox"
# At its own URL a film plays in a page that the browser generates, and which loads the film only if both have the same
# origin. Neither policy allows scripts.
FILM_POLICY = "default-src 'none'; media-src 'self'; sandbox allow-same-origin"
# How many long responses a process sends at once: each occupies one of its few threads for as long as a slow connection
# takes.
LONG_RESPONSES = BoundedSemaphore(2)
# What Django's storages make of a name: no hidden file, no "..", no NUL. No other path ever reaches the storage.
PLAIN_PATH = re.compile(r"([\w-][\w.-]*/)*[\w-][\w.-]*")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RestrictedMedia:
    """Folders of media whose files are public only under a condition, which may cease to hold.

    `folders` end with a slash. `is_public` takes a path in the default storage. Staff with `permission` may always see
    the files.
    """

    folders: tuple[str, ...]
    is_public: Callable[[str], bool]
    permission: str


@require_safe
def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file at `path` in the default storage, or the requested range of it; 404 if there is no such file."""
    if not PLAIN_PATH.fullmatch(path):
        return _not_found()
    restriction = _restriction_of(path)
    is_public = restriction is None or restriction.is_public(path)
    if restriction and not (is_public or request.user.has_perm(restriction.permission)):
        return _not_found()
    try:
        file = default_storage.open(path)
    except OSError:
        return _not_found()
    except StorageUnavailable as problem:
        log.warning("Media cannot be read: %s", problem)
        return _unavailable(_("Pictures and films cannot be reached just now. Try again in a minute."))
    try:
        response = _respond(request, path, file)
    except OSError:  # the file has just been deleted
        file.close()
        return _not_found()
    if not response.streaming:
        file.close()
    # On a 304 as well: the browser's cache stores its headers with the file.
    response["Content-Security-Policy"] = FILM_POLICY if (_media_type(path) or "").startswith("video/") else POLICY
    response["X-Content-Type-Options"] = "nosniff"
    if not is_public and response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-store"
    return response


def _respond(request: HttpRequest, path: str, file: File[bytes]) -> HttpResponseBase:
    """Evaluate preconditions first and the range second, which is the order of RFC 9110."""
    size = file.size
    whole = HttpResponse(headers=_headers(path, size))
    conditional = get_conditional_response(request, whole.get("ETag"), None, whole)
    if conditional is not whole or request.method == "HEAD":  # ranges are not defined for HEAD
        return conditional or whole
    try:
        byte_range = parse_range(_range_header(request, whole), size)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Cache-Control": "max-age=0"})
    return _stream(file, whole, byte_range)


def _stream(file: File[bytes], whole: HttpResponse, byte_range: ByteRange | None) -> HttpResponseBase:
    """The bytes in the range, or the whole file. While too many long responses are being sent, ranges are shortened."""
    size = file.size
    wanted = byte_range or ByteRange(0, size)
    has_slot = wanted.is_long and LONG_RESPONSES.acquire(blocking=False)
    if wanted.is_long and not has_slot:
        if byte_range is None:
            return _unavailable(_("Too many files are being sent just now. Try again in a minute."))
        wanted = wanted.shortened()
    chunks = RangeReader(file, wanted, *([LONG_RESPONSES.release] if has_slot else []))
    response = StreamingHttpResponse(chunks, headers=dict(whole.items()))
    if byte_range:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.end - 1}/{size}"
        response["Content-Length"] = str(len(wanted))
    return response


def _headers(path: str, size: int) -> dict[str, str]:
    """The headers of the whole file."""
    media_type = _media_type(path)
    headers = {
        "Content-Type": media_type or "application/octet-stream",
        "Content-Length": str(size),
        # "inline" without a name, which would take precedence over the one that a page gives to a download.
        "Content-Disposition": "inline" if media_type else _as_download(path),
        "Accept-Ranges": "bytes",
        "Cache-Control": _cache_control(path),
    }
    return headers | ({"ETag": etag} if (etag := _etag(path, size)) else {})


def _cache_control(path: str) -> str:
    """Cache content-addressed files for ever and others for an hour. Restricted ones are revalidated each time."""
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
    """A strong ETag, which shows that two ranges are of the same file. Empty if the storage has no times."""
    if content_names.is_by_content(path):
        return f'"{PurePosixPath(path).stem}"'
    try:
        return f'"{size:x}-{default_storage.get_modified_time(path).timestamp():.6f}"'
    except NotImplementedError:
        return ""


def _range_header(request: HttpRequest, whole: HttpResponse) -> str:
    """The Range header; empty if If-Range names another version of the file than ours."""
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() != whole.get("ETag"):
        return ""
    return request.headers.get("Range", "")


def _unavailable(sentence: str) -> HttpResponse:
    response = HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = "60"
    response["Cache-Control"] = "no-store"
    return response


def _not_found() -> HttpResponseNotFound:
    response = HttpResponseNotFound(_("There is no such file."), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "max-age=0"
    return response
