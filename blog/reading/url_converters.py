"""Path converters of the site's URLs."""

from django.db.models import BigIntegerField
from django.urls.converters import IntConverter, StringConverter


class PostIdConverter(IntConverter):
    """The primary key of a post. No URL has a number that is too large for the database."""

    def to_python(self, value: str) -> int:
        if len(value) > 19 or int(value) > BigIntegerField.MAX_BIGINT:
            raise ValueError
        return int(value)


class SlugConverter(StringConverter):
    """A slug in any script."""

    regex = r"[-\w]+"


class YearConverter:
    regex = r"[1-9][0-9]{3}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:04d}"


class MonthConverter:
    regex = r"0[1-9]|1[0-2]"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:02d}"


class AuthorTokenConverter(StringConverter):
    """A token made by `secrets.token_urlsafe(32)`."""

    regex = r"[A-Za-z0-9_-]{43}"
