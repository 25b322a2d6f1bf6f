"""Fixtures of the blog's tests: the host's browser, form submissions, and the author's link from an e-mail."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from blog.models import Person, Post, Repost, Video, Wording
from blog.permissions import author_requests, steps
from core.tasks import worker
from tests.blog.mailbox import path_in
from tests.blog.videos.rows import PICTURE, YOUTUBE, YOUTUBE_POSTER, video_of
from tests.conftest import GUEST_MARK, GUEST_WORDS
from tests.core.fetching.other_servers import FarAway, as_json

HOST = "Eldon Host"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECRETS = ("Ada Colleague", "Permitted Repost", GUEST_MARK, "private.example", HOST)

Ask = Callable[..., str]
Submission = dict[str, Any]


@pytest.fixture
def submission(host: Person) -> Submission:
    """The form data of a new draft with only a title."""
    return {
        "version": "",
        "title": "On cameras",
        "slug": "on-cameras",
        "language": "en",
        "author": host.pk,
        "introduction": "",
        "body": "",
        "status": "draft",
        "search_policy": "index",
        "repost-TOTAL_FORMS": "1",
        "repost-INITIAL_FORMS": "0",
        "repost-0-text": "",
        "repost-0-language": "en",
        "repost-0-medium": "email",
        "repost-0-extent": "whole",
        "repost-0-alterations": "none",
        "repost-0-basis": "",
        "credits-TOTAL_FORMS": "1",
        "credits-INITIAL_FORMS": "0",
        "credits-0-role": "author",
        "credits-0-position": "0",
        "videos-TOTAL_FORMS": "1",
        "videos-INITIAL_FORMS": "0",
        "videos-0-part": "post",
        "videos-0-ai_origin": "",
        "videos-0-position": "0",
    }


@pytest.fixture
def repost_submission(submission: Submission, original_author: Person) -> Submission:
    """The form data of a complete repost with a video, to be published now."""
    return submission | {
        "status": "published",
        "introduction": "A colleague writes:",
        "repost-0-text": GUEST_WORDS,
        "repost-0-basis": "permission",
        "repost-0-note": "With her permission I repost here.",
        "credits-0-person": original_author.pk,
        "videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ?t=90",
        "videos-0-title": "The clip",
        "videos-0-ai_origin": "unknown",
    }


@pytest.fixture
def all_providers(settings: Settings) -> None:
    """Allow requests to every known provider and to one PeerTube instance."""
    settings.VIDEO_FETCH = True
    settings.PEERTUBE_HOSTS = ("tube.example.org",)


@pytest.fixture
def video(own_post: Post) -> Video:
    """A video at YouTube without any further data."""
    return video_of(own_post)


@pytest.fixture
def well_told(far_away: FarAway) -> FarAway:
    """A server on which YouTube has the video and its poster."""
    far_away.answers |= {YOUTUBE: as_json(title="The clip", author_name="Ada"), YOUTUBE_POSTER: PICTURE}
    return far_away


@pytest.fixture
def repost(permitted_repost: Post) -> Repost:
    return permitted_repost.repost


@pytest.fixture
def ask(mailoutbox: list[EmailMessage]) -> Ask:
    """Return a function that asks the author of a repost for permission and returns the path of the mailed link."""

    def path_of_the_link(post: Post) -> str:
        author_requests.ask(current(post), by=HOST)
        worker.run_due()
        return path_in(mailoutbox[-1])

    return path_of_the_link


@pytest.fixture
def path(ask: Ask, permitted_repost: Post) -> str:
    """The path of a link with which the author can answer."""
    return ask(permitted_repost)


@pytest.fixture
def granted(path: str, client: Client) -> str:
    """The path of a link with which the author has said yes."""
    assert client.post(path, {"act": "yes"}).status_code == 303
    return path


def resubmission(desk: Client, post: Post, **changes: Any) -> Submission:
    """The form data of a saved post as its form shows it, with `changes`."""
    context = desk.get(change_url(post)).context
    forms = [context["adminform"].form]
    for part in context["inline_admin_formsets"]:
        forms += [part.formset.management_form, *part.formset.forms]
    data: Submission = {}
    for form in forms:
        for bound in form:
            value = form[bound.name].value()
            data[bound.html_name] = "" if value is None else value
    moment = data.pop("published_at")
    if moment:
        data |= {"published_at_0": f"{moment:%Y-%m-%d}", "published_at_1": f"{moment:%H:%M:%S}"}
    files = ("cover", "poster", "-file", "captions")  # file fields, for which a browser sends only newly chosen files
    return {name: value for name, value in data.items() if not name.endswith(files)} | changes


def change_url(post: Post) -> str:
    return reverse("admin:blog_post_change", args=[post.pk])


def step_url(post: Post, name: str) -> str:
    """The URL of the form of one permission step."""
    return reverse("admin:blog_post_permission", args=[post.pk, name])


def staff(*codenames: str) -> Client:
    """Return a client signed in as a staff user with only these permissions."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["blog", "core"], codename__in=codenames)
    )
    client = Client()
    client.force_login(user)
    return client


def confirm(repost: Repost, **conditions: Any) -> None:
    """Confirm the current words in the author's name."""
    wording = Wording.objects.of(repost)
    steps.confirm(repost, wording=wording, domain="private.example", conditions=conditions)


def current(post: Post) -> Repost:
    """The repost of a post, freshly loaded."""
    return Repost.objects.select_related("shown").get(post=post)


def step_kinds(post: Post) -> list[str]:
    """The kinds of the ledger's events, in order."""
    return [event.kind for event in current(post).events.all()]


def page(client: Client, path: str) -> str:
    """The HTML of a page, unescaped and with white space collapsed."""
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, by model label."""
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


def assert_closed(client: Client, path: str, status: int) -> None:
    """Assert that a link reveals nothing and changes nothing."""
    before = everything()
    for response in (client.get(path), client.post(path, {"act": "end"}), client.post(path, {"act": "correct_name"})):
        text = response.content.decode()
        assert response.status_code == status
        assert [secret for secret in SECRETS if secret in text] == []
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex"
    assert everything() == before
