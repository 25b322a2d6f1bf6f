"""The rows of videos agree with the texts of their post, and nothing that was typed into a row is lost."""

import pytest
from django.core.management import call_command

from blog.models import PermissionRequest, Post, Repost, Video
from blog.permissions import author_requests, steps
from blog.publishing import lifecycle, saving
from blog.videos import placement
from tests.blog.conftest import confirm, current
from tests.conftest import MakePost, MakeRepost

pytestmark = pytest.mark.django_db

FILM = "https://www.youtube.com/watch?v=a-B_c1D2e3F"
LATER = f"{FILM}&t=90s"
OTHER = "https://vimeo.com/76979871"


def rows(post: Post) -> dict[tuple[str, str], Video]:
    """Return the rows of `post` by text and watch URL."""
    return {(video.text, video.page_url): video for video in Video.objects.filter(post=post)}


def write(post: Post, **texts: str) -> None:
    for name, value in texts.items():
        setattr(post, name, value)
    post.save()
    placement.synchronise_rows(post)


def read(post: Post) -> Post:
    return Post.objects.for_page().get(pk=post.pk)


@pytest.fixture
def filmed(make_repost: MakeRepost) -> Post:
    """A public post whose reposted words contain a video."""
    post = make_repost(text=f"Look:\n\n{FILM}", stated=False)
    placement.synchronise_rows(post)
    Video.objects.update(ai_origin="none")
    saving.publish_post(post, by="Eldon Host")
    Video.objects.update(ai_origin="")
    return post


def edit_words(post: Post, text: str) -> Repost:
    repost = current(post)
    repost.text = text
    repost.save()
    steps.assert_by_host(repost, by="Eldon Host")
    placement.synchronise_rows(repost.post)
    return repost


def test_each_video_in_a_text_has_one_row(make_post: MakePost) -> None:
    post = make_post(introduction=f"a\n\n{FILM}\n\n{FILM}\n\n{OTHER}", body=f"{FILM}\n\nSee {OTHER}")
    placement.synchronise_rows(post)
    placement.synchronise_rows(post)
    assert set(rows(post)) == {("introduction", FILM), ("introduction", OTHER), ("body", FILM)}
    film = rows(post)["body", FILM]
    assert (film.provider, film.provider_id, film.part, film.ai_origin) == ("youtube", "a-B_c1D2e3F", "post", "")


def test_a_row_without_typed_values_is_deleted_with_its_line(make_post: MakePost) -> None:
    post = make_post(body=FILM)
    placement.synchronise_rows(post)
    fetched = {"title": "As fetched", "poster": "posters/a.jpg"}
    Video.objects.update(**fetched, fetched=fetched)
    write(post, body="Nothing.")
    assert not Video.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"title": "Mine", "fetched": {"title": "As fetched"}},
        {"poster": "posters/mine.jpg"},
        {"transcript": "A voice."},
        {"creator": "Ada"},
        {"note": "With permission"},
        {"ai_origin": "unknown"},
        {"duration": 12},
        {"archive_url": "https://a.example/"},
    ],
    ids=lambda typed: next(iter(typed)),
)
def test_a_row_with_typed_values_stays_without_its_line_and_is_not_shown(
    typed: dict[str, object], make_post: MakePost
) -> None:
    post = make_post(body=FILM)
    placement.synchronise_rows(post)
    Video.objects.update(**typed)
    write(post, body="Nothing.")
    assert set(rows(post)) == {("body", FILM)}
    assert placement.shown_videos(read(post)) == []


def test_a_video_that_moves_to_another_text_keeps_its_row(make_post: MakePost) -> None:
    post = make_post(introduction=FILM)
    placement.synchronise_rows(post)
    Video.objects.update(title="Kept")
    write(post, introduction="", body=f"a\n\n{FILM}")
    assert {key: row.title for key, row in rows(post).items()} == {("body", FILM): "Kept"}


def test_a_video_that_gets_another_start_keeps_its_row(make_post: MakePost) -> None:
    post = make_post(body=FILM)
    placement.synchronise_rows(post)
    Video.objects.update(title="Kept")
    write(post, body=LATER)
    (row,) = rows(post).values()
    assert (row.title, row.start, row.page_url) == ("Kept", 90, LATER)


def test_attached_videos_do_not_depend_on_a_text(make_post: MakePost) -> None:
    post = make_post(body=FILM)
    Video.objects.create(post=post, page_url=FILM, provider="youtube", provider_id="a-B_c1D2e3F")
    placement.synchronise_rows(post)
    write(post, body="Nothing.")
    assert set(rows(post)) == {("", FILM)}


# --- The reposted words -----------------------------------------------------------------------------------------------


def test_rows_of_the_reposted_words_belong_to_the_repost(filmed: Post) -> None:
    (row,) = rows(filmed).values()
    assert (row.text, row.part) == ("words", "repost")


def test_rows_that_the_shown_wording_needs_are_not_deleted(filmed: Post) -> None:
    post = filmed
    confirm(current(post))
    repost = edit_words(post, f"Look here:\n\n{OTHER}")
    assert repost.state == Repost.State.STALE
    assert set(rows(post)) == {("words", FILM), ("words", OTHER)}
    shown = placement.shown_videos(read(post))
    assert [video.page_url for video in shown] == [FILM]
    steps.release(repost, by="Eldon Host")
    assert set(rows(post)) == {("words", OTHER)}


def test_rows_in_an_open_request_are_not_deleted_before_the_answer(filmed: Post) -> None:
    post = filmed
    request = author_requests.ask(current(post), by="Eldon Host")
    edit_words(post, "Nothing to see.")
    assert set(rows(post)) == {("words", FILM)}
    author_requests.answer(request, PermissionRequest.Answer.YES)
    assert [video.page_url for video in placement.shown_videos(read(post))] == [FILM]


def test_words_that_are_not_shown_show_no_videos(filmed: Post) -> None:
    post = filmed
    assert len(placement.shown_videos(read(post))) == 1
    steps.withdraw(current(post), by="Eldon Host")
    assert placement.shown_videos(read(post)) == []
    steps.restore(current(post), by="Eldon Host")
    assert len(placement.shown_videos(read(post))) == 1


# --- Publishing -------------------------------------------------------------------------------------------------------


def test_a_post_is_not_published_before_the_host_says_whether_ai_made_its_videos(make_post: MakePost) -> None:
    post = make_post(status="draft", published_at=None, body=FILM)
    with pytest.raises(lifecycle.NotReady, match="Say whether AI made this video"):
        saving.publish_post(post, by="Eldon Host")
    assert Post.objects.get(pk=post.pk).status == "draft"
    placement.synchronise_rows(post)
    Video.objects.update(ai_origin="unknown")
    saving.publish_post(post, by="Eldon Host")
    assert post.is_public


def test_rerendering_an_old_text_creates_placeholders_but_no_rows(make_post: MakePost) -> None:
    post = make_post(body=FILM)
    Post.objects.update(body_html="<figure>old</figure>", render_version=1)
    call_command("rerender", verbosity=0)
    assert "<!--video youtube" in Post.objects.get(pk=post.pk).body_html
    assert not Video.objects.exists()
