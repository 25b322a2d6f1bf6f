"""One's own comment: the page after posting, changing it, deleting it, and nobody else doing so."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Post
from comments.models import Comment, Discussion
from comments.moderation import steps
from comments.posting import authorship
from comments.posting.revising import MOST_EDITS
from core import clock
from core.privacy.networks import network_key
from tests.attacks import ATTACKS, HEAVY, assert_harmless
from tests.comments.conftest import Say

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
WORDS = {"name": "Rea Reader", "text": "A *remark*."}


@pytest.fixture
def writer(own_post: Post) -> Client:
    """The browser in which somebody has just posted a comment."""
    browser = Client()
    browser.post(f"/comments/new/{own_post.pk}/", WORDS, headers=OWN_PAGE)
    return browser


@pytest.fixture
def comment(writer: Client) -> Comment:
    return Comment.objects.get()


def mine(comment: Comment, act: str = "") -> str:
    return f"/comments/{comment.public_id}/mine/{act}"


def html(response: Any) -> str:
    text: str = response.content.decode()
    return text


def change(browser: Client, comment: Comment, text: str, **more: str) -> Any:
    return browser.post(mine(comment, "edit/"), {"text": text} | more)


def minutes(number: int) -> Any:
    return clock.standing_at(clock.now() + timedelta(minutes=number))


def test_the_cookie_goes_to_the_page_of_this_comment_only(
    own_post: Post, settings: Settings, comment: Comment, writer: Client
) -> None:
    cookie = writer.cookies["mine"]
    assert (cookie["path"], cookie["samesite"]) == (mine(comment), "Lax")
    assert cookie["httponly"]
    settings.IS_HTTPS = True
    sent = Client().post(f"/comments/new/{own_post.pk}/", {"name": "Bo", "text": "Me too."}, headers=OWN_PAGE)
    assert sent.cookies["mine"]["secure"]


def test_the_writer_sees_the_comment_in_its_place(own_post: Post, say: Say) -> None:
    root, browser = say("The question."), Client()
    sent = browser.post(f"/comments/new/{own_post.pk}/", WORDS | {"parent": root.public_id}, headers=OWN_PAGE)
    page = browser.get(sent["Location"])
    reply = Comment.objects.get(parent=root)
    assert page["Cache-Control"] == "no-store"
    assert page["X-Robots-Tag"] == "noindex"
    assert page["Referrer-Policy"] == "same-origin"
    for part in ("The question.", "<em>remark</em>", mine(reply, "edit/"), mine(reply, "delete/")):
        assert part in html(page)
    assert f'href="{own_post.get_absolute_url()}#c-{reply.public_id}"' in html(page)


@pytest.mark.parametrize("act", ["", "edit/", "delete/"])
def test_no_other_site_frames_or_keeps_these_pages(writer: Client, comment: Comment, act: str) -> None:
    page = writer.get(mine(comment, act))
    assert page["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("act", ["", "edit/", "delete/"])
def test_for_everybody_else_the_page_is_not_there(comment: Comment, say: Say, act: str, moderator: User) -> None:
    stranger, other = Client(), say("Another.")
    stranger.force_login(moderator)
    assert stranger.get(mine(comment, act)).status_code == 404
    assert stranger.post(mine(comment, act), {"text": "Mine now."}).status_code in (404, 405)
    # The proof of one comment is none of another, whatever name and path it is sent with.
    authorship.give(given := HttpResponse(), other)
    stranger.cookies["mine"] = given.cookies["mine"].value
    assert stranger.get(mine(comment, act)).status_code == 404
    assert stranger.post(mine(comment, act), {"text": "Mine now."}).status_code in (404, 405)
    comment.refresh_from_db()
    assert (comment.source, comment.state) == (WORDS["text"], "published")


@pytest.mark.parametrize("value", ["", "x", "x:y:z", "9" * 4000])
def test_a_forged_cookie_opens_nothing(comment: Comment, value: str) -> None:
    stranger = Client()
    stranger.cookies["mine"] = value
    assert stranger.get(mine(comment)).status_code == 404


def test_a_change_is_shown_as_one_and_the_earlier_words_are_kept(
    noon: datetime,
    writer: Client,
    comment: Comment,
    own_post: Post,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    before = Discussion.objects.get()
    # the comment · who has a name here · bans of the sender and of words · words of the filter ·
    # savepoint · discussion with post · thread's lock where there are any · the comment again ·
    # number of earlier wordings · their insert · update · discussion's lock · its update · release ·
    # the comment as it is now
    network_key(RequestFactory().get("/"))  # the first of a minute asks for the keys
    with django_assert_num_queries(14 + connection.features.has_select_for_update):
        response = change(writer, comment, "A **better** remark.\r\n")
    assert response["Location"] == f"{mine(comment)}#c-{comment.public_id}"
    comment.refresh_from_db()
    assert comment.source == "A **better** remark."
    assert "<strong>better</strong>" in comment.html
    assert comment.edited_at
    assert [earlier.source for earlier in comment.revisions.all()] == [WORDS["text"]]
    after = Discussion.objects.get()
    assert (after.count, after.version) == (1, before.version + 1)
    public = html(Client().get(own_post.get_absolute_url()))
    assert ">edited<" in public
    assert "remark</em>" not in public


def test_saving_what_is_there_already_changes_nothing(writer: Client, comment: Comment) -> None:
    assert change(writer, comment, WORDS["text"]).status_code == 303
    comment.refresh_from_db()
    assert comment.edited_at is None
    assert not comment.revisions.exists()


def test_a_change_is_possible_for_fifteen_minutes(noon: object, writer: Client, comment: Comment) -> None:
    with minutes(14):
        assert "Change" in html(writer.get(mine(comment)))
        assert change(writer, comment, "In time.").status_code == 303
    with minutes(15):
        assert mine(comment, "edit/") not in html(writer.get(mine(comment)))
        assert writer.get(mine(comment, "edit/"))["Location"] == mine(comment)
        late = change(writer, comment, "Too late, but long and kept.")
    assert late.status_code == 409
    assert "Too late, but long and kept." in html(late)
    assert "the time in which a comment can be changed is over" in html(late)
    comment.refresh_from_db()
    assert comment.source == "In time."


@pytest.mark.parametrize("state", ["readonly", "hidden"])
def test_under_a_closed_discussion_no_change_is_offered(
    own_post: Post, writer: Client, comment: Comment, state: str
) -> None:
    Discussion.objects.update(state=state)
    page = html(writer.get(mine(comment)))
    assert mine(comment, "edit/") not in page
    assert "You can change your comment" not in page
    assert mine(comment, "delete/") in page
    assert writer.get(mine(comment, "edit/"))["Location"] == mine(comment)
    assert change(writer, comment, "Not any more.").status_code == 409


def test_the_fifteen_minutes_are_a_setting(noon: object, writer: Client, comment: Comment, settings: Settings) -> None:
    settings.COMMENT_EDIT_MINUTES = 60
    with minutes(59):
        assert change(writer, comment, "In time.").status_code == 303


def test_nobody_fills_the_disk_with_changes(writer: Client, comment: Comment) -> None:
    for number in range(MOST_EDITS):
        assert change(writer, comment, f"Version {number}.").status_code == 303
    refused = change(writer, comment, "One more.")
    assert refused.status_code == 409
    assert "One more." in html(refused)
    assert comment.revisions.count() == MOST_EDITS


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_001])
def test_a_refused_change_keeps_the_text_and_ties_the_sentence_to_its_field(
    writer: Client, comment: Comment, text: str
) -> None:
    response = change(writer, comment, text)
    assert response.status_code == 400
    field = html(response).split('name="text"')[1].split(">")[0]
    assert 'aria-invalid="true"' in field
    assert "comment-text_error" in field
    assert "autofocus" in field
    assert text.strip() in html(response)
    comment.refresh_from_db()
    assert comment.source == WORDS["text"]


@pytest.mark.parametrize("change_of", [{"state": "readonly"}, {"state": "hidden"}])
def test_a_closed_discussion_takes_no_change(writer: Client, comment: Comment, change_of: dict[str, str]) -> None:
    Discussion.objects.update(**change_of)
    response = change(writer, comment, "Other words.")
    assert response.status_code == 409
    assert "Other words." in html(response)


def test_a_comment_removed_meanwhile_takes_no_change(writer: Client, comment: Comment, moderator: User) -> None:
    steps.remove(comment, by=moderator, reason="")
    response = change(writer, comment, "Other words.")
    assert response.status_code == 409
    assert "Other words." in html(response)
    assert "not on the page any more" in html(response)


def test_a_change_sets_nothing_but_the_text(writer: Client, comment: Comment) -> None:
    change(writer, comment, "Other words.", name="Eldon Host", badge="host", state="removed", html="<script>", path="x")
    after = Comment.objects.get()
    assert (after.name, after.badge, after.state, after.path) == (comment.name, "", "published", comment.path)


def test_a_change_needs_its_token_and_keeps_the_text_without(comment: Comment, writer: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = writer.cookies
    refused = change(strict, comment, "Short.")
    assert refused.status_code == 403
    assert "Short." in html(refused)
    token = str(refused.context["csrf_token"])
    assert change(strict, comment, "Short.", csrfmiddlewaretoken=token).status_code == 303
    assert strict.post(mine(comment, "delete/")).status_code == 403


def test_a_stranger_without_token_learns_nothing_from_the_refusal(comment: Comment) -> None:
    assert change(Client(enforce_csrf_checks=True), comment, "Mine now.").status_code == 404


def test_a_change_can_be_looked_at_first(writer: Client, comment: Comment) -> None:
    page = html(change(writer, comment, "A **bold** word.", action="preview"))
    assert "<strong>bold</strong>" in page
    assert "A **bold** word." in page
    comment.refresh_from_db()
    assert comment.source == WORDS["text"]


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "patch", "delete"])
@pytest.mark.parametrize("act", ["edit/", "delete/"])
def test_only_a_post_changes_or_deletes(writer: Client, comment: Comment, method: str, act: str) -> None:
    getattr(writer, method)(f"{mine(comment, act)}?text=Other&action=delete")
    after = Comment.objects.get()
    assert (after.source, after.state) == (comment.source, comment.state)


def test_deleting_asks_first_and_then_leaves_nothing(writer: Client, comment: Comment, own_post: Post) -> None:
    with minutes(60 * 24 * 200):
        assert "Delete your comment?" in html(writer.get(mine(comment, "delete/")))
        done = writer.post(mine(comment, "delete/"), follow=True)
    assert done.redirect_chain == [(mine(comment), 303)]
    assert "You deleted your comment." in html(done)
    assert "remark" not in html(done)
    comment.refresh_from_db()
    assert (comment.state, comment.shown) == ("deleted", False)
    assert Discussion.objects.get().count == 0
    assert "remark" not in html(Client().get(own_post.get_absolute_url()))


def test_a_deleted_comment_with_replies_leaves_a_tombstone(
    writer: Client, comment: Comment, own_post: Post, say: Say
) -> None:
    say("An answer.", to=comment)
    writer.post(mine(comment, "delete/"))
    page = html(Client().get(own_post.get_absolute_url()))
    assert "deleted by its author" in page
    assert "An answer." in page
    assert WORDS["name"] not in page.split("An answer.")[0].rpartition("<article")[0]


def test_what_was_deleted_may_be_said_again_at_once(writer: Client, comment: Comment, own_post: Post) -> None:
    """Else the same words would lead to the deleted comment for ten minutes, and be lost."""
    writer.post(mine(comment, "delete/"))
    sent = writer.post(f"/comments/new/{own_post.pk}/", WORDS, headers=OWN_PAGE)
    again = Comment.objects.get(state="published")
    assert sent["Location"] == f"{mine(again)}#c-{again.public_id}"
    assert Comment.objects.get(pk=comment.pk).state == "deleted"


def test_what_a_moderator_removed_is_not_said_again_at_once(
    writer: Client, comment: Comment, own_post: Post, moderator: User
) -> None:
    steps.remove(comment, by=moderator, reason="")
    writer.post(f"/comments/new/{own_post.pk}/", WORDS, headers=OWN_PAGE)
    assert not Comment.objects.filter(state="published").exists()


def test_deleting_twice_is_one_deletion(writer: Client, comment: Comment) -> None:
    writer.post(mine(comment, "delete/"))
    writer.post(mine(comment, "delete/"))
    assert comment.events.filter(to_state="deleted").count() == 1
    assert Discussion.objects.get().count == 0


def test_who_was_removed_is_told_so_and_keeps_the_text(writer: Client, comment: Comment, moderator: User) -> None:
    steps.remove(comment, by=moderator, reason="a private reason")
    page = html(writer.get(mine(comment)))
    assert "A moderator removed your comment." in page
    assert WORDS["text"] in page
    assert "a private reason" not in page
    assert mine(comment, "delete/") not in page
    assert writer.get(mine(comment, "delete/"))["Location"] == mine(comment)


def test_of_a_withdrawn_post_the_writer_sees_the_own_words_only(
    writer: Client, comment: Comment, own_post: Post, say: Say
) -> None:
    say("Somebody else's answer.", to=comment)
    Post.objects.update(status="withdrawn")
    page = html(writer.get(mine(comment)))
    assert WORDS["text"] in page
    assert "Somebody else" not in page
    assert own_post.title not in page
    writer.post(mine(comment, "delete/"))
    assert Comment.objects.get(pk=comment.pk).state == "deleted"


def test_of_an_erased_comment_nothing_is_left(writer: Client, comment: Comment) -> None:
    Comment.objects.update(state="erased")
    assert writer.get(mine(comment)).status_code == 404


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_when_previewed_and_when_saved(writer: Client, comment: Comment, attack: str) -> None:
    assert_harmless(html(change(writer, comment, attack, action="preview")), page=True)
    change(writer, comment, attack)
    for act in ("", "edit/", "delete/"):
        assert_harmless(html(writer.get(mine(comment, act))), page=True)


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
def test_heavy_texts_are_no_accident(writer: Client, comment: Comment, heavy: str) -> None:
    assert change(writer, comment, heavy).status_code == 303


def test_moderators_read_the_earlier_words(writer: Client, comment: Comment, client: Client, moderator: User) -> None:
    change(writer, comment, "Tamer words.")
    client.force_login(moderator)
    page = html(client.get(f"/admin/comments/comment/{comment.pk}/decide/"))
    assert "A *remark*." in page
    assert "Tamer words." in page
    assert "<textarea" not in page
