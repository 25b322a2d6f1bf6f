"""What somebody typed into a form that could not be taken, to be shown to them again."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

SHORT = 60  # characters; what is shorter is quickly typed again
SECRET = ("password", "csrf")  # in the names of fields


def long_texts(request: HttpRequest) -> list[str]:
    """The texts of the form, in its order; none where the request holds no form that can be read. Never an error: what
    asks has one to tell of already.
    """
    try:
        typed = [value for name, value in request.POST.items() if not any(part in name for part in SECRET)]
    except (BadRequest, MultiPartParserError, OSError, SuspiciousOperation):  # OSError: the body never came
        return []
    return [value for value in typed if isinstance(value, str) and (len(value) > SHORT or "\n" in value)]
