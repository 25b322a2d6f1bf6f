"""One's own comment: the page after posting, editing, deleting, and nobody else doing so."""

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
from comments.posting.revising import MAX_EDITS
from core import clock
from core.privacy.networks import network_key
from tests.attacks import ATTACKS, HEAVY, assert_harmless
from tests.comments.conftest import Say

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
FIELDS = {"name": "Rea Reader", "text": "A *remark*."}


@pytest.fixture
def browser(own_post: Post) -> Client:
    """A client that has just posted a comment."""
    client = Client()
    client.post(f"/comments/new/{own_post.pk}/", FIELDS, headers=OWN_PAGE)
    return client


@pytest.fixture
def comment(browser: Client) -> Comment:
    return Comment.objects.get()


def own_path(comment: Comment, act: str = "") -> str:
    return f"/comments/{comment.public_id}/mine/{act}"


def html(response: Any) -> str:
    text: str = response.content.decode()
    return text


def edit(browser: Client, comment: Comment, text: str, **more: str) -> Any:
    return browser.post(own_path(comment, "edit/"), {"text": text} | more)


def minutes_later(number: int) -> Any:
    return clock.standing_at(clock.now() + timedelta(minutes=number))


def test_the_cookie_is_sent_to_the_page_of_this_comment_only(
    own_post: Post, settings: Settings, comment: Comment, browser: Client
) -> None:
    cookie = browser.cookies["mine"]
    assert (cookie["path"], cookie["samesite"]) == (own_path(comment), "Lax")
    assert cookie["httponly"]
    settings.IS_HTTPS = True
    response = Client().post(f"/comments/new/{own_post.pk}/", {"name": "Bo", "text": "Me too."}, headers=OWN_PAGE)
    assert response.cookies["mine"]["secure"]


def test_the_commenter_sees_the_comment_in_its_thread(own_post: Post, say: Say) -> None:
    root, browser = say("The question."), Client()
    response = browser.post(f"/comments/new/{own_post.pk}/", FIELDS | {"parent": root.public_id}, headers=OWN_PAGE)
    page = browser.get(response["Location"])
    reply = Comment.objects.get(parent=root)
    assert page["Cache-Control"] == "no-store"
    assert page["X-Robots-Tag"] == "noindex"
    assert page["Referrer-Policy"] == "same-origin"
    for part in ("The question.", "<em>remark</em>", own_path(reply, "edit/"), own_path(reply, "delete/")):
        assert part in html(page)
    assert f'href="{own_post.get_absolute_url()}#c-{reply.public_id}"' in html(page)


@pytest.mark.parametrize("act", ["", "edit/", "delete/"])
def test_these_pages_are_neither_framed_nor_cached(browser: Client, comment: Comment, act: str) -> None:
    page = browser.get(own_path(comment, act))
    assert page["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("act", ["", "edit/", "delete/"])
def test_everybody_else_gets_a_404(comment: Comment, say: Say, act: str, moderator: User) -> None:
    stranger, other = Client(), say("Another.")
    stranger.force_login(moderator)
    assert stranger.get(own_path(comment, act)).status_code == 404
    assert stranger.post(own_path(comment, act), {"text": "Mine now."}).status_code in (404, 405)
    # The cookie of one comment proves nothing for another one, whatever path it is sent to.
    authorship.set_own_comment_cookie(response := HttpResponse(), other)
    stranger.cookies["mine"] = response.cookies["mine"].value
    assert stranger.get(own_path(comment, act)).status_code == 404
    assert stranger.post(own_path(comment, act), {"text": "Mine now."}).status_code in (404, 405)
    comment.refresh_from_db()
    assert (comment.source, comment.state) == (FIELDS["text"], "published")


@pytest.mark.parametrize("value", ["", "x", "x:y:z", "9" * 4000])
def test_a_forged_cookie_opens_nothing(comment: Comment, value: str) -> None:
    stranger = Client()
    stranger.cookies["mine"] = value
    assert stranger.get(own_path(comment)).status_code == 404


def test_an_edit_is_marked_and_the_earlier_text_is_stored(
    noon: datetime,
    browser: Client,
    comment: Comment,
    own_post: Post,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    before = Discussion.objects.get()
    # the comment · protected names · bans of the sender and of words · words of the spam filter ·
    # savepoint · discussion with post · thread's lock, if the database has row locks · the comment again ·
    # number of revisions · insert of one · update · discussion's lock · its update · release ·
    # the comment as it is now
    network_key(RequestFactory().get("/"))  # the first request of a minute reads the keys
    with django_assert_num_queries(14 + connection.features.has_select_for_update):
        response = edit(browser, comment, "A **better** remark.\r\n")
    assert response["Location"] == f"{own_path(comment)}#c-{comment.public_id}"
    comment.refresh_from_db()
    assert comment.source == "A **better** remark."
    assert "<strong>better</strong>" in comment.html
    assert comment.edited_at
    assert [revision.source for revision in comment.revisions.all()] == [FIELDS["text"]]
    after = Discussion.objects.get()
    assert (after.count, after.version) == (1, before.version + 1)
    public = html(Client().get(own_post.get_absolute_url()))
    assert ">edited<" in public
    assert "remark</em>" not in public


def test_saving_the_same_text_changes_nothing(browser: Client, comment: Comment) -> None:
    assert edit(browser, comment, FIELDS["text"]).status_code == 303
    comment.refresh_from_db()
    assert comment.edited_at is None
    assert not comment.revisions.exists()


def test_a_comment_can_be_edited_for_fifteen_minutes(noon: object, browser: Client, comment: Comment) -> None:
    with minutes_later(14):
        assert ">Edit<" in html(browser.get(own_path(comment)))
        assert edit(browser, comment, "In time.").status_code == 303
    with minutes_later(15):
        assert own_path(comment, "edit/") not in html(browser.get(own_path(comment)))
        assert browser.get(own_path(comment, "edit/"))["Location"] == own_path(comment)
        late = edit(browser, comment, "Too late, but not lost.")
    assert late.status_code == 409
    assert "Too late, but not lost." in html(late)
    assert "the time for editing this comment is over" in html(late)
    comment.refresh_from_db()
    assert comment.source == "In time."


@pytest.mark.parametrize("state", ["readonly", "hidden"])
def test_a_closed_discussion_offers_no_edit(own_post: Post, browser: Client, comment: Comment, state: str) -> None:
    Discussion.objects.update(state=state)
    page = html(browser.get(own_path(comment)))
    assert own_path(comment, "edit/") not in page
    assert "You can edit your comment" not in page
    assert own_path(comment, "delete/") in page
    assert browser.get(own_path(comment, "edit/"))["Location"] == own_path(comment)
    assert edit(browser, comment, "Not any more.").status_code == 409


def test_the_time_for_editing_is_a_setting(noon: object, browser: Client, comment: Comment, settings: Settings) -> None:
    settings.COMMENT_EDIT_MINUTES = 60
    with minutes_later(59):
        assert edit(browser, comment, "In time.").status_code == 303


def test_the_number_of_edits_is_limited(browser: Client, comment: Comment) -> None:
    for number in range(MAX_EDITS):
        assert edit(browser, comment, f"Version {number}.").status_code == 303
    refused = edit(browser, comment, "One more.")
    assert refused.status_code == 409
    assert "One more." in html(refused)
    assert comment.revisions.count() == MAX_EDITS


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_001])
def test_a_refused_edit_keeps_the_text_and_shows_the_error_at_its_field(
    browser: Client, comment: Comment, text: str
) -> None:
    response = edit(browser, comment, text)
    assert response.status_code == 400
    field = html(response).split('name="text"')[1].split(">")[0]
    assert 'aria-invalid="true"' in field
    assert "comment-text_error" in field
    assert "autofocus" in field
    assert text.strip() in html(response)
    comment.refresh_from_db()
    assert comment.source == FIELDS["text"]


@pytest.mark.parametrize("changes", [{"state": "readonly"}, {"state": "hidden"}])
def test_a_closed_discussion_refuses_an_edit(browser: Client, comment: Comment, changes: dict[str, str]) -> None:
    Discussion.objects.update(**changes)
    response = edit(browser, comment, "Other words.")
    assert response.status_code == 409
    assert "Other words." in html(response)


def test_a_comment_that_was_removed_meanwhile_cannot_be_edited(
    browser: Client, comment: Comment, moderator: User
) -> None:
    steps.remove(comment, by=moderator, reason="")
    response = edit(browser, comment, "Other words.")
    assert response.status_code == 409
    assert "Other words." in html(response)
    assert "no longer on the page" in html(response)


def test_an_edit_changes_nothing_but_the_text(browser: Client, comment: Comment) -> None:
    edit(browser, comment, "Other words.", name="Eldon Host", badge="host", state="removed", html="<script>", path="x")
    after = Comment.objects.get()
    assert (after.name, after.badge, after.state, after.path) == (comment.name, "", "published", comment.path)


def test_an_edit_needs_its_token_and_keeps_the_text_without_it(comment: Comment, browser: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    refused = edit(strict, comment, "Short.")
    assert refused.status_code == 403
    assert "Short." in html(refused)
    token = str(refused.context["csrf_token"])
    assert edit(strict, comment, "Short.", csrfmiddlewaretoken=token).status_code == 303
    assert strict.post(own_path(comment, "delete/")).status_code == 403


def test_a_stranger_without_a_token_gets_a_404(comment: Comment) -> None:
    assert edit(Client(enforce_csrf_checks=True), comment, "Mine now.").status_code == 404


def test_an_edit_can_be_previewed(browser: Client, comment: Comment) -> None:
    page = html(edit(browser, comment, "A **bold** word.", action="preview"))
    assert "<strong>bold</strong>" in page
    assert "A **bold** word." in page
    comment.refresh_from_db()
    assert comment.source == FIELDS["text"]


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "patch", "delete"])
@pytest.mark.parametrize("act", ["edit/", "delete/"])
def test_only_a_post_request_edits_or_deletes(browser: Client, comment: Comment, method: str, act: str) -> None:
    getattr(browser, method)(f"{own_path(comment, act)}?text=Other&action=delete")
    after = Comment.objects.get()
    assert (after.source, after.state) == (comment.source, comment.state)


def test_deleting_asks_first_and_then_leaves_nothing(browser: Client, comment: Comment, own_post: Post) -> None:
    with minutes_later(60 * 24 * 200):
        assert "Delete your comment?" in html(browser.get(own_path(comment, "delete/")))
        done = browser.post(own_path(comment, "delete/"), follow=True)
    assert done.redirect_chain == [(own_path(comment), 303)]
    assert "You deleted your comment." in html(done)
    assert "remark" not in html(done)
    comment.refresh_from_db()
    assert (comment.state, comment.shown) == ("deleted", False)
    assert Discussion.objects.get().count == 0
    assert "remark" not in html(Client().get(own_post.get_absolute_url()))


def test_a_deleted_comment_with_replies_leaves_a_tombstone(
    browser: Client, comment: Comment, own_post: Post, say: Say
) -> None:
    say("An answer.", to=comment)
    browser.post(own_path(comment, "delete/"))
    page = html(Client().get(own_post.get_absolute_url()))
    assert "deleted by its author" in page
    assert "An answer." in page
    assert FIELDS["name"] not in page.split("An answer.")[0].rpartition("<article")[0]


def test_a_deleted_text_may_be_posted_again_at_once(browser: Client, comment: Comment, own_post: Post) -> None:
    """Otherwise the same text would lead to the deleted comment for ten minutes, and be lost."""
    browser.post(own_path(comment, "delete/"))
    response = browser.post(f"/comments/new/{own_post.pk}/", FIELDS, headers=OWN_PAGE)
    again = Comment.objects.get(state="published")
    assert response["Location"] == f"{own_path(again)}#c-{again.public_id}"
    assert Comment.objects.get(pk=comment.pk).state == "deleted"


def test_a_text_that_a_moderator_removed_cannot_be_posted_again_at_once(
    browser: Client, comment: Comment, own_post: Post, moderator: User
) -> None:
    steps.remove(comment, by=moderator, reason="")
    browser.post(f"/comments/new/{own_post.pk}/", FIELDS, headers=OWN_PAGE)
    assert not Comment.objects.filter(state="published").exists()


def test_deleting_twice_is_one_deletion(browser: Client, comment: Comment) -> None:
    browser.post(own_path(comment, "delete/"))
    browser.post(own_path(comment, "delete/"))
    assert comment.events.filter(to_state="deleted").count() == 1
    assert Discussion.objects.get().count == 0


def test_the_commenter_is_told_of_a_removal_and_keeps_the_text(
    browser: Client, comment: Comment, moderator: User
) -> None:
    steps.remove(comment, by=moderator, reason="a private reason")
    page = html(browser.get(own_path(comment)))
    assert "A moderator removed your comment." in page
    assert FIELDS["text"] in page
    assert "a private reason" not in page
    assert own_path(comment, "delete/") not in page
    assert browser.get(own_path(comment, "delete/"))["Location"] == own_path(comment)


def test_the_commenter_sees_only_their_own_text_on_a_withdrawn_post(
    browser: Client, comment: Comment, own_post: Post, say: Say
) -> None:
    say("Somebody else's answer.", to=comment)
    Post.objects.update(status="withdrawn")
    page = html(browser.get(own_path(comment)))
    assert FIELDS["text"] in page
    assert "Somebody else" not in page
    assert own_post.title not in page
    browser.post(own_path(comment, "delete/"))
    assert Comment.objects.get(pk=comment.pk).state == "deleted"


def test_an_erased_comment_has_no_page(browser: Client, comment: Comment) -> None:
    Comment.objects.update(state="erased")
    assert browser.get(own_path(comment)).status_code == 404


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_when_previewed_and_when_saved(browser: Client, comment: Comment, attack: str) -> None:
    assert_harmless(html(edit(browser, comment, attack, action="preview")), page=True)
    edit(browser, comment, attack)
    for act in ("", "edit/", "delete/"):
        assert_harmless(html(browser.get(own_path(comment, act))), page=True)


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
def test_heavy_texts_can_be_saved(browser: Client, comment: Comment, heavy: str) -> None:
    assert edit(browser, comment, heavy).status_code == 303


def test_moderators_see_the_earlier_text(browser: Client, comment: Comment, client: Client, moderator: User) -> None:
    edit(browser, comment, "Milder words.")
    client.force_login(moderator)
    page = html(client.get(f"/admin/comments/comment/{comment.pk}/decide/"))
    assert "A *remark*." in page
    assert "Milder words." in page
    assert "<textarea" not in page
