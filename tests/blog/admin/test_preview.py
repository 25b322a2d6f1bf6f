"""The preview in the admin: the page that readers would see, made from a form. Nothing is stored."""

import pytest
from django.test import Client
from django.urls import reverse

from blog.models import PermissionEvent, Post, Repost
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import Submission, change_url, resubmission
from tests.conftest import GUEST_MARK, MakeRepost

ADD = reverse("admin:blog_post_add")
PREVIEW = reverse("admin:blog_post_preview")
TEXT_FIELDS = [
    "title",
    "introduction",
    "body",
    "repost-0-text",
    "repost-0-note",
    "repost-0-source_title",
    "repost-0-source_url",
    "repost-0-language",
    "videos-0-title",
    "videos-0-page_url",
    "videos-0-transcript",
]


def preview_url(post: Post) -> str:
    return reverse("admin:blog_post_preview", args=[post.pk])


def test_the_preview_of_a_new_post_shows_its_page_and_stores_nothing(
    desk: Client, repost_submission: Submission
) -> None:
    page = desk.post(PREVIEW, repost_submission | {"body": "My *own* words."}).content.decode()
    for shown in ("On cameras", "A colleague writes:", GUEST_MARK, "Ada Colleague", "The clip", "<em>own</em>"):
        assert shown in page
    assert not Post.objects.exists()
    assert not PermissionEvent.objects.exists()


def test_the_preview_of_a_stored_post_shows_what_is_typed_and_changes_nothing(
    desk: Client, permitted_repost: Post
) -> None:
    data = resubmission(desk, permitted_repost, **{"introduction": "Typed now.", "repost-0-text": "Their new words."})
    before = Post.objects.values().get(), Repost.objects.values().get()
    page = desk.post(preview_url(permitted_repost), data).content.decode()
    assert "Typed now." in page
    assert "Their new words." in page
    assert (Post.objects.values().get(), Repost.objects.values().get()) == before
    assert permitted_repost.repost.events.count() == 1


def test_the_preview_shows_words_before_a_permission_is_stated(desk: Client, make_repost: MakeRepost) -> None:
    post = make_repost("draft", stated=False, basis="")
    assert GUEST_MARK in desk.post(preview_url(post), resubmission(desk, post)).content.decode()


def test_the_preview_names_a_missing_author(desk: Client, repost_submission: Submission) -> None:
    page = desk.post(PREVIEW, repost_submission | {"credits-0-person": ""}).content.decode()
    assert "— author not named yet, " in page


def test_an_unfinished_form_has_a_preview(desk: Client, repost_submission: Submission) -> None:
    unfinished = {"title": "", "slug": "", "author": "", "language": "?", "repost-0-source_url": "no URL"}
    response = desk.post(PREVIEW, repost_submission | unfinished | {"videos-0-page_url": "https://video.example/1"})
    assert response.status_code == 200
    assert GUEST_MARK in response.content.decode()


@pytest.mark.parametrize("data", [{}, {"title": "Only this"}, {"repost-TOTAL_FORMS": "x", "title": "a\x00b"}])
def test_no_form_is_a_server_error(desk: Client, data: dict[str, str]) -> None:
    assert desk.post(PREVIEW, data).status_code == 200


def test_parts_to_be_deleted_are_not_in_the_preview(desk: Client, make_repost: MakeRepost) -> None:
    post = make_repost("draft", stated=False)
    data = resubmission(desk, post, **{"repost-0-DELETE": "on"})
    assert GUEST_MARK not in desk.post(preview_url(post), data).content.decode()


def test_only_pages_of_the_site_may_frame_the_preview_and_no_cache_stores_it(
    desk: Client, repost_submission: Submission
) -> None:
    response = desk.post(PREVIEW, repost_submission)
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    form = desk.get(ADD)
    assert form["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in form["Content-Security-Policy"]


def test_the_preview_needs_a_login(repost_submission: Submission, permitted_repost: Post) -> None:
    for url in (PREVIEW, preview_url(permitted_repost)):
        assert "/admin/login/" in Client().post(url, repost_submission)["Location"]


def test_a_get_request_redirects_to_the_list(desk: Client) -> None:
    assert desk.get(PREVIEW)["Location"] == reverse("admin:blog_post_changelist")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_survives_the_preview_or_the_form(desk: Client, repost_submission: Submission, attack: str) -> None:
    hostile = repost_submission | dict.fromkeys(TEXT_FIELDS, attack)
    assert_harmless(desk.post(PREVIEW, hostile).content.decode(), page=True)
    refused = desk.post(ADD, hostile)
    assert refused.status_code == 200
    assert_harmless(refused.content.decode(), page=True)


def test_the_list_and_the_log_show_a_hostile_title_as_typed(desk: Client, own_post: Post) -> None:
    Post.objects.update(title="<script>alert(1)</script>")
    own_post.refresh_from_db()
    desk.post(change_url(own_post), resubmission(desk, own_post, body="Other."))
    for url in (reverse("admin:blog_post_changelist"), reverse("admin:index"), change_url(own_post)):
        assert_harmless(desk.get(url).content.decode(), page=True)
