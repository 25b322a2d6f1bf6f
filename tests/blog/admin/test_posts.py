"""Writing a post in the admin: nothing typed is lost, and nothing unfinished is published."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from blog.models import Blog, OldSlug, PermissionEvent, Post, Repost
from blog.permissions import verification
from core import clock
from tests.blog.conftest import Submission, change_url, resubmission, staff
from tests.conftest import GUEST_MARK, GUEST_WORDS, NOON, MakePost, MakeRepost

ADD = reverse("admin:blog_post_add")


def test_one_form_publishes_a_repost(desk: Client, repost_submission: Submission, noon: Any) -> None:
    response = desk.post(ADD, repost_submission)
    assert response.status_code == 302, response.context["errors"]
    post = Post.objects.published().get()
    assert post.published_at == noon
    assert post.repost.is_in_force
    assert GUEST_MARK in post.repost.public_html
    assert [credit.person.name for credit in post.credits.all()] == ["Ada Colleague"]
    video = post.videos.get()
    assert (video.provider, video.provider_id, video.start) == ("youtube", "dQw4w9WgXcQ", 90)
    event = PermissionEvent.objects.get()
    assert (event.kind, event.actor_name) == ("asserted", "Eldon Host")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("credits-0-person", "Say whose words these are"), ("repost-0-basis", "Say on what basis you show these words")],
)
def test_an_incomplete_repost_is_refused_and_everything_typed_is_shown_again(
    desk: Client, repost_submission: Submission, missing: str, sentence: str
) -> None:
    response = desk.post(ADD, repost_submission | {missing: ""})
    page = response.content.decode()
    assert response.status_code == 200
    assert sentence in page
    for typed in ("On cameras", "A colleague writes:", GUEST_WORDS, "With her permission", "youtu.be/dQw4w9WgXcQ"):
        assert typed in page
    assert not Post.objects.exists()
    assert not PermissionEvent.objects.exists()


def test_an_empty_post_is_not_published(desk: Client, submission: Submission) -> None:
    page = desk.post(ADD, submission | {"status": "published"}).content.decode()
    assert "There is nothing to publish yet" in page
    assert not Post.objects.exists()


def test_an_invalid_part_keeps_the_whole_post_from_being_stored(desk: Client, repost_submission: Submission) -> None:
    page = desk.post(ADD, repost_submission | {"videos-0-page_url": "https://video.example/1"}).content.decode()
    assert "YouTube, Vimeo, Dailymotion" in page
    assert not Post.objects.exists()


def test_a_draft_needs_only_a_title_and_is_shown_nowhere(desk: Client, repost_submission: Submission) -> None:
    response = desk.post(ADD, repost_submission | {"status": "draft", "repost-0-basis": "", "credits-0-person": ""})
    assert response.status_code == 302
    post = Post.objects.get()
    assert not PermissionEvent.objects.exists()
    assert not Post.objects.published().exists()
    assert Client().get(post.get_absolute_url()).status_code == 404


def test_own_words_need_no_repost(desk: Client, submission: Submission) -> None:
    desk.post(ADD, submission | {"status": "published", "body": "My own words."})
    assert Post.objects.published().get().passage is None


def test_a_date_in_the_future_schedules_the_post_in_the_time_zone_of_the_blog(
    desk: Client, submission: Submission, noon: Any
) -> None:
    Blog.objects.update(time_zone="Asia/Tokyo")
    moment = {"published_at_0": "2026-12-01", "published_at_1": "09:00:00"}
    response = desk.post(ADD, submission | {"status": "published", "body": "Later."} | moment, follow=True)
    post = Post.objects.get()
    assert post.published_at
    assert post.published_at.isoformat() == "2026-12-01T00:00:00+00:00"
    assert post.is_scheduled
    assert "Dec. 1, 2026, 9 a.m. (Asia/Tokyo)" in response.content.decode()


def test_a_scheduled_post_can_become_a_draft_again_and_a_public_post_cannot(desk: Client, make_post: MakePost) -> None:
    scheduled = make_post("scheduled", published_at=clock.now() + timedelta(days=3))
    desk.post(change_url(scheduled), resubmission(desk, scheduled, status="draft"))
    scheduled.refresh_from_db()
    assert scheduled.status == "draft"
    public = make_post("public")
    response = desk.post(change_url(public), resubmission(desk, public, status="draft"))
    assert "Readers have seen this post" in response.content.decode()
    public.refresh_from_db()
    assert public.is_public


@pytest.mark.parametrize(
    "invalid",
    [
        {"published_at_0": "0026-11-01", "published_at_1": "09:00"},
        {"published_at_0": "9999-12-31", "published_at_1": "23:00"},
        {"published_at_0": "31.31.2026", "published_at_1": "25:00"},
        {"repost-0-expires_on": "9999-12-31"},
        {"repost-0-expires_on": "0001-01-01"},
        {"author": "999999"},
        {"slug": "no/slug"},
        {"repost-TOTAL_FORMS": ""},
    ],
)
def test_invalid_values_are_refused_in_the_form(
    desk: Client, repost_submission: Submission, invalid: Submission
) -> None:
    response = desk.post(ADD, repost_submission | invalid)
    assert response.status_code == 200
    assert "Please correct the error" in response.content.decode()
    assert not Post.objects.exists()


def test_a_cover_is_checked_and_re_encoded_as_a_picture(desk: Client, submission: Submission) -> None:
    picture = BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    page = desk.post(ADD, submission | {"cover": SimpleUploadedFile("a.png", b"<script>", "image/png")}).content
    assert "This file cannot be read as a picture" in page.decode()
    cover = SimpleUploadedFile("evil.html", picture.getvalue(), "text/html")
    assert (
        "Describe in a few words what the cover shows" in desk.post(ADD, submission | {"cover": cover}).content.decode()
    )
    cover.seek(0)
    desk.post(ADD, submission | {"cover": cover, "cover_alt": "Black."})
    assert Post.objects.get().cover.name.endswith(".png")


def test_withdrawing_in_the_form_leaves_a_tombstone(desk: Client, own_post: Post) -> None:
    data = resubmission(desk, own_post, status="withdrawn", withdrawal_note="It was wrong.")
    assert desk.post(change_url(own_post), data).status_code == 302
    own_post.refresh_from_db()
    assert own_post.is_gone
    assert own_post.withdrawal_note == "It was wrong."


def test_submitting_an_unchanged_form_changes_nothing(desk: Client, permitted_repost: Post) -> None:
    before = Post.objects.values().get(pk=permitted_repost.pk)
    assert before["published_at"]
    before["published_at"] = before["published_at"].replace(microsecond=0)
    assert desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost)).status_code == 302
    assert Post.objects.values().get(pk=permitted_repost.pk) == before
    assert permitted_repost.repost.events.count() == 1


def test_editing_the_content_of_a_public_post_marks_it_as_updated_and_editing_its_options_does_not(
    desk: Client, noon: Any, own_post: Post
) -> None:
    desk.post(change_url(own_post), resubmission(desk, own_post, summary="In short."))
    own_post.refresh_from_db()
    assert own_post.updated_at is None
    desk.post(change_url(own_post), resubmission(desk, own_post, body="Other words."))
    own_post.refresh_from_db()
    assert own_post.updated_at == NOON


def test_the_ledger_records_edited_words_and_terms(desk: Client, permitted_repost: Post) -> None:
    desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost, **{"repost-0-text": "Other."}))
    desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost, **{"repost-0-note": "Other."}))
    kinds = list(permitted_repost.repost.events.order_by("number").values_list("kind", flat=True))
    assert kinds == ["asserted", "words_edited", "terms_changed"]
    assert verification.broken_rows(permitted_repost.repost) == []


def test_the_basis_of_stated_words_cannot_be_removed(desk: Client, permitted_repost: Post) -> None:
    data = resubmission(desk, permitted_repost, **{"repost-0-basis": ""})
    response = desk.post(change_url(permitted_repost), data)
    assert response.status_code == 200
    assert "The ledger records a basis" in response.content.decode()


def test_a_changed_slug_redirects_the_old_url(desk: Client, own_post: Post) -> None:
    old_url = own_post.get_absolute_url()
    desk.post(change_url(own_post), resubmission(desk, own_post, slug="new-slug"))
    assert OldSlug.objects.get().slug == "own-post"
    assert Client().get(old_url)["Location"].endswith("/new-slug/")


def test_a_version_saved_in_another_tab_is_not_overwritten_without_a_warning(desk: Client, own_post: Post) -> None:
    mine = resubmission(desk, own_post, body="What I typed.")
    desk.post(change_url(own_post), resubmission(desk, own_post, body="What they saved."))
    refused = desk.post(change_url(own_post), mine)
    page = refused.content.decode()
    assert "was saved elsewhere" in page
    assert "What I typed." in page
    assert "What they saved." in page
    version = refused.context["adminform"].form["version"].value()
    assert desk.post(change_url(own_post), mine | {"version": version}).status_code == 302
    own_post.refresh_from_db()
    assert own_post.body == "What I typed."


def test_a_repost_added_in_another_tab_is_no_server_error(
    desk: Client, own_post: Post, repost_submission: Submission
) -> None:
    parts = {name: value for name, value in repost_submission.items() if name.startswith(("repost", "credits"))}
    mine = resubmission(desk, own_post) | parts
    assert desk.post(change_url(own_post), resubmission(desk, own_post) | parts).status_code == 302
    refused = desk.post(change_url(own_post), mine)
    version = refused.context["adminform"].form["version"].value()
    assert desk.post(change_url(own_post), mine | {"version": version}).status_code == 200
    assert Repost.objects.count() == 1


def test_a_repost_with_a_ledger_stays_and_its_post_cannot_be_deleted(desk: Client, permitted_repost: Post) -> None:
    assert "repost-0-DELETE" not in desk.get(change_url(permitted_repost)).content.decode()
    desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost, **{"repost-0-DELETE": "on"}))
    assert Repost.objects.filter(post=permitted_repost).exists()
    response = desk.post(reverse("admin:blog_post_delete", args=[permitted_repost.pk]), {"post": "yes"})
    assert response.status_code == 403
    desk.post(
        reverse("admin:blog_post_changelist"),
        {"action": "delete_selected", "_selected_action": permitted_repost.pk, "post": "yes"},
    )
    assert Post.objects.filter(pk=permitted_repost.pk).exists()


def test_a_draft_can_be_deleted(desk: Client, make_repost: MakeRepost) -> None:
    post = make_repost("draft", stated=False)
    selected = {"action": "delete_selected", "_selected_action": post.pk, "post": "yes"}
    desk.post(reverse("admin:blog_post_changelist"), selected)
    assert not Post.objects.exists()


def test_the_list_shows_status_and_kind_with_constant_queries(
    desk: Client, make_post: MakePost, make_repost: MakeRepost
) -> None:
    """Session, login, blog, tags and dates of the filters, two counts, posts and credits, for any number of posts."""
    url = reverse("admin:blog_post_changelist")
    make_repost("first")
    desk.get(url)
    with CaptureQueriesContext(connection) as few:
        desk.get(url)
    for number in range(5):
        make_post(f"own-{number}")
        make_repost(f"repost-{number}")
    make_post("later", published_at=clock.now() + timedelta(days=1))
    with CaptureQueriesContext(connection) as many:
        page = desk.get(url).content.decode()
    assert len(many) == len(few) <= 12
    assert not any('"body"' in query["sql"] for query in many)
    for words in ("scheduled", "own words", "repost of Ada Colleague"):
        assert words in page


@pytest.mark.parametrize(
    "query", ["?kind=own", "?kind=repost", "?q=camera", "?status__exact=draft", "?published_at__year=2026"]
)
def test_the_list_can_be_filtered(desk: Client, permitted_repost: Post, query: str) -> None:
    assert desk.get(reverse("admin:blog_post_changelist") + query).status_code == 200


def test_posts_are_published_and_withdrawn_from_the_list(
    desk: Client, make_repost: MakeRepost, make_post: MakePost
) -> None:
    ready = make_repost("ready", stated=False)
    lacking = make_repost("lacking", stated=False, basis="")
    url = reverse("admin:blog_post_changelist")
    selected = {"_selected_action": [ready.pk, lacking.pk]}
    page = desk.post(url, selected | {"action": "publish_selected"}, follow=True).content.decode()
    assert "Say on what basis" in page
    assert list(Post.objects.published()) == [ready]
    assert Repost.objects.in_force().get().post_id == ready.pk
    desk.post(url, selected | {"action": "withdraw_selected"})
    assert dict(Post.objects.values_list("slug", "status")) == {"ready": "withdrawn", "lacking": "draft"}


def test_the_host_withdraws_and_restores_a_permission(desk: Client, permitted_repost: Post) -> None:
    def step(name: str) -> str:
        return reverse("admin:blog_post_permission", args=[permitted_repost.pk, name])

    assert step("withdraw") in desk.get(change_url(permitted_repost)).content.decode()
    assert desk.get(step("withdraw")).status_code == 200
    assert Repost.objects.in_force().exists()  # a GET changes nothing
    desk.post(step("withdraw"), {"note": "She asked me to."})
    repost = Repost.objects.get()
    assert (repost.state, repost.state_note) == ("withdrawn", "She asked me to.")
    page = desk.get(change_url(permitted_repost)).content.decode()
    assert step("restore") in page
    assert "She asked me to." in page
    desk.post(step("restore"))
    assert Repost.objects.in_force().exists()
    assert "Nothing was done" in desk.post(step("restore"), follow=True).content.decode()
    assert desk.get(step("forget")).status_code == 404


def test_the_ledger_is_read_only(desk: Client, permitted_repost: Post) -> None:
    event = PermissionEvent.objects.get()
    assert desk.get(reverse("admin:blog_permissionevent_changelist")).status_code == 200
    change = reverse("admin:blog_permissionevent_change", args=[event.pk])
    assert desk.get(change).status_code == 200
    assert desk.post(change, {"note": "Forged."}).status_code == 403
    assert desk.get(reverse("admin:blog_permissionevent_add")).status_code == 403
    assert desk.post(reverse("admin:blog_permissionevent_delete", args=[event.pk])).status_code == 403


def test_staff_without_permissions_have_no_access(permitted_repost: Post, submission: Submission) -> None:
    client = staff()
    step = reverse("admin:blog_post_permission", args=[permitted_repost.pk, "withdraw"])
    preview = reverse("admin:blog_post_preview", args=[permitted_repost.pk])
    for url in (ADD, change_url(permitted_repost), reverse("admin:blog_post_changelist"), step):
        assert client.get(url).status_code == 403
    for url in (ADD, change_url(permitted_repost), preview, reverse("admin:blog_post_preview"), step):
        assert client.post(url, submission).status_code == 403


def test_staff_with_only_view_permission_see_the_post_and_its_words(permitted_repost: Post) -> None:
    page = staff("view_post").get(change_url(permitted_repost)).content.decode()
    assert GUEST_MARK in page


def test_staff_who_may_not_change_reposts_cannot_publish_an_incomplete_one(make_repost: MakeRepost) -> None:
    post = make_repost("lacking", stated=False, basis="")
    client = staff("change_post", "view_post", "view_person", "view_tag")
    data = resubmission(client, post, status="published")
    response = client.post(change_url(post), data)
    assert response.status_code == 200
    assert "Say on what basis" in response.content.decode()
    assert not Post.objects.published().exists()
