"""The host at the desk: a signed-in browser, and what it sends when a post is written."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from blog.models import Person, Post
from tests.conftest import GUEST_WORDS

Submission = dict[str, Any]


@pytest.fixture
def desk(client: Client, host: Person) -> Client:
    """A browser in which the host is signed in."""
    assert host.user
    client.force_login(host.user)
    return client


@pytest.fixture
def submission(host: Person) -> Submission:
    """What a browser sends for a new draft with a title and nothing else."""
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
        "videos-0-ai_origin": "unknown",
        "videos-0-position": "0",
    }


@pytest.fixture
def repost_submission(submission: Submission, original_author: Person) -> Submission:
    """What a browser sends for a complete repost with a video, to be published now."""
    return submission | {
        "status": "published",
        "introduction": "A colleague writes:",
        "repost-0-text": GUEST_WORDS,
        "repost-0-basis": "permission",
        "repost-0-note": "With her permission I repost here.",
        "credits-0-person": original_author.pk,
        "videos-0-page_url": "https://youtu.be/dQw4w9WgXcQ?t=90",
        "videos-0-title": "The clip",
    }


def resubmission(desk: Client, post: Post, **changes: Any) -> Submission:
    """What a browser sends when the form of a stored post is opened and sent back with `changes`."""
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
    return {name: value for name, value in data.items() if not name.endswith(("cover", "poster"))} | changes


def change_url(post: Post) -> str:
    return reverse("admin:blog_post_change", args=[post.pk])
