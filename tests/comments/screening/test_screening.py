"""Held comments: why they are held, what happens to them, and what their writers are shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from blog.models import Blog, Person, Post
from comments.models import Ban, Comment, CommentEvent, Discussion
from comments.moderation import steps
from comments.posting.submission import Refused, submit
from core import clock
from core.tasks import worker
from tests.attacks import ATTACKS, HEAVY, assert_harmless
from tests.comments.conftest import Say
from tests.comments.thread_integrity import assert_whole, shown
from tests.conftest import MakePost

State = Comment.State
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
LINK = "Look at https://shop.example/offer, all of you."


def send(browser: Client, post: Post, **fields: str) -> Any:
    sent = {"name": "Rea Reader", "text": "A remark."} | fields
    return browser.post(f"/comments/new/{post.pk}/", sent, headers=OWN_PAGE)


def the_comment() -> Comment:
    return Comment.objects.get()


def test_a_held_comment_is_stored_with_its_findings_and_shown_to_nobody(own_post: Post) -> None:
    browser = Client()
    response = send(browser, own_post, text=LINK)
    comment = the_comment()
    assert (comment.state, comment.shown, comment.published_at) == (State.PENDING, False, None)
    assert comment.findings == [{"code": "links", "score": 10, "detail": "shop.example"}]
    assert comment.score == 10
    assert [event.to_state for event in comment.events.all()] == [State.PENDING]
    assert (shown(own_post), Discussion.objects.get().count, Discussion.objects.get().version) == ([], 0, 0)
    for url in (own_post.get_absolute_url(), "/feeds/comments.atom", f"{own_post.get_absolute_url()}comments.atom"):
        assert "shop.example" not in Client().get(url).text
    assert Client().get(comment.get_absolute_url()).status_code == 404
    assert '"count": 0' in Client().get(f"/comments/version/{own_post.pk}/").text
    assert response.status_code == 303
    assert_whole(own_post)


def test_the_writer_sees_the_reasons_and_the_queue_position(own_post: Post) -> None:
    send(Client(), own_post, text=LINK)
    browser = Client()
    page = browser.get(send(browser, own_post, name="Bo", text=f"{LINK} Please.")["Location"])
    assert "waiting for a moderator" in page.text
    assert "It is number 2 in the queue." in page.text
    assert "It contains links." in page.text
    assert "<textarea" in page.text
    assert 'href="https://shop.example' not in page.text
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("no-store", "noindex")
    steps.approve(Comment.objects.earliest("pk"), by=User.objects.create_superuser("m"))
    assert "It is next in the queue." in browser.get(page.request["PATH_INFO"]).text


def test_the_writer_can_delete_a_held_comment(own_post: Post) -> None:
    browser = Client()
    mine = send(browser, own_post, text=LINK)["Location"].partition("#")[0]
    assert "Withdraw" in browser.get(mine).text
    question = browser.get(f"{mine}delete/")
    assert question.status_code == 200
    assert 'href="https://shop.example' not in question.text
    assert the_comment().state == State.PENDING
    browser.post(f"{mine}delete/")
    assert the_comment().state == State.DELETED
    assert_whole(own_post)


def test_an_approved_comment_has_the_time_of_its_approval(own_post: Post, moderator: User) -> None:
    with clock.standing_at(clock.now() - timedelta(hours=3)):
        send(Client(), own_post, text=LINK)
    comment = the_comment()
    assert steps.approve(comment, by=moderator)
    comment.refresh_from_db()
    assert comment.published_at is not None
    assert comment.published_at - comment.created_at > timedelta(hours=2)
    discussion = Discussion.objects.get()
    assert (discussion.count, discussion.last_published_at) == (1, comment.published_at)
    assert "shop.example" in Client().get(own_post.get_absolute_url()).text
    assert_whole(own_post)


def test_a_second_approval_changes_nothing(say: Say, own_post: Post, moderator: User) -> None:
    comment = say(LINK)
    assert [steps.approve(Comment.objects.get(pk=comment.pk), by=moderator) for _ in range(2)] == [True, False]
    assert (Discussion.objects.get().count, CommentEvent.objects.count()) == (1, 2)
    assert_whole(own_post)


def test_a_reply_approved_under_a_hidden_comment_stays_hidden(say: Say, own_post: Post, moderator: User) -> None:
    root = say("Root.")
    reply = say(LINK, to=root)
    steps.remove_with_replies(root, by=moderator, reason="")
    assert steps.approve(reply, by=moderator)
    assert (shown(own_post), Discussion.objects.get().count) == ([], 0)
    assert_whole(own_post)
    steps.restore(root, by=moderator, reason="")
    assert shown(own_post) == ["Root.", LINK]
    assert_whole(own_post)


def test_a_reply_approved_under_a_removed_comment_shows_the_tombstone(
    say: Say, own_post: Post, moderator: User
) -> None:
    root = say("Root.")
    reply = say(LINK, to=root)
    steps.remove(root, by=moderator, reason="")
    assert shown(own_post) == []
    steps.approve(reply, by=moderator)
    assert shown(own_post) == ["Root.", LINK]  # the first as a tombstone only
    assert "Root." not in Client().get(own_post.get_absolute_url()).text
    assert_whole(own_post)


def test_a_good_comment_edited_into_spam_is_requeued(own_post: Post, say: Say) -> None:
    """S3. Its replies stay, under a tombstone."""
    browser = Client()
    mine = send(browser, own_post)["Location"].partition("#")[0]
    comment = the_comment()
    say("A reply.", to=comment)
    browser.post(f"{mine}edit/", {"text": LINK})
    comment.refresh_from_db()
    assert (comment.state, comment.source, comment.findings[0]["code"]) == (State.PENDING, LINK, "links")
    assert [event.to_state for event in comment.events.all()] == [State.PUBLISHED, State.PENDING]
    assert Discussion.objects.get().count == 1
    page = Client().get(own_post.get_absolute_url()).text
    assert "This comment was edited and is waiting for a moderator." in page
    assert "shop.example" not in page
    assert "waiting for a moderator" in browser.get(mine).text
    assert_whole(own_post)


def test_a_refused_edit_loses_nothing(own_post: Post) -> None:
    Ban.objects.create(kind=Ban.Kind.WORD, mode=Ban.Mode.REFUSE, value="casino")
    browser = Client()
    mine = send(browser, own_post)["Location"].partition("#")[0]
    response = browser.post(f"{mine}edit/", {"text": "Come to my casino."})
    assert response.status_code == 403
    assert "Come to my casino." in response.text
    assert "This is not accepted here: casino." in response.text
    assert the_comment().source == "A remark."


def test_a_refused_comment_comes_back_in_the_form(own_post: Post) -> None:
    Ban.objects.create(kind=Ban.Kind.DOMAIN, mode=Ban.Mode.REFUSE, value="shop.example")
    response = send(Client(), own_post, text=LINK, email="rea@example.org", notify="post")
    assert response.status_code == 403
    assert LINK in response.text
    assert 'value="rea@example.org"' in response.text
    assert '<option value="post" selected>' in response.text
    assert '<details class="comment-mail" open>' in response.text
    assert not Comment.objects.exists()


@pytest.mark.parametrize("hold", ["nothing", "links", "first", "all"])
def test_a_post_may_have_a_hold_policy_of_its_own(own_post: Post, say: Say, hold: str) -> None:
    Blog.objects.update(comments_hold="all")
    Discussion.objects.update(hold=hold)
    assert say("Plain.").state == (State.PUBLISHED if hold in ("nothing", "links") else State.PENDING)
    Discussion.objects.update(hold="")
    assert say("Plain, too.").state == State.PENDING


def test_the_trap_gives_points_and_refuses_nothing(own_post: Post) -> None:
    """S1."""
    browser = Client()
    page = browser.get(send(browser, own_post, trap="x")["Location"])
    assert the_comment().findings == [{"code": "trap", "score": 60, "detail": ""}]
    assert "A hidden field of the form was filled in" in page.text


@pytest.mark.parametrize(
    ("signals", "codes"),
    [
        ({}, []),
        ({"seconds": "0"}, ["fast"]),
        ({"seconds": "12.5"}, []),
        ({"seconds": "nan"}, []),
        ({"seconds": "1e999"}, []),
        ({"seconds": "-1"}, ["fast"]),
        ({"seconds": "\0x"}, []),
        ({"opened": "forged"}, ["forged"]),
        ({"opened": "forged:1t9GTy:abc", "seconds": "60"}, ["forged"]),
    ],
)
def test_the_time_that_the_form_was_open(own_post: Post, signals: dict[str, str], codes: list[str]) -> None:
    send(Client(), own_post, **signals)
    assert [finding["code"] for finding in the_comment().findings] == codes


@pytest.mark.parametrize(("later", "codes"), [(1, ["fast"]), (30, []), (25 * 3600, [])])
def test_the_time_is_measured_on_the_page_that_is_never_cached(
    noon: object, own_post: Post, later: int, codes: list[str]
) -> None:
    browser = Client()
    form = browser.get(f"/comments/new/{own_post.pk}/")
    opened = form.text.partition('name="opened" value="')[2].partition('"')[0]
    assert opened
    with clock.standing_at(clock.now() + timedelta(seconds=later)):
        send(browser, own_post, opened=opened)
    assert [finding["code"] for finding in the_comment().findings] == codes


def test_the_public_page_contains_no_time(own_post: Post) -> None:
    assert 'name="opened"' not in Client().get(own_post.get_absolute_url()).text


def test_the_same_text_in_several_discussions_is_detected(make_post: MakePost) -> None:
    text = "A long remark that says the same thing everywhere, word by word."
    found = []
    for number in range(4):
        comment = submit(post_id=make_post(f"post-{number}").pk, name="Rea", text=text + " " * number)
        found.append((comment.state, [finding["detail"] for finding in comment.findings]))
    assert found == [(State.PUBLISHED, []), (State.PUBLISHED, ["1"]), (State.PUBLISHED, ["2"]), (State.SPAM, ["3"])]


def test_short_texts_may_be_repeated(make_post: MakePost) -> None:
    comments = [submit(post_id=make_post(f"post-{number}").pk, name="Rea", text="Thank you!") for number in range(4)]
    assert {comment.state for comment in comments} == {State.PUBLISHED}


def test_a_name_that_resembles_the_hosts_is_held(own_post: Post, host: Person) -> None:
    send(Client(), own_post, name="ЕIdоn Hоst")  # Cyrillic letters, and an I for an l
    assert (the_comment().state, the_comment().badge) == (State.PENDING, "")
    assert the_comment().findings[0]["code"] == "imitation"


def test_a_typed_email_of_a_known_writer_gives_no_trust(own_post: Post) -> None:
    """S4."""
    known = submit(post_id=own_post.pk, name="Ann", text="Before.", email="ann@example.org")
    Comment.objects.filter(pk=known.pk).update(email_confirmed_at=clock.now())
    Discussion.objects.update(hold="first")
    send(Client(), own_post, email="ann@example.org")
    comment = Comment.objects.latest("pk")
    assert (comment.state, comment.email_confirmed_at) == (State.PENDING, None)


@pytest.mark.parametrize("email", ["x", "a@b", "a@b.c\nBcc: x@y.example", "a" * 300 + "@example.org", "@", "a@b@c.de"])
def test_an_invalid_email_is_refused_and_stays_in_the_form(own_post: Post, email: str) -> None:
    response = send(Client(), own_post, email=email)
    assert response.status_code == 400
    assert "does not look like an e-mail address" in response.text
    assert "A remark." in response.text
    assert not Comment.objects.exists()


def test_a_subscription_needs_an_email(own_post: Post) -> None:
    response = send(Client(), own_post, notify="thread")
    assert response.status_code == 400
    assert "please enter your e-mail address" in response.text


def test_the_preselected_scope_alone_is_no_subscription(own_post: Post) -> None:
    assert send(Client(), own_post, notify="replies").status_code == 303
    assert '<details class="comment-mail">' in Client().get(own_post.get_absolute_url()).text


def test_an_unknown_scope_is_no_subscription(own_post: Post) -> None:
    assert send(Client(), own_post, notify="everything').x").status_code == 303


def test_forged_fields_do_not_publish_a_comment(own_post: Post) -> None:
    """A3."""
    forged = {"state": "published", "shown": "1", "score": "-500", "findings": "[]", "badge": "host", "hold": "nothing"}
    send(Client(), own_post, text=LINK, **forged)
    assert (the_comment().state, the_comment().badge) == (State.PENDING, "")


def test_one_network_may_write_three_comments_in_a_thread_in_three_minutes(noon: object, own_post: Post) -> None:
    browser = Client()
    send(browser, own_post, text="Root.")
    root = the_comment().public_id
    statuses = [send(browser, own_post, text=f"{number}.", parent=root).status_code for number in range(3)]
    assert statuses == [303, 303, 429]
    assert send(browser, own_post, text="A thread of its own.").status_code == 303
    with clock.standing_at(clock.now() + timedelta(minutes=3, seconds=1)):
        assert send(browser, own_post, text="Later.", parent=root).status_code == 303


@pytest.mark.parametrize("attack", [*ATTACKS.values(), *HEAVY.values()], ids=[*ATTACKS, *HEAVY])
def test_attacks_are_judged_without_errors(own_post: Post, attack: str) -> None:
    browser = Client()
    Discussion.objects.update(hold="all")
    response = send(browser, own_post, name=attack[:80] or "x", text=attack, email="rea@example.org")
    if response.status_code == 303:
        page = browser.get(response["Location"])
        assert page.status_code == 200
        assert_harmless(page.text, page=True)
    else:
        assert response.status_code in (400, 403)


def test_a_refused_comment_leaves_no_task_and_no_email(own_post: Post) -> None:
    Ban.objects.create(kind=Ban.Kind.WORD, mode=Ban.Mode.REFUSE, value="remark")
    with pytest.raises(Refused):
        submit(post_id=own_post.pk, name="Rea", text="A remark.", email="rea@example.org", notify="post")
    assert worker.run_due() == 0
    assert mail.outbox == []


def test_discussions_close_after_the_days_set_for_the_blog(own_post: Post, say: Say) -> None:
    Blog.objects.update(comments_close_after=7)
    assert own_post.published_at
    end = own_post.published_at + timedelta(days=7)
    with clock.standing_at(end - timedelta(seconds=1)):
        say("In time.")
    with clock.standing_at(end):
        with pytest.raises(Refused) as refusal:
            say("Too late.")
        assert refusal.value.status == 409
        assert "This discussion is closed" in Client().get(own_post.get_absolute_url()).text
        Discussion.objects.update(stays_open=True)
        say("Open for good.")
        Discussion.objects.update(stays_open=False, closes_at=end + timedelta(hours=1))
        say("Open for longer.")
