from django.http import HttpRequest


def proved(request: HttpRequest) -> str:
    """Stub."""
    return ""
