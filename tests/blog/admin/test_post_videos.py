"""Videos in the form of a post: each video in a text gets a row, and the form warns before it drops one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from blog.models import Post, Video
from blog.videos import placement
from tests.blog.conftest import Submission, change_url, confirm, current, resubmission, staff
from tests.conftest import MakePost, MakeRepost

ADD = reverse("admin:blog_post_add")
PREVIEW = reverse("admin:blog_post_preview")
FILM = "https://www.youtube.com/watch?v=a-B_c1D2e3F"
OTHER = "https://vimeo.com/76979871"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
AI_ORIGIN_REQUIRED = "Say whether AI made this video"


@pytest.fixture
def written(make_post: MakePost) -> Post:
    """A public post with a video in its body, about which the host has typed something."""
    post = make_post(body=f"Look:\n\n{FILM}\n\nNice.")
    placement.synchronise_rows(post)
    Video.objects.update(title="The harbour", creator="Ada", ai_origin="none")
    return post


def videos_of(response: Any) -> Any:
    """The forms of the videos on a page of the admin."""
    formsets = [part.formset for part in response.context["inline_admin_formsets"]]
    return next(formset for formset in formsets if formset.prefix == "videos")


def refused_data(response: Any) -> Submission:
    """What a browser sends if a refused form is submitted again as it is."""
    assert response.status_code == 200
    formset = videos_of(response)
    bound = [field for form in (formset.management_form, *formset.forms) for field in form]
    return {field.html_name: field.value() or "" for field in bound if not field.html_name.endswith(("file", "poster"))}


def errors_of(response: Any) -> str:
    formset = videos_of(response)
    return str(formset.non_form_errors()) + str(formset.errors)


# --- New videos in a text ---------------------------------------------------------------------------------------------


def test_a_draft_gets_a_row_for_each_video_in_its_texts(desk: Client, submission: Submission) -> None:
    response = desk.post(ADD, submission | {"introduction": FILM, "body": f"a\n\n{OTHER}", "repost-0-text": ""})
    assert response.status_code == 302, (response.context["errors"], errors_of(response))
    found = Video.objects.order_by("text").values_list("text", "part", "page_url", "ai_origin")
    assert list(found) == [("body", "post", OTHER, ""), ("introduction", "post", FILM, "")]


def test_publishing_is_refused_once_to_ask_about_ai(desk: Client, submission: Submission) -> None:
    data = submission | {"status": "published", "body": f"Look:\n\n{FILM}\n\n{OTHER}"}
    refused = desk.post(ADD, data)
    assert errors_of(refused).count(AI_ORIGIN_REQUIRED) == 2
    assert not Post.objects.exists()
    page = refused.content.decode()
    assert page.count("Shown where its web address is in this text: body") == 2
    assert page.index(FILM) < page.index("Shown where its web address is in this text: body")
    data |= refused_data(refused) | {"videos-0-ai_origin": "generated", "videos-1-ai_origin": "unknown"}
    data |= {"videos-0-title": "The harbour"}
    assert desk.post(ADD, data).status_code == 302
    assert Post.objects.published().exists()
    assert list(Video.objects.order_by("pk").values_list("page_url", "title", "ai_origin", "text")) == [
        (FILM, "The harbour", "generated", "body"),
        (OTHER, "", "unknown", "body"),
    ]


def test_publishing_asks_about_attached_videos_too_and_saving_a_draft_does_not(
    desk: Client, submission: Submission
) -> None:
    data = submission | {"body": "a", "videos-0-page_url": FILM}
    assert AI_ORIGIN_REQUIRED in errors_of(desk.post(ADD, data | {"status": "published"}))
    assert desk.post(ADD, data).status_code == 302
    assert Video.objects.get().text == ""
    post = Post.objects.get()
    assert AI_ORIGIN_REQUIRED in errors_of(desk.post(change_url(post), resubmission(desk, post, status="published")))
    answered = resubmission(desk, post, status="published", **{"videos-0-ai_origin": "unknown"})
    assert desk.post(change_url(post), answered).status_code == 302


def test_the_list_does_not_publish_a_post_without_the_answer(desk: Client, make_post: MakePost) -> None:
    post = make_post(status="draft", published_at=None, body=FILM)
    selected = {"action": "publish_selected", "_selected_action": post.pk}
    page = desk.post(reverse("admin:blog_post_changelist"), selected, follow=True).content.decode()
    assert AI_ORIGIN_REQUIRED in page
    assert not Post.objects.published().exists()


def test_videos_in_reposted_words_get_rows(desk: Client, repost_submission: Submission) -> None:
    data = repost_submission | {"repost-0-text": f"Look:\n\n{OTHER}", "videos-0-page_url": "", "videos-0-title": ""}
    data |= {"videos-0-ai_origin": ""}
    refused = desk.post(ADD, data)
    data |= refused_data(refused) | {"videos-0-ai_origin": "none"}
    assert desk.post(ADD, data).status_code == 302
    video = Video.objects.get()
    assert (video.text, video.part, video.page_url) == ("words", "repost", OTHER)


def test_a_line_removed_before_the_first_save_leaves_no_row(desk: Client, submission: Submission) -> None:
    data = submission | {"status": "published", "body": f"Look:\n\n{FILM}"}
    data |= refused_data(desk.post(ADD, data)) | {"body": "Look away."}
    assert desk.post(ADD, data).status_code == 302
    assert not Video.objects.exists()


def test_a_forged_text_name_adds_no_row_to_that_text(desk: Client, submission: Submission) -> None:
    forged = {"videos-0-page_url": FILM, "videos-0-in_text": "words", "videos-0-title": "Forged"}
    assert desk.post(ADD, submission | forged).status_code == 302
    assert Video.objects.get().text == ""


@pytest.mark.parametrize("total", ["", "x", "-1", "9" * 30, "٣"])
def test_a_broken_form_is_no_server_error(desk: Client, submission: Submission, total: str) -> None:
    assert desk.post(ADD, submission | {"body": FILM, "videos-TOTAL_FORMS": total}).status_code in (200, 302)
    assert desk.post(PREVIEW, submission | {"body": FILM, "videos-TOTAL_FORMS": total}).status_code == 200


# --- What is stored ---------------------------------------------------------------------------------------------------


def test_the_form_names_the_text_of_a_video_and_does_not_change_its_url(desk: Client, written: Post) -> None:
    page = desk.get(change_url(written)).content.decode()
    assert "Shown where its web address is in this text: body" in page
    changed = resubmission(desk, written, **{"videos-0-page_url": OTHER, "videos-0-part": "repost"})
    changed |= {"videos-0-title": "Another title"}
    assert desk.post(change_url(written), changed).status_code == 302
    video = Video.objects.get()
    assert (video.page_url, video.part, video.title) == (FILM, "post", "Another title")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({}, "YouTube has not answered yet. It will be asked again automatically."),
        ({"checked_at": NOON, "title": "Fetched", "fetched": {"title": "Fetched"}}, "The title on YouTube."),
        ({"checked_at": NOON, "failures": 1}, "Not found on YouTube by the last check."),
        ({"checked_at": NOON, "failures": 3, "status": "unavailable"}, "No longer available on YouTube."),
    ],
)
def test_the_form_says_what_is_known_from_the_provider(
    desk: Client, written: Post, settings: Settings, state: dict[str, Any], sentence: str
) -> None:
    settings.VIDEO_FETCH = True
    Video.objects.update(**state)
    page = desk.get(change_url(written)).content.decode()
    assert page.count(sentence) == 1


def test_the_form_says_what_is_required_and_how_large_a_file_may_be(desk: Client, settings: Settings) -> None:
    settings.VIDEO_MAX_BYTES = 7 * 1024 * 1024
    page = desk.get(ADD).content.decode()
    assert "MP4 or WebM file of at most 7.0\xa0MB" in page
    assert "Required before you publish the post." in page


def test_submitting_an_unchanged_form_changes_no_row(desk: Client, written: Post) -> None:
    before = list(Video.objects.values())
    assert desk.post(change_url(written), resubmission(desk, written)).status_code == 302
    assert list(Video.objects.values()) == before


def test_the_form_warns_before_it_drops_a_described_video(desk: Client, written: Post) -> None:
    refused = desk.post(change_url(written), resubmission(desk, written, body="Nothing."))
    assert "“The harbour”: Its line is no longer in this text: body" in errors_of(refused)
    assert "Remove, with everything typed about it" in refused.content.decode()
    assert Post.objects.get().body != "Nothing."
    again = resubmission(desk, written, body="Nothing.") | refused_data(refused)
    assert desk.post(change_url(written), again | {"videos-0-DELETE": "on"}).status_code == 302
    assert not Video.objects.exists()


def test_an_orphaned_video_that_is_not_removed_becomes_an_attached_video(desk: Client, written: Post) -> None:
    refused = desk.post(change_url(written), resubmission(desk, written, body="Nothing."))
    again = resubmission(desk, written, body="Nothing.") | refused_data(refused)
    assert desk.post(change_url(written), again).status_code == 302
    video = Video.objects.get()
    assert (video.text, video.title, video.creator) == ("", "The harbour", "Ada")
    assert "The harbour" in Client().get(written.get_absolute_url()).content.decode()


def test_a_line_and_its_row_can_be_removed_at_once(desk: Client, written: Post) -> None:
    data = resubmission(desk, written, body="Nothing.", **{"videos-0-DELETE": "on"})
    assert desk.post(change_url(written), data).status_code == 302
    assert not Video.objects.exists()


def test_the_form_does_not_warn_about_a_row_without_typed_values(desk: Client, make_post: MakePost) -> None:
    post = make_post(status="draft", published_at=None, body=FILM)
    placement.synchronise_rows(post)
    assert desk.post(change_url(post), resubmission(desk, post, body="Nothing.")).status_code == 302
    assert not Video.objects.exists()


def test_a_row_cannot_be_removed_while_its_line_is_in_the_text(desk: Client, written: Post) -> None:
    refused = desk.post(change_url(written), resubmission(desk, written, **{"videos-0-DELETE": "on"}))
    assert "To remove it, delete its line there" in errors_of(refused)
    assert Video.objects.exists()


def test_the_form_does_not_warn_about_a_line_that_moves(desk: Client, written: Post) -> None:
    moved = resubmission(desk, written, body="Nothing.", introduction=f"First:\n\n{FILM}")
    assert desk.post(change_url(written), moved).status_code == 302
    video = Video.objects.get()
    assert (video.text, video.title) == ("introduction", "The harbour")


def test_values_fetched_while_the_form_was_open_are_not_overwritten(desk: Client, make_post: MakePost) -> None:
    post = make_post(body=FILM)
    placement.synchronise_rows(post)
    Video.objects.update(ai_origin="none")
    form = resubmission(desk, post, **{"videos-0-creator": "Ada"})
    form |= {f"initial-videos-0-{name}": "" for name in ("title", "duration", "uploaded_on")}
    Video.objects.update(title="As fetched", duration=724, poster="posters/fetched.jpg")
    assert desk.post(change_url(post), form).status_code == 302
    video = Video.objects.get()
    assert (video.title, video.duration, video.poster.name) == ("As fetched", 724, "posters/fetched.jpg")
    assert video.creator == "Ada"


def test_staff_who_may_not_change_videos_can_still_write(make_post: MakePost) -> None:
    post = make_post(status="draft", published_at=None)
    clerk = staff("change_post", "view_post")
    data = resubmission(clerk, post, body=f"Look:\n\n{FILM}")
    assert clerk.post(change_url(post), data).status_code == 302
    assert Video.objects.get().text == "body"
    refused = clerk.post(change_url(post), resubmission(clerk, post, status="published"))
    assert AI_ORIGIN_REQUIRED in errors_of(refused)
    assert clerk.post(change_url(post), resubmission(clerk, post, body="Nothing.")).status_code == 302


# --- A link or a file -------------------------------------------------------------------------------------------------


def test_a_video_is_a_link_or_a_file(desk: Client, submission: Submission) -> None:
    assert "or choose a file" in errors_of(desk.post(ADD, submission | {"videos-0-title": "Nothing else"}))
    assert not Post.objects.exists()


def test_a_host_that_is_no_longer_in_the_settings_does_not_block_the_form(
    desk: Client, make_post: MakePost, settings: Settings
) -> None:
    settings.PEERTUBE_HOSTS = ("tube.example",)
    post = make_post()
    url = "https://tube.example/w/9c9de5e8KwYZ3bWxoBnNPt"
    form = {"videos-0-page_url": url, "videos-0-ai_origin": "none"}
    assert desk.post(change_url(post), resubmission(desk, post, **form)).status_code == 302
    settings.PEERTUBE_HOSTS = ()
    assert desk.post(change_url(post), resubmission(desk, post, summary="Short.")).status_code == 302
    video = Video.objects.get()
    assert (video.provider, video.provider_host) == ("peertube", "tube.example")
    page = Client().get(post.get_absolute_url()).content.decode()
    assert "Watch on tube.example" in page
    assert "data-player" not in page


# --- Preview ----------------------------------------------------------------------------------------------------------


def test_the_preview_shows_players_where_the_page_will_show_them(desk: Client, repost_submission: Submission) -> None:
    typed = {"introduction": f"Before\n\n{FILM}\n\nafter", "repost-0-text": f"Look:\n\n{OTHER}"}
    page = desk.post(PREVIEW, repost_submission | typed).content.decode()
    order = ["<p>Before</p>", "a-B_c1D2e3F", "<p>after</p>", "Play (loads Vimeo)"]
    assert sorted(order, key=page.index) == order
    assert "<!--video" not in page
    assert not Video.objects.exists()


def test_the_preview_shows_what_is_typed_about_a_video_in_a_text(desk: Client, written: Post) -> None:
    typed = resubmission(desk, written, **{"videos-0-title": "Typed now", "videos-0-ai_origin": "modified"})
    url = reverse("admin:blog_post_preview", args=[written.pk])
    page = desk.post(url, typed).content.decode()
    assert page.count("Typed now") >= 1
    assert "Changed by AI" in page
    assert Video.objects.get().title == "The harbour"


def test_a_stale_repost_keeps_the_rows_of_the_wording_that_readers_see(desk: Client, make_repost: MakeRepost) -> None:
    post = make_repost()
    data = resubmission(desk, post, **{"repost-0-text": f"Look:\n\n{FILM}"})
    data |= refused_data(desk.post(change_url(post), data)) | {"videos-0-ai_origin": "none"}
    assert desk.post(change_url(post), data | {"videos-0-title": "Confirmed film"}).status_code == 302
    confirm(current(post))
    edited = resubmission(desk, post, **{"repost-0-text": f"Look here:\n\n{OTHER}"})
    refused = desk.post(change_url(post), edited)
    assert errors_of(refused).count(AI_ORIGIN_REQUIRED) == 1  # about the new one only
    answered = edited | refused_data(refused) | {"videos-1-ai_origin": "none"}
    assert desk.post(change_url(post), answered).status_code == 302
    page = Client().get(post.get_absolute_url()).content.decode()
    assert "Confirmed film" in page
    assert "vimeo" not in page


@pytest.mark.parametrize("rights", [(), ("view_video",), ("change_video",)])
def test_staff_who_may_not_add_videos_cannot_publish_new_ones(
    desk: Client, make_post: MakePost, rights: tuple[str, ...]
) -> None:
    """They could not answer whether AI made it."""
    post = make_post(title="A draft", slug="a-draft", status="draft", body="a")
    data = resubmission(desk, post, status="published", body=f"Look:\n\n{OTHER}")
    clerk = staff("change_post", *rights)
    refused = clerk.post(change_url(post), data)
    assert "You do not have permission to add videos" in errors_of(refused)
    assert "You do not have permission to add videos" in errors_of(
        clerk.post(change_url(post), data | refused_data(refused))
    )
    post.refresh_from_db()
    assert (post.status, post.videos.count()) == ("draft", 0)
    assert clerk.post(change_url(post), data | {"status": "draft"}).status_code == 302
    assert post.videos.get().page_url == OTHER
