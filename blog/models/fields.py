"""Model fields that several models share."""

import secrets
import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# Crockford's Base32, without I, L, O and U, so that a public id can be read out over the telephone.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """Return ten random characters (50 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone. Use one such as Europe/Berlin."), params={"name": name})


class ProseField(models.TextField[str, str]):
    """Markdown of a post.

    The limit is the length of ten long essays: the time of rendering grows faster than the text.
    """

    MAX_LENGTH = 200_000  # characters; not `max_length`, since browsers silently cut off text beyond `maxlength`

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.validators.append(MaxLengthValidator(self.MAX_LENGTH))


class LanguageField(models.CharField[str, str]):
    """A BCP 47 language tag. Django's list of languages is too short: scholars quote Latin, Sanskrit and Sogdian."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 35)
        super().__init__(*args, **kwargs)
        self.validators.append(
            RegexValidator(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", _("Use a language tag such as en, de-AT or la."))
        )


class HttpURLField(models.CharField[str, str]):
    """An http or https URL, since it becomes a link. The length limit allows for the long URLs of real sources."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 1000)
        super().__init__(*args, **kwargs)
        self.validators.append(
            URLValidator(schemes=["http", "https"], message=_("Enter a full URL that begins with https://."))
        )
