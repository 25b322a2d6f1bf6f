"""What is stored under an e-mail address is shown and given only to those who read mail there."""

import json
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Post
from comments import personal_data
from comments.models import Comment, OutgoingEmail, Subscription
from core import clock
from core.mailing import signed_links
from core.mailing.signed_links import Purpose
from core.models import Task
from core.tasks import worker
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.mailbox import received
from tests.comments.conftest import Say
from tests.comments.mailbox import (
    REA,
    SAM,
    bare,
    one_line,
    path_in,
    to,
    with_address,
)
from tests.comments.personal_history import EARLIER, NAME, TEXT, WEB_PAGE, create_history
from tests.conftest import NOON
from tests.core.mailing.test_signed_links import NONSENSE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def history(say: Say, moderator: User, mailoutbox: list[EmailMessage]) -> list[Comment]:
    comments = create_history(say, moderator)
    mailoutbox.clear()
    return comments


def link(browser: Client, mailoutbox: list[EmailMessage], email: str = REA) -> str:
    """Request the link to the page, and return the path in it."""
    browser.post("/comments/yours/", {"email": email})
    worker.run_due()
    return path_in(mailoutbox[-1], "yours")


# --- Requesting the link ----------------------------------------------------------------------------------------------


def test_the_mailed_link_opens_the_page(client: Client, history: list[Comment], mailoutbox: list[EmailMessage]) -> None:
    response = client.post("/comments/yours/", {"email": " REA@reader.example "})
    assert (response.status_code, response["Location"]) == (303, "/comments/yours/?sent")
    worker.run_due()
    assert to(mailoutbox) == [REA]
    assert received(mailoutbox[0])["Subject"] == "Your data on Marginalia"
    assert "works for 30 minutes" in one_line(mailoutbox[0])
    page = client.get(path_in(mailoutbox[0], "yours"))
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "same-origin"
    assert "noindex" in page["X-Robots-Tag"]


def test_an_unknown_email_gets_the_same_response_and_no_mail(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    """A5: and the request does no less work for it."""
    responses, rows = set(), []
    for email in (REA, SAM, "nobody@reader.example"):
        browser, before = Client(), (OutgoingEmail.objects.count(), Task.objects.count())
        sent = browser.post("/comments/yours/", {"email": email})
        page = browser.get(sent["Location"])
        responses.add((sent.status_code, sent.content, str(sent.headers), bare(page), str(page.headers)))
        rows.append((OutgoingEmail.objects.count() - before[0], Task.objects.count() - before[1]))
    assert len(responses) == 1
    assert rows == [(1, 1)] * 3
    worker.run_due()
    assert sorted(to(mailoutbox)) == [REA, SAM]


def test_a_request_takes_the_same_queries_for_every_email(client: Client, history: list[Comment]) -> None:
    client.post("/comments/yours/", {"email": "first@reader.example"})  # the first request of a week creates the key
    counts = set()
    for email in (SAM, REA, "nobody@reader.example"):
        with CaptureQueriesContext(connection) as captured:
            client.post("/comments/yours/", {"email": email})
        counts.add(len(captured))
    assert len(counts) == 1


def test_an_earlier_request_counts_as_nothing_stored(client: Client, mailoutbox: list[EmailMessage], blog: Any) -> None:
    for _time in range(2):
        client.post("/comments/yours/", {"email": REA})
        worker.run_due()
    assert mailoutbox == []


def test_the_form_needs_its_token(blog: Any) -> None:
    assert Client(enforce_csrf_checks=True).post("/comments/yours/", {"email": REA}).status_code == 403
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("typed", ["", "rea", "%@%", f"{REA}\nBcc: {SAM}", "\x00"])
def test_an_invalid_email_is_shown_with_an_error(client: Client, blog: Any, typed: str) -> None:
    response = client.post("/comments/yours/", {"email": typed})
    assert response.status_code == 400
    assert "errorlist" in response.content.decode()


def test_the_link_expires_after_half_an_hour(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    with clock.standing_at(NOON + 30 * MINUTE):
        assert client.get(path).status_code == 200
    with clock.standing_at(NOON + 30 * MINUTE + timedelta(seconds=1)):
        for url in (path, f"{path}erase/", f"{path}comments.json", f"{path}comments.html"):
            assert client.get(url).status_code == 404
        assert client.post(f"{path}erase/").status_code == 404
        assert client.post(path, {"stop": "1"}).status_code == 404
    assert Comment.objects.filter(email__iexact=REA).count() == len(history)


@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_an_invalid_token_opens_nothing(client: Client, blog: Any, token: str) -> None:
    for end in ("", "erase/", "comments.json", "comments.html"):
        assert client.get(f"/comments/yours/{token}/{end}").status_code == 404
    assert client.post(f"/comments/yours/{token}/erase/").status_code == 404


def test_tokens_for_other_purposes_do_not_open_it(client: Client, history: list[Comment]) -> None:
    """A2."""
    message = OutgoingEmail.objects.filter(email=REA).first()
    assert message
    for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE):
        assert client.get(f"/comments/yours/{signed_links.create(purpose, [message.pk])}/").status_code == 404


# --- The page ---------------------------------------------------------------------------------------------------------


def test_it_shows_all_comments_and_subscriptions_of_the_email_and_no_others(
    client: Client, history: list[Comment], say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say("A teal remark."), SAM, proved=True)
    page = client.get(link(client, mailoutbox)).content.decode()
    for comment in history:
        comment.refresh_from_db()
        assert comment.source in page
        assert comment.get_state_display() in page
    assert "Your comments (6)" in page
    assert "replies to my comment" in page
    assert "this thread" in page
    assert "teal" not in page
    assert f"#c-{history[0].public_id}" in page
    assert f"#c-{history[1].public_id}" not in page


def test_a_button_ends_ones_own_subscriptions_only(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    own = Subscription.objects.filter(email=REA).first()
    other = Subscription.objects.get(email=SAM)
    assert own
    client.get(path, {"stop": own.pk})
    assert Subscription.objects.filter(pk=own.pk).exists()
    assert client.post(path, {"stop": own.pk}).status_code == 303
    assert not Subscription.objects.filter(pk=own.pk).exists()
    for number in (other.pk, "", "x", "-1", "9" * 18, "9" * 400, "²", "١", "\x00"):
        assert client.post(path, {"stop": number}).status_code == 303
    assert Subscription.objects.filter(pk=other.pk).exists()


def test_the_title_of_a_post_that_is_not_public_is_not_shown(
    client: Client, history: list[Comment], own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    Post.objects.update(status="draft")
    for url in (path, f"{path}comments.json", f"{path}comments.html"):
        page = client.get(url).content.decode()
        assert own_post.title not in page
        assert TEXT in page


def test_many_comments_take_no_more_queries(
    client: Client, say: Say, mailoutbox: list[EmailMessage], django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        with_address(say(f"Remark {number}."), proved=True)
    path = link(client, mailoutbox)
    with django_assert_max_num_queries(6):
        client.get(path)
    with django_assert_max_num_queries(10):
        client.get(f"{path}comments.json")


# --- The export -------------------------------------------------------------------------------------------------------


def test_the_json_export_holds_everything(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    response = client.get(f"{link(client, mailoutbox)}comments.json")
    assert response["Content-Type"] == "application/json"
    data = json.loads(response.content)
    assert data["address"] == REA
    assert [comment["id"] for comment in data["comments"]] == [comment.public_id for comment in history]
    assert [comment["state"] for comment in data["comments"]] == [
        "published",
        "pending",
        "spam",
        "rejected",
        "removed",
        "deleted",
    ]
    first = data["comments"][0]
    assert (first["name"], first["text"], first["web_page"], first["email"]) == (NAME, TEXT, WEB_PAGE, REA)
    assert first["earlier_wordings"] == [{"replaced": NOON.isoformat(), "text": EARLIER}]
    assert first["findings"] == [{"code": "first", "score": 2}]
    assert first["network_hash"] == (b"n" * 32).hex(" ", 8)
    assert first["email_confirmed"] == first["written"] == first["edited"] == NOON.isoformat()
    assert data["comments"][4]["history"][-1]["reason"] == f"{NAME} again"
    assert sorted(each["about"] for each in data["subscriptions"]) == ["post", "replies", "thread"]
    assert {message["kind"] for message in data["letters"]} == {"confirm", "news", "access"}
    assert any(message["comments"] for message in data["letters"])


def test_every_column_of_a_comment_is_exported_or_listed_here(history: list[Comment]) -> None:
    """A new column fails here until somebody decides whether it is personal data."""
    exported = {
        "id": "id",
        "discussion": "post",
        "state": "state",
        "name": "name",
        "url": "web_page",
        "email": "email",
        "email_confirmed_at": "email_confirmed",
        "badge": "badge",
        "source": "text",
        "language": "language",
        "created_at": "written",
        "published_at": "published",
        "edited_at": "edited",
        "network_key": "network_hash",
        "score": "score",
        "findings": "findings",
    }
    of_the_tree = {"parent", "reply_to", "path", "depth", "hides_replies", "hidden_above", "shown"}
    derived_from_the_text = {"html", "render_version", "submission_key", "words_key", "learned_as"}
    of_accounts_and_moderation = {"person", "user", "moderators_told_at"}
    columns = {field.name for field in Comment._meta.concrete_fields}
    assert columns == exported.keys() | of_the_tree | derived_from_the_text | of_accounts_and_moderation
    assert set(exported.values()) <= personal_data.export(REA)["comments"][0].keys()


class TextParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_html_export_holds_everything(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    response = client.get(f"{link(client, mailoutbox)}comments.html")
    assert response["Content-Type"] == "text/html; charset=utf-8"
    parser = TextParser()
    parser.feed(response.content.decode())
    text = " ".join(parser.texts)
    for part in (NAME, TEXT, EARLIER, WEB_PAGE, REA, "earlier wordings", "network hash", f"{NAME} again"):
        assert part in text


def test_exports_are_downloads_that_are_not_cached(
    client: Client, history: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    for ending in ("json", "html"):
        response = client.get(f"{path}comments.{ending}")
        assert response["Content-Disposition"] == f'attachment; filename="comments.{ending}"'
        assert response["Cache-Control"] == "no-store"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert client.post(f"{path}comments.{ending}").status_code == 405
    assert Comment.objects.filter(email__iexact=REA).count() == len(history)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_on_every_page(
    client: Client, say: Say, mailoutbox: list[EmailMessage], attack: str
) -> None:
    comment = with_address(say(), proved=True)
    stored = attack.replace("\x00", "")
    Comment.objects.filter(pk=comment.pk).update(source=stored, name=stored[:80], findings=[{"code": stored}])
    comment.events.update(reason=stored[:300])
    path = link(client, mailoutbox)
    for end in ("", "erase/", "comments.html"):
        assert_harmless(client.get(f"{path}{end}").content.decode(), page=True)
    assert json.loads(client.get(f"{path}comments.json").content)["comments"][0]["text"] == stored
