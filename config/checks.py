"""System checks for settings that are legal but not meant."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def mail_leaves_this_machine(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """W001: a public site that only writes its mail into a folder."""
    if settings.IS_LOCAL or not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        return []
    return [
        Warning(
            "Mail is only written into DATA/mail.",
            hint="Set EMAIL_URL, e.g. smtp+tls://user:password@mail.example.org:587.",
            id="imprimatur.W001",
        )
    ]


@register(Tags.security, deploy=True)
def visitors_are_told_apart(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """W002: a site that believes no web server in front of it who asks, so that all visitors share one limit."""
    if settings.IS_LOCAL or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            f"All visitors count as one: the whole world can send {settings.COMMENTS_PER_HOUR} comments an hour.",
            hint="Set TRUSTED_PROXIES to the address of the web server in front of us, e.g. 127.0.0.1.",
            id="imprimatur.W002",
        )
    ]
