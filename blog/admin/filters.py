"""Filters of admin lists: posts by their repost and permission, videos by provider and availability."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import Post, Repost, Video
from blog.videos.references import PROVIDERS, UPLOAD
from core import clock

SOON = timedelta(days=30)


class HasRepost(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("own", _("own words only")), ("repost", _("with a repost"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        if self.value() is None:
            return queryset
        return queryset.filter(repost__isnull=self.value() == "own")


class PermissionState(admin.SimpleListFilter):
    """By permission state as the list shows it: a permission that has ended counts as ended, whatever its state."""

    title = gettext_lazy("permission")
    parameter_name = "permission"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            *((state.value, str(state.label)) for state in Repost.State),
            ("ending", _("ends within 30 days")),
            ("ended", _("ended as agreed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        value = self.value()
        if value is None:
            return queryset
        if value == "ended":
            expired = Repost.objects.filter(state__in=Repost.STATES_IN_FORCE, ends_at__lte=clock.now())
            return queryset.filter(repost__in=expired)
        if value == "ending":
            return queryset.filter(repost__in=Repost.objects.in_force().filter(ends_at__lte=clock.now() + SOON))
        ended = Q(state__in=Repost.STATES_IN_FORCE, ends_at__lte=clock.now(), ends_at__isnull=False)
        return queryset.filter(repost__in=Repost.objects.filter(~ended, state=value))


class Provider(admin.SimpleListFilter):
    """By the names that people know, and only providers that have a video here."""

    title = gettext_lazy("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        used = Video.objects.order_by("provider").values_list("provider", flat=True).distinct()
        return [(key, provider_name(key)) for key in used]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        return queryset if self.value() is None else queryset.filter(provider=self.value())


def provider_name(provider: str) -> str:
    if provider == UPLOAD:
        return _("uploaded here")
    known = PROVIDERS.get(provider)
    return known.name if known else provider


class Availability(admin.SimpleListFilter):
    title = gettext_lazy("availability")
    parameter_name = "availability"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("available", _("available")),
            ("doubtful", _("not found by the last check")),
            ("unavailable", _("no longer available")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        is_unavailable = Q(status=Video.Status.UNAVAILABLE)
        conditions = {
            "available": ~is_unavailable & Q(failures=0),
            "doubtful": ~is_unavailable & Q(failures__gt=0),
            "unavailable": is_unavailable,
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))
