"""What staff only look at: subscriptions, letters, the words of the filter; and the start page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Post
from comments.models import EmailItem, OutgoingEmail, SpamToken, Subscription
from core import clock
from core.models import Task
from tests.comments.conftest import Say
from tests.comments.moderator_pages import QUEUE, decide_url, page, staff, text_of

LETTERS = "/admin/comments/outgoingemail/"
SUBSCRIPTIONS = "/admin/comments/subscription/"
WORDS = "/admin/comments/spamtoken/"


def letter(**fields: object) -> OutgoingEmail:
    return OutgoingEmail.objects.create(**{"kind": "confirm", "email": "ann@reader.example"} | fields)


def progress(desk: Client) -> dict[int, str]:
    changelist = desk.get(LETTERS).context["cl"]
    return {row.pk: changelist.model_admin.progress(row) for row in changelist.result_list}


def test_a_letter_that_does_not_go_out_is_seen(db: None) -> None:
    waits, sent, fails, gone = letter(), letter(sent_at=clock.now()), letter(), letter()
    Task.objects.create(job="send-email", argument=str(waits.pk))
    Task.objects.create(job="send-email", argument=str(fails.pk), last_error="refused")
    Task.objects.create(job="send-email", argument=str(gone.pk), last_error="<b>bounced</b>", failed_at=clock.now())
    Task.objects.create(job="another-job", argument=str(waits.pk), last_error="of something else")
    desk = staff("clerk", "view_outgoingemail")
    assert progress(desk) == {
        waits.pk: "waits",
        sent.pk: "sent",
        fails.pk: "failed, and is tried again: refused",
        gone.pk: "given up: <b>bounced</b>",
    }
    assert "given up: &lt;b&gt;bounced&lt;/b&gt;" in page(desk, LETTERS)
    assert "given up: &lt;b&gt;bounced&lt;/b&gt;" in page(desk, f"{LETTERS}{gone.pk}/change/")


def test_the_list_of_letters_costs_the_same_for_one_and_for_many(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    desk = staff("clerk", "view_outgoingemail")
    letter()
    # session · user · blog · permissions 2 · count 2 · letters with their work
    with django_assert_num_queries(8):
        desk.get(LETTERS)
    for _number in range(9):
        letter()
    with django_assert_num_queries(8):
        desk.get(LETTERS)


def test_a_letter_shows_what_it_tells_of(say: Say, own_post: Post) -> None:
    comment = say("News.")
    wish = Subscription.objects.create(discussion=own_post.discussion, scope="post", email="ann@reader.example")
    news = letter(kind="news", subscription=None)
    EmailItem.objects.create(message=news, subscription=wish, comment=comment, email=wish.email)
    html = page(staff("clerk", "view_outgoingemail"), f"{LETTERS}{news.pk}/change/")
    assert comment.public_id in html
    assert 'name="_save"' not in html


def test_addresses_are_shown_only_to_those_who_may_see_them(desk: Client, own_post: Post) -> None:
    """A moderator of comments need not know who reads them."""
    letter()
    wish = Subscription.objects.create(discussion=own_post.discussion, scope="post", email="ann@reader.example")
    for address in (LETTERS, SUBSCRIPTIONS, f"{SUBSCRIPTIONS}{wish.pk}/change/", WORDS):
        assert desk.get(address).status_code == 403
        assert "/admin/login/" in Client().get(address)["Location"]
    assert LETTERS not in page(desk, "/admin/")
    assert "ann@reader.example" in page(staff("clerk", "view_subscription"), SUBSCRIPTIONS)


@pytest.mark.parametrize("model", ["subscription", "outgoingemail", "spamtoken"])
def test_nobody_changes_what_is_only_looked_at(own_post: Post, model: str) -> None:
    wish = Subscription.objects.create(discussion=own_post.discussion, scope="post", email="ann@reader.example")
    row = {"subscription": wish, "outgoingemail": letter(), "spamtoken": SpamToken.objects.create(token="casino")}[
        model
    ]
    desk = staff("clerk", *(f"{verb}_{model}" for verb in ("view", "add", "change", "delete")))
    address = f"/admin/comments/{model}/"
    assert desk.get(address).status_code == 200
    assert desk.get(f"{address}add/").status_code == 403
    assert desk.post(f"{address}{row.pk}/change/", {"email": "x@y.example"}).status_code == 403
    assert desk.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(address, {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert type(row)._default_manager.filter(pk=row.pk).exists()


# --- The start page


def test_moderators_are_told_what_waits(desk: Client, held: Say, own_post: Post) -> None:
    comments = [held(f"Question {number}?", name="Ann") for number in range(7)]
    html = page(desk, "/admin/")
    words = text_of(html)
    assert "Read the comments 7 wait" in words
    assert "7 comments wait for you" in words
    assert f"Ann: Question 0? ({own_post})" in words
    assert [decide_url(comment) in html for comment in comments] == [True] * 5 + [False] * 2
    assert f'href="{QUEUE}"' in html


def test_where_nothing_waits_nothing_is_said(desk: Client, say: Say) -> None:
    say("All is well.")
    words = text_of(page(desk, "/admin/"))
    assert "Read the comments" in words
    assert "Needs your attention" not in words
    assert "wait" not in words


def test_who_cannot_decide_is_not_asked(held: Say, moderator: User) -> None:
    held("Question?", name="Ann")
    looker = text_of(page(staff("looker", "view_comment"), "/admin/"))
    assert "Read the comments" in looker
    assert "Question?" not in looker
    nobody = text_of(page(staff("nobody"), "/admin/"))
    assert "Read the comments" not in nobody
    assert "Question?" not in nobody
