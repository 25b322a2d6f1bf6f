"""Recovers what somebody typed into a form that failed, so that a page can show it to them again."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

MAX_SHORT_TEXT = 60  # characters; a shorter text is quickly typed again
SECRET_FIELDS = ("password", "csrf")  # parts of field names


def long_texts(request: HttpRequest) -> list[str]:
    """The long texts in the form, in its order. Empty if the request contains no readable form.

    Never raises an error: the caller is already reporting one.
    """
    try:
        values = [value for name, value in request.POST.items() if not any(part in name for part in SECRET_FIELDS)]
    except (BadRequest, MultiPartParserError, OSError, SuspiciousOperation):  # OSError: the body did not arrive
        return []
    return [value for value in values if isinstance(value, str) and (len(value) > MAX_SHORT_TEXT or "\n" in value)]
