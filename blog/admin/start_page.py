"""What needs the host's attention, for the top of the admin's start page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.admin.filters import SOON
from blog.extension_points import START_PAGE_SECTIONS
from blog.models import Dispute, PermissionEvent, PermissionRequest, Repost, RepostQuerySet, Video
from core import clock
from core.models import Task

RECENT = timedelta(days=30)
MAX_ITEMS = 5

Answer = PermissionRequest.Answer
Kind = PermissionEvent.Kind


@dataclass(frozen=True)
class StartPageSection:
    """One kind of thing that needs attention. `items` are pairs of a URL and a text; `more` is the URL of the rest."""

    heading: str | Promise
    items: list[tuple[str, str]]
    more: str = ""


def _disputes() -> StartPageSection:
    rows = Dispute.objects.filter(state=Dispute.State.OPEN).order_by("created_at")[: MAX_ITEMS + 1]
    found = rows.select_related("repost__post").only("repost__post__title")
    items = [(reverse("admin:blog_dispute_change", args=[row.pk]), str(row.repost.post)) for row in found]
    heading = gettext_lazy("Objections to a credit")
    return _section(heading, items, "admin:blog_dispute_changelist", "?state__exact=open")


def _refusals() -> StartPageSection:
    refused = PermissionRequest.objects.filter(
        answer__in=(Answer.NO, Answer.NOT_MINE), answered_at__gt=clock.now() - RECENT
    )
    rows = refused.select_related("repost__post", "person").only("answer", "person__name", "repost__post__title")
    latest = rows.order_by("-answered_at")[: MAX_ITEMS + 1]
    items = [(_post(row.repost), f"{row.repost.post}: {row.get_answer_display()} ({row.person})") for row in latest]
    return _section(gettext_lazy("Authors who said no"), items, "admin:blog_permissionrequest_changelist")


def _revocations() -> StartPageSection:
    kinds = (Kind.REVOKED, Kind.REVOCATION_ASKED)
    rows = PermissionEvent.objects.filter(kind__in=kinds, at__gt=clock.now() - RECENT).order_by("-at")[: MAX_ITEMS + 1]
    found = rows.select_related("repost__post").only("kind", "repost__post__title")
    items = [(_post(row.repost), f"{row.repost.post}: {row.get_kind_display()}") for row in found]
    heading = gettext_lazy("Authors who ended their permission or asked for that")
    return _section(heading, items, "admin:blog_permissionevent_changelist")


def _ends() -> StartPageSection:
    rows = _reposts().in_force().filter(ends_at__lte=clock.now() + SOON).order_by("ends_at")[: MAX_ITEMS + 1]
    text = _("%(post)s: ends on %(date)s")
    items = [
        (_post(row), text % {"post": row.post, "date": date_format(row.last_day, "DATE_FORMAT")})
        for row in rows
        if row.last_day
    ]
    heading = gettext_lazy("Permissions that end within 30 days")
    return _section(heading, items, "admin:blog_post_changelist", "?permission=ending")


def _stale() -> StartPageSection:
    rows = _reposts().in_force().filter(state=Repost.State.STALE).order_by("state_since")
    items = [(_post(row), str(row.post)) for row in rows[: MAX_ITEMS + 1]]
    heading = gettext_lazy("Words that you edited after the author confirmed them")
    return _section(heading, items, "admin:blog_post_changelist", "?permission=stale")


def _unavailable_videos() -> StartPageSection:
    rows = Video.objects.filter(status=Video.Status.UNAVAILABLE).order_by("-unavailable_since", "-pk")[: MAX_ITEMS + 1]
    found = rows.select_related("post").only("title", "page_url", "file", "post__title")
    items = [(f"{_post(row)}#videos-group", f"{row.post}: {row}") for row in found]
    heading = gettext_lazy("Videos that are no longer available")
    return _section(heading, items, "admin:blog_video_changelist", "?availability=unavailable")


def _section(
    heading: str | Promise, items: list[tuple[str, str]], changelist: str, query: str = ""
) -> StartPageSection:
    more = reverse(changelist) + query if len(items) > MAX_ITEMS else ""
    return StartPageSection(heading, items[:MAX_ITEMS], more)


def _reposts() -> RepostQuerySet:
    return Repost.objects.select_related("post").only("expires_on", "author_end", "post__title")


def _post(part: Repost | Video) -> str:
    return reverse("admin:blog_post_change", args=[part.post_id])


def _failed_tasks() -> StartPageSection:
    rows = Task.objects.filter(failed_at__isnull=False).order_by("-failed_at")[: MAX_ITEMS + 1]
    items = [(reverse("admin:core_task_change", args=[row.pk]), f"{row}: {row.last_error}") for row in rows]
    heading = gettext_lazy("Tasks that failed for good")
    return _section(heading, items, "admin:core_task_changelist", "?failed_at__isempty=0")


# The sections of this module, each with the permission that a user needs to see it.
SECTIONS: list[tuple[str, Callable[[], StartPageSection]]] = [
    ("blog.change_repost", _disputes),
    ("blog.change_repost", _refusals),
    ("blog.change_repost", _revocations),
    ("blog.change_repost", _ends),
    ("blog.change_repost", _stale),
    ("blog.view_video", _unavailable_videos),
    ("core.change_task", _failed_tasks),
]


def sections_for(user: User | AnonymousUser) -> list[StartPageSection]:
    """Return the sections that `user` may see and that have items. Each takes a query or two."""
    sections = [read() for permission, read in START_PAGE_SECTIONS if user.has_perm(permission)]
    return [section for section in sections if section.items]
