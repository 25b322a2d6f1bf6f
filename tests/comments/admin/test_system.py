"""The read-only lists of subscriptions, emails and spam tokens; and the start page."""

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

EMAILS = "/admin/comments/outgoingemail/"
SUBSCRIPTIONS = "/admin/comments/subscription/"
TOKENS = "/admin/comments/spamtoken/"


def outgoing_email(**fields: object) -> OutgoingEmail:
    return OutgoingEmail.objects.create(**{"kind": "confirm", "email": "ann@reader.example"} | fields)


def progress(desk: Client) -> dict[int, str]:
    changelist = desk.get(EMAILS).context["cl"]
    return {row.pk: changelist.model_admin.progress(row) for row in changelist.result_list}


def test_the_list_shows_emails_that_were_not_sent(db: None) -> None:
    waiting, sent, failing, failed = (
        outgoing_email(),
        outgoing_email(sent_at=clock.now()),
        outgoing_email(),
        outgoing_email(),
    )
    Task.objects.create(job="send-email", argument=str(waiting.pk))
    Task.objects.create(job="send-email", argument=str(failing.pk), last_error="refused")
    Task.objects.create(job="send-email", argument=str(failed.pk), last_error="<b>bounced</b>", failed_at=clock.now())
    Task.objects.create(job="another-job", argument=str(waiting.pk), last_error="of another task")
    desk = staff("clerk", "view_outgoingemail")
    assert progress(desk) == {
        waiting.pk: "waiting",
        sent.pk: "sent",
        failing.pk: "failed, will be tried again: refused",
        failed.pk: "given up: <b>bounced</b>",
    }
    assert "given up: &lt;b&gt;bounced&lt;/b&gt;" in page(desk, EMAILS)
    assert "given up: &lt;b&gt;bounced&lt;/b&gt;" in page(desk, f"{EMAILS}{failed.pk}/change/")


def test_the_number_of_queries_does_not_grow_with_the_list_of_emails(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    desk = staff("clerk", "view_outgoingemail")
    outgoing_email()
    # session · user · blog · permissions 2 · count 2 · emails with their tasks
    with django_assert_num_queries(8):
        desk.get(EMAILS)
    for _number in range(9):
        outgoing_email()
    with django_assert_num_queries(8):
        desk.get(EMAILS)


def test_an_email_lists_the_comments_that_it_announces(say: Say, own_post: Post) -> None:
    comment = say("News.")
    subscription = Subscription.objects.create(discussion=own_post.discussion, scope="post", email="ann@reader.example")
    news = outgoing_email(kind="news", subscription=None)
    EmailItem.objects.create(message=news, subscription=subscription, comment=comment, email=subscription.email)
    html = page(staff("clerk", "view_outgoingemail"), f"{EMAILS}{news.pk}/change/")
    assert comment.public_id in html
    assert 'name="_save"' not in html


def test_emails_are_shown_only_with_the_permission_to_view_them(desk: Client, own_post: Post) -> None:
    """A moderator of comments need not know who reads them."""
    outgoing_email()
    subscription = Subscription.objects.create(discussion=own_post.discussion, scope="post", email="ann@reader.example")
    for url in (EMAILS, SUBSCRIPTIONS, f"{SUBSCRIPTIONS}{subscription.pk}/change/", TOKENS):
        assert desk.get(url).status_code == 403
        assert "/admin/login/" in Client().get(url)["Location"]
    assert EMAILS not in page(desk, "/admin/")
    assert "ann@reader.example" in page(staff("clerk", "view_subscription"), SUBSCRIPTIONS)


@pytest.mark.parametrize("model", ["subscription", "outgoingemail", "spamtoken"])
def test_read_only_lists_cannot_be_changed(own_post: Post, model: str) -> None:
    subscription = Subscription.objects.create(discussion=own_post.discussion, scope="post", email="ann@reader.example")
    row = {
        "subscription": subscription,
        "outgoingemail": outgoing_email(),
        "spamtoken": SpamToken.objects.create(token="casino"),
    }[model]
    desk = staff("clerk", *(f"{verb}_{model}" for verb in ("view", "add", "change", "delete")))
    url = f"/admin/comments/{model}/"
    assert desk.get(url).status_code == 200
    assert desk.get(f"{url}add/").status_code == 403
    assert desk.post(f"{url}{row.pk}/change/", {"email": "x@y.example"}).status_code == 403
    assert desk.post(f"{url}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(url, {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    assert type(row)._default_manager.filter(pk=row.pk).exists()


# --- The start page


def test_the_start_page_lists_waiting_comments(desk: Client, held: Say, own_post: Post) -> None:
    comments = [held(f"Question {number}?", name="Ann") for number in range(7)]
    html = page(desk, "/admin/")
    text = text_of(html)
    assert "Read the comments 7 wait" in text
    assert "7 comments wait for you" in text
    assert f"Ann: Question 0? ({own_post})" in text
    assert [decide_url(comment) in html for comment in comments] == [True] * 5 + [False] * 2
    assert f'href="{QUEUE}"' in html


def test_the_start_page_is_quiet_if_no_comment_waits(desk: Client, say: Say) -> None:
    say("All is well.")
    text = text_of(page(desk, "/admin/"))
    assert "Read the comments" in text
    assert "Needs your attention" not in text
    assert "wait" not in text


def test_the_start_page_lists_waiting_comments_only_for_moderators(held: Say, moderator: User) -> None:
    held("Question?", name="Ann")
    viewer = text_of(page(staff("viewer", "view_comment"), "/admin/"))
    assert "Read the comments" in viewer
    assert "Question?" not in viewer
    nobody = text_of(page(staff("nobody"), "/admin/"))
    assert "Read the comments" not in nobody
    assert "Question?" not in nobody
