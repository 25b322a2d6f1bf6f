"""Saving a post with its parts: one service, which synchronises the video rows once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from blog.models import Evidence, Post, Repost, Video, Wording
from blog.permissions import steps
from blog.publishing import lifecycle, saving
from blog.videos import placement
from tests.blog.conftest import Submission, change_url, confirm, current, resubmission, step_kinds
from tests.conftest import MakePost, MakeRepost

FILM = "https://www.youtube.com/watch?v=a-B_c1D2e3F"
HOST = "Eldon Host"


@pytest.fixture
def synchronised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The primary keys of the posts whose video rows were synchronised, in order."""
    posts: list[int] = []
    synchronise = placement.synchronise_rows

    def record(post: Post) -> None:
        posts.append(post.pk)
        synchronise(post)

    monkeypatch.setattr(placement, "synchronise_rows", record)
    return posts


# --- Once per save


def test_a_saved_draft_synchronises_its_video_rows_once(
    desk: Client, make_post: MakePost, synchronised: list[int]
) -> None:
    post = make_post(status="draft", published_at=None)
    data = resubmission(desk, post, body=f"Watch this:\n\n{FILM}")
    assert desk.post(change_url(post), data).status_code == 302
    assert synchronised == [post.pk]
    assert Video.objects.get().text == "body"


def test_a_published_repost_with_videos_synchronises_its_video_rows_once(
    desk: Client, repost_submission: Submission, synchronised: list[int]
) -> None:
    words = {"repost-0-text": f"Watch this:\n\n{FILM}", "introduction": FILM, "status": "published"}
    data = repost_submission | words | {"videos-TOTAL_FORMS": "2"}
    for index, text in enumerate(("introduction", "words")):
        prefix = f"videos-{index}"
        data |= {f"{prefix}-in_text": text, f"{prefix}-page_url": FILM, f"{prefix}-ai_origin": "none"}
        data |= {f"{prefix}-part": "post", f"{prefix}-position": "0"}
    response = desk.post(reverse("admin:blog_post_add"), data)
    assert response.status_code == 302, response.context["errors"]
    post = Post.objects.get()
    assert post.is_public
    assert synchronised == [post.pk]
    assert sorted(video.text for video in Video.objects.all()) == ["introduction", "words"]


def test_an_edited_public_repost_synchronises_its_video_rows_once(
    desk: Client, permitted_repost: Post, synchronised: list[int]
) -> None:
    data = resubmission(desk, permitted_repost, **{"repost-0-text": "Other words."})
    assert desk.post(change_url(permitted_repost), data).status_code == 302
    assert step_kinds(permitted_repost) == ["asserted", "words_edited"]
    assert synchronised == [permitted_repost.pk]


def test_publishing_selected_posts_synchronises_the_rows_of_each_once(
    desk: Client, make_repost: MakeRepost, make_post: MakePost, synchronised: list[int]
) -> None:
    posts = [make_post(status="draft", published_at=None), make_repost(stated=False)]
    data = {"action": "publish_selected", "_selected_action": [post.pk for post in posts]}
    desk.post(reverse("admin:blog_post_changelist"), data)
    assert all(post.is_public for post in Post.objects.all())
    assert sorted(synchronised) == sorted(post.pk for post in posts)


# --- Once per step that is taken outside of a save


def prepare_nothing(repost: Repost) -> None: ...


def prepare_yes(repost: Repost) -> None:
    confirm(repost)


def prepare_no(repost: Repost) -> None:
    steps.disown(repost)


def prepare_withdrawal(repost: Repost) -> None:
    steps.withdraw(repost, by=HOST)


def say_yes_to_other_words(repost: Repost) -> None:
    """Two rows of the ledger in one step: the words were edited while the author was being asked."""
    wording = Wording.objects.of(repost)
    Repost.objects.filter(pk=repost.pk).update(text="Edited meanwhile.")
    steps.confirm(repost, wording=wording, domain="ada.example", conditions={})


def add_evidence(repost: Repost) -> None:
    file = ContentFile(b"Dear Eldon", "letter.txt")
    steps.add_evidence(Evidence(repost=repost, kind="letter", dated=date(2026, 2, 28), file=file), by=HOST)


Step = tuple[Callable[[Repost], Any], Callable[[Repost], Any]]
STEPS: dict[str, Step] = {
    "reassert": (prepare_no, lambda repost: steps.reassert(repost, by=HOST, note="I know better.")),
    "add_evidence": (prepare_nothing, add_evidence),
    "release": (prepare_yes, lambda repost: steps.release(repost, by=HOST)),
    "withdraw": (prepare_nothing, lambda repost: steps.withdraw(repost, by=HOST)),
    "restore": (prepare_withdrawal, lambda repost: steps.restore(repost, by=HOST)),
    "set_end": (prepare_nothing, lambda repost: steps.set_end(repost, by=HOST, last_day=date(2031, 1, 31))),
    "record_request": (prepare_nothing, lambda repost: steps.record_request(repost, by=HOST)),
    "mark_disputed": (prepare_nothing, lambda repost: steps.mark_disputed(repost, by=HOST, disputed=True)),
    "confirm": (prepare_nothing, say_yes_to_other_words),
    "decline": (prepare_nothing, steps.decline),
    "disown": (prepare_nothing, steps.disown),
    "revoke": (prepare_yes, steps.revoke),
    "correct_name": (prepare_nothing, lambda repost: steps.correct_name(repost.post.credits.get().person, name="Ada")),
    "record_expiry": (prepare_nothing, steps.record_expiry),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_outside_of_a_save_synchronises_the_video_rows_once(
    name: str, permitted_repost: Post, synchronised: list[int]
) -> None:
    prepare, take = STEPS[name]
    prepare(current(permitted_repost))
    synchronised.clear()
    take(current(permitted_repost))
    assert synchronised == [permitted_repost.pk]


def test_every_public_step_is_in_the_table_above() -> None:
    inside_of_a_save = {"assert_by_host"}
    not_a_step = {"recompute_ends", "terms"}
    functions = {
        name
        for name, value in vars(steps).items()
        if callable(value) and getattr(value, "__module__", "") == steps.__name__ and not isinstance(value, type)
    }
    public = {name for name in functions if not name.startswith("_")}
    assert public - inside_of_a_save - not_a_step == set(STEPS)


# --- In one transaction


def test_a_post_that_is_not_ready_is_published_neither_in_the_ledger_nor_to_readers(make_repost: MakeRepost) -> None:
    post = make_repost(text=FILM, stated=False)
    with pytest.raises(lifecycle.NotReady, match="Say whether AI made this video"):
        saving.publish_post(post, by=HOST)
    assert Post.objects.get().status == "draft"
    assert not current(post).events.exists()
    assert not Video.objects.exists()
