"""What is kept under an address: shown and given to whoever reads mail there, and to nobody else."""

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
from tests.comments.personal_history import EARLIER, NAME, TEXT, WEB, lived
from tests.comments.mailbox import (
    REA,
    SAM,
    bare,
    one_line,
    path_in,
    to,
    with_address,
)
from tests.conftest import NOON
from tests.core.mailing.test_signed_links import NONSENSE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def life(say: Say, moderator: User, mailoutbox: list[EmailMessage]) -> list[Comment]:
    found = lived(say, moderator)
    mailoutbox.clear()
    return found


def link(browser: Client, mailoutbox: list[EmailMessage], email: str = REA) -> str:
    """The path of the page, as somebody gets there."""
    browser.post("/comments/yours/", {"email": email})
    worker.run_due()
    return path_in(mailoutbox[-1], "yours")


# --- The way there ----------------------------------------------------------------------------------------------------


def test_who_reads_the_mail_gets_in(client: Client, life: list[Comment], mailoutbox: list[EmailMessage]) -> None:
    sent = client.post("/comments/yours/", {"email": " REA@reader.example "})
    assert (sent.status_code, sent["Location"]) == (303, "/comments/yours/?sent")
    worker.run_due()
    assert to(mailoutbox) == [REA]
    assert received(mailoutbox[0])["Subject"] == "What is kept under your address: Marginalia"
    assert "good for 30 minutes" in one_line(mailoutbox[0])
    page = client.get(path_in(mailoutbox[0], "yours"))
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "same-origin"
    assert "noindex" in page["X-Robots-Tag"]


def test_of_whom_nothing_is_known_gets_no_mail_and_the_same_answer(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    """A5: nor is less done for them, as long as somebody waits for the answer."""
    answers, rows = set(), []
    for email in (REA, SAM, "nobody@reader.example"):
        browser, before = Client(), (OutgoingEmail.objects.count(), Task.objects.count())
        sent = browser.post("/comments/yours/", {"email": email})
        page = browser.get(sent["Location"])
        answers.add((sent.status_code, sent.content, str(sent.headers), bare(page), str(page.headers)))
        rows.append((OutgoingEmail.objects.count() - before[0], Task.objects.count() - before[1]))
    assert len(answers) == 1
    assert rows == [(1, 1)] * 3
    worker.run_due()
    assert sorted(to(mailoutbox)) == [REA, SAM]


def test_asking_costs_the_same_queries_for_everybody(client: Client, life: list[Comment]) -> None:
    client.post("/comments/yours/", {"email": "first@reader.example"})  # the first of a week makes its key
    costs = set()
    for email in (SAM, REA, "nobody@reader.example"):
        with CaptureQueriesContext(connection) as captured:
            client.post("/comments/yours/", {"email": email})
        costs.add(len(captured))
    assert len(costs) == 1


def test_that_somebody_asked_is_nothing_that_is_known(
    client: Client, mailoutbox: list[EmailMessage], blog: Any
) -> None:
    for _time in range(2):
        client.post("/comments/yours/", {"email": REA})
        worker.run_due()
    assert mailoutbox == []


def test_the_form_needs_its_token(blog: Any) -> None:
    assert Client(enforce_csrf_checks=True).post("/comments/yours/", {"email": REA}).status_code == 403
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("typed", ["", "rea", "%@%", f"{REA}\nBcc: {SAM}", "\x00"])
def test_what_is_no_address_comes_back_with_a_word(client: Client, blog: Any, typed: str) -> None:
    answer = client.post("/comments/yours/", {"email": typed})
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()


def test_the_page_closes_after_half_an_hour(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    with clock.standing_at(NOON + 30 * MINUTE):
        assert client.get(path).status_code == 200
    with clock.standing_at(NOON + 30 * MINUTE + timedelta(seconds=1)):
        for address in (path, f"{path}erase/", f"{path}comments.json", f"{path}comments.html"):
            assert client.get(address).status_code == 404
        assert client.post(f"{path}erase/").status_code == 404
        assert client.post(path, {"stop": "1"}).status_code == 404
    assert Comment.objects.filter(email__iexact=REA).count() == len(life)


@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_nonsense_opens_nothing(client: Client, blog: Any, token: str) -> None:
    for end in ("", "erase/", "comments.json", "comments.html"):
        assert client.get(f"/comments/yours/{token}/{end}").status_code == 404
    assert client.post(f"/comments/yours/{token}/erase/").status_code == 404


def test_no_other_token_opens_it(client: Client, life: list[Comment]) -> None:
    """A2."""
    letter = OutgoingEmail.objects.filter(email=REA).first()
    assert letter
    for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE):
        assert client.get(f"/comments/yours/{signed_links.mint(purpose, [letter.pk])}/").status_code == 404


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_it_shows_all_comments_and_subscriptions_of_the_address_and_no_others(
    client: Client, life: list[Comment], say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say("A teal remark."), SAM, proved=True)
    page = client.get(link(client, mailoutbox)).content.decode()
    for comment in life:
        comment.refresh_from_db()
        assert comment.source in page
        assert comment.get_state_display() in page
    assert "Your comments (6)" in page
    assert "replies to my comment" in page
    assert "this thread" in page
    assert "teal" not in page
    assert f"#c-{life[0].public_id}" in page
    assert f"#c-{life[1].public_id}" not in page


def test_a_subscription_is_stopped_by_a_button_and_only_ones_own(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
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


def test_a_post_that_readers_do_not_see_is_not_named(
    client: Client, life: list[Comment], own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    Post.objects.update(status="draft")
    for address in (path, f"{path}comments.json", f"{path}comments.html"):
        answer = client.get(address).content.decode()
        assert own_post.title not in answer
        assert TEXT in answer


def test_many_comments_cost_no_more_queries(
    client: Client, say: Say, mailoutbox: list[EmailMessage], django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        with_address(say(f"Remark {number}."), proved=True)
    path = link(client, mailoutbox)
    with django_assert_max_num_queries(6):
        client.get(path)
    with django_assert_max_num_queries(10):
        client.get(f"{path}comments.json")


# --- What is taken along ----------------------------------------------------------------------------------------------


def test_the_export_for_programs_holds_everything(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    answer = client.get(f"{link(client, mailoutbox)}comments.json")
    assert answer["Content-Type"] == "application/json"
    kept = json.loads(answer.content)
    assert kept["address"] == REA
    assert [comment["id"] for comment in kept["comments"]] == [comment.public_id for comment in life]
    assert [comment["state"] for comment in kept["comments"]] == [
        "published",
        "pending",
        "spam",
        "rejected",
        "removed",
        "deleted",
    ]
    first = kept["comments"][0]
    assert (first["name"], first["text"], first["web_page"], first["email"]) == (NAME, TEXT, WEB, REA)
    assert first["earlier_wordings"] == [{"replaced": NOON.isoformat(), "text": EARLIER}]
    assert first["findings"] == [{"code": "first", "score": 2}]
    assert first["network_hash"] == (b"n" * 32).hex(" ", 8)
    assert first["email_confirmed"] == first["written"] == first["edited"] == NOON.isoformat()
    assert kept["comments"][4]["history"][-1]["reason"] == f"{NAME} again"
    assert sorted(wish["about"] for wish in kept["subscriptions"]) == ["post", "replies", "thread"]
    assert {letter["kind"] for letter in kept["letters"]} == {"confirm", "news", "access"}
    assert any(letter["comments"] for letter in kept["letters"])


def test_every_column_of_a_comment_is_in_the_export_or_nobodys_business(life: list[Comment]) -> None:
    """A column that is added tomorrow fails here until somebody has thought of it."""
    known = {
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
    of_the_place = {"parent", "reply_to", "path", "depth", "hides_replies", "hidden_above", "shown"}
    made_of_the_text = {"html", "render_version", "submission_key", "words_key", "learned_as"}
    of_an_account = {"person", "user", "moderators_told_at"}
    columns = {field.name for field in Comment._meta.concrete_fields}
    assert columns == known.keys() | of_the_place | made_of_the_text | of_an_account
    assert set(known.values()) <= personal_data.export(REA)["comments"][0].keys()


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_export_for_people_holds_everything_too(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    answer = client.get(f"{link(client, mailoutbox)}comments.html")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    reader = Words()
    reader.feed(answer.content.decode())
    words = " ".join(reader.words)
    for said in (NAME, TEXT, EARLIER, WEB, REA, "earlier wordings", "hash of the network", f"{NAME} again"):
        assert said in words


def test_exports_are_files_that_no_browser_shows_or_keeps(
    client: Client, life: list[Comment], mailoutbox: list[EmailMessage]
) -> None:
    path = link(client, mailoutbox)
    for ending in ("json", "html"):
        answer = client.get(f"{path}comments.{ending}")
        assert answer["Content-Disposition"] == f'attachment; filename="comments.{ending}"'
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert client.post(f"{path}comments.{ending}").status_code == 405
    assert Comment.objects.filter(email__iexact=REA).count() == len(life)


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
