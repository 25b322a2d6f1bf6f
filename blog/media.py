"""Public media as they leave the house: of a type that we name, and unable to do anything but be looked at."""

import re
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from blog.pictures import KINDS

MEDIA_TYPES = {f".{kind.extension}": kind.media_type for kind in KINDS.values()}
# What Django's storages make of a name. Nothing hidden, no way up, no NUL: such a path never reaches the storage.
PLAIN_PATH = re.compile(r"([\w-][\w.-]*/)*[\w-][\w.-]*")
NAMED_BY_CONTENT = re.compile(r"[0-9a-f]{32}(_\w+)?")  # blog.pictures; the storage may have added a suffix


@require_safe
def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file at `path` in the default storage, or a 404 that asks no database."""
    if not PLAIN_PATH.fullmatch(path):
        return _not_there()
    try:
        file = default_storage.open(path)
    except OSError:
        return _not_there()
    name = PurePosixPath(path)
    media_type = MEDIA_TYPES.get(name.suffix)
    response = FileResponse(
        file, as_attachment=media_type is None, content_type=media_type or "application/octet-stream"
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = _cache_control(name)
    return response


def _cache_control(name: PurePosixPath) -> str:
    """A file named by its content never changes; any other is asked for again after an hour."""
    if NAMED_BY_CONTENT.fullmatch(name.stem):
        return "public, max-age=31536000, immutable"
    return "public, max-age=3600"


def _not_there() -> HttpResponseNotFound:
    response = HttpResponseNotFound(_("There is no such file."), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "max-age=0"
    return response
