"""System checks for settings that are valid but probably not intended."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.core.files.storage import storages
from django.db import DatabaseError
from django.db.models import Count, Q

from comments.models import Comment
from core import clock
from core.files.storages import StorageUnavailable
from core.privacy import networks

ONE_NETWORK_FROM = 20  # comments; fewer may well come from one household
ONE_NETWORK_WITHIN = timedelta(days=7)


@register(Tags.security, deploy=True)
def mail_leaves_this_machine(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """W001: a public site writes its mail to a folder instead of sending it."""
    if settings.IS_LOCAL or not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        return []
    return [
        Warning(
            "E-mails are written to DATA/mail and not sent.",
            hint="Set EMAIL_URL, e.g. smtp+tls://user:password@mail.example.org:587.",
            id="imprimatur.W001",
        )
    ]


@register(Tags.security, deploy=True)
def proxies_are_trusted(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """W002: no proxy is trusted, so all visitors seem to come from one network and share its limits."""
    if settings.IS_LOCAL or settings.TRUSTED_PROXIES:
        return []
    return [
        Warning(
            f"All visitors count as one: together they can send {settings.COMMENTS_PER_HOUR} comments an hour.",
            hint="Set TRUSTED_PROXIES to the IP address of the web server in front of this site, e.g. 127.0.0.1.",
            id="imprimatur.W002",
        )
    ]


@register(Tags.security, deploy=True)
def the_bucket_is_private(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """W004: the bucket answers strangers, or does not even answer us. It holds the evidence of permissions."""
    private = storages["private"]
    if not hasattr(private, "is_publicly_readable"):
        return []  # a folder
    try:
        if not private.is_publicly_readable():
            return []
        problem, hint = (
            "Anybody who knows the URL of a file in the bucket can read it.",
            "Block all public access to it.",
        )
    except (StorageUnavailable, OSError) as error:
        problem, hint = (
            f"The bucket in MEDIA_STORAGE cannot be used: {error}.",
            "Check its URL, its key and its access rights.",
        )
    return [Warning(problem, hint=hint, id="imprimatur.W004")]


@register(Tags.database)
def visitors_come_from_several_networks(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W003: all comments seem to come from one network: a proxy is not trusted, or does not name the client."""
    if settings.IS_LOCAL or not any(_all_from_one_network(alias) for alias in databases or ()):
        return []
    return [
        Warning(
            "All comments of the last seven days seem to come from one network, so all visitors share one limit.",
            hint="List all proxies in front of this site in TRUSTED_PROXIES, and let each of them set X-Forwarded-For.",
            id="imprimatur.W003",
        )
    ]


def _all_from_one_network(alias: str) -> bool:
    """Return whether many comments share one network key. Each week is counted alone: its keys are new."""
    now = clock.now()
    sent = Comment.objects.using(alias).filter(network_key__isnull=False, created_at__gt=now - ONE_NETWORK_WITHIN)
    this_week = Q(created_at__gte=networks.week_of(now))
    try:
        counted = sent.order_by().aggregate(
            comments=Count("pk"),
            before=Count("network_key", filter=~this_week, distinct=True),
            since=Count("network_key", filter=this_week, distinct=True),
        )
    except DatabaseError:
        return False  # not migrated yet
    return bool(counted["comments"] >= ONE_NETWORK_FROM and max(counted["before"], counted["since"]) == 1)
