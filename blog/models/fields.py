"""Kinds of field that several models share."""

import secrets
import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# Crockford's: no I, L, O or U, so that a public id can be read out over the telephone.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """Ten random characters (50 bits), never reused."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone. Use one like Europe/Berlin."), params={"name": name})


class ProseField(models.TextField[str, str]):
    """Markdown of a post. The limit is ten long essays; rendering takes time that grows faster than the text."""

    MAX_LENGTH = 200_000  # characters; as a validator, since `maxlength` would cut a longer text without a word

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.validators.append(MaxLengthValidator(self.MAX_LENGTH))


class LanguageField(models.CharField[str, str]):
    """A BCP 47 tag. Not a choice from Django's list: scholars quote Latin, Sanskrit and Sogdian."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 35)
        super().__init__(*args, **kwargs)
        self.validators.append(
            RegexValidator(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", _("Use a language tag like en, de-AT or la."))
        )


class HttpURLField(models.CharField[str, str]):
    """An http or https address. Long, because real sources are; nothing else, because it becomes a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 1000)
        super().__init__(*args, **kwargs)
        self.validators.append(
            URLValidator(schemes=["http", "https"], message=_("Use a whole address that begins with https://."))
        )
