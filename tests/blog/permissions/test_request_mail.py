"""The mail that asks: what it says, that it goes out once, and a link that nobody but its addressee sees."""

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from blog.models import AuthorLink, PermissionRequest, Person, Post, Repost
from blog.permissions import author_requests
from core import clock
from core.models import Task
from core.tasks import queue, worker
from tests.blog.conftest import HOST
from tests.blog.mailbox import path_in, received, text_of
from tests.conftest import NOON, MakeRepost

pytestmark = pytest.mark.usefixtures("noon")


def rows_holding(secret: str) -> list[str]:
    """The tables of our database in which some row holds these characters."""
    return [
        model._meta.label
        for model in apps.get_models()
        if any(secret in str(value) for row in model._default_manager.values() for value in row.values())
    ]


def refusing(message: EmailMessage, fail_silently: bool = False) -> int:
    raise ConnectionRefusedError("no mail server")


@pytest.mark.django_db
def test_the_question_says_all_that_an_answer_needs(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    author_requests.ask(repost, by=HOST)
    worker.run_due()
    (sent,) = mailoutbox
    message, text = received(sent), " ".join(text_of(sent).split())
    assert message["To"] == "ada@private.example"
    assert message["Reply-To"] == "host@example.org"
    assert message["Subject"] == "Eldon Host asks: may your words stand on Marginalia?"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@127.0.0.1>")
    assert "Marginalia" in message["From"]
    assert "> A camera that never was there cannot lie about where it stood." in text
    for said in (
        "Dear Ada Colleague,",
        "in the post “Permitted Repost”",
        repost.post.permalink,
        "Eldon Host gave us this address.",
        "without an answer nothing changes",
        "one at private.example, named by Eldon Host",
        "You can take a yes back at any time",
        "good for 30 days",
    ):
        assert said in text
    assert "&" not in text
    assert message.get_content_type() == "text/plain"


@pytest.mark.django_db
def test_long_lines_and_other_scripts_arrive_as_they_were_written(
    make_repost: MakeRepost, mailoutbox: list[EmailMessage]
) -> None:
    words = "Où était la caméra — «nulle part»? = & < > " * 60
    author_requests.ask(make_repost(text=words).repost, by=HOST)
    worker.run_due()
    assert received(mailoutbox[0])["Content-Transfer-Encoding"] in ("quoted-printable", "base64")
    assert words.strip() in text_of(mailoutbox[0])
    assert path_in(mailoutbox[0])


@pytest.mark.django_db
def test_words_cannot_pass_for_ours_nor_titles_for_headers(
    make_repost: MakeRepost, mailoutbox: list[EmailMessage]
) -> None:
    post = make_repost(text="Mine.\n\nhttps://evil.example/grant/x/")
    Person.objects.filter(pk=post.author.pk).update(name="Eldon\r\nBcc: x@y.example")
    author_requests.ask(Repost.objects.get(post=post), by=HOST)
    worker.run_due()
    assert "\n> https://evil.example/grant/x/" in text_of(mailoutbox[0])
    assert "evil" not in path_in(mailoutbox[0])
    assert received(mailoutbox[0])["Bcc"] is None


@pytest.mark.django_db
def test_a_licence_is_not_said_to_be_revocable(make_repost: MakeRepost, mailoutbox: list[EmailMessage]) -> None:
    licence = "https://creativecommons.org/licenses/by/4.0/"
    author_requests.ask(make_repost(basis="licence", licence_url=licence).repost, by=HOST)
    worker.run_due()
    text = text_of(mailoutbox[0])
    assert "A yes can therefore not be taken back" in text
    assert "You can take a yes back" not in text


@pytest.mark.django_db
def test_the_mail_speaks_the_language_of_the_post(
    make_repost: MakeRepost, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = []
    post = make_repost()
    Post.objects.filter(pk=post.pk).update(language="de")

    def note_language(*args: Any, **kwargs: Any) -> str:
        spoken.append(translation.get_language())
        return render_to_string(*args, **kwargs)

    monkeypatch.setattr("core.mailing.sending.render_to_string", note_language)
    author_requests.ask(Repost.objects.get(post=post), by=HOST)
    worker.run_due()
    assert spoken == ["de", "de"]
    assert translation.get_language() == django_settings.LANGUAGE_CODE


@pytest.mark.django_db
def test_the_token_is_nowhere_but_in_the_mail(
    repost: Repost, mailoutbox: list[EmailMessage], client: Client, host: Person
) -> None:
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    assert handler.formatter
    assert isinstance(handler.formatter, logging.Formatter)
    written = io.StringIO()
    before = handler.setStream(written)
    try:
        asked = author_requests.ask(repost, by=HOST)
        worker.run_due()
        path = path_in(mailoutbox[0])
        client.post(path, {"act": "no such thing"})
        Client(enforce_csrf_checks=True).post(path, {"act": "yes"})
        client.post(path, {"act": "no"})
        client.get(path)  # gone, and Django logs its address
        client.get(path.replace("grant", "Grant"))  # as some programs capitalise what they copy
    finally:
        handler.setStream(before)
    token = path.split("/")[2]
    assert token not in written.getvalue()
    assert "/grant/…/" in written.getvalue()
    assert rows_holding(token) == []
    assert AuthorLink.objects.get(request=asked).digest != token


@pytest.mark.django_db
def test_a_mail_that_failed_is_sent_again_with_a_link_of_its_own(
    repost: Repost, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = author_requests.ask(repost, by=HOST)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refusing)
        worker.run_due()
    asked.refresh_from_db()
    assert asked.sent_at is None
    assert "no mail server" in Task.objects.get(job="send-request").last_error
    with clock.standing_at(NOON + timedelta(minutes=1)):
        worker.run_due()
        asked.refresh_from_db()
        assert asked.sent_at == clock.now()
    assert len(mailoutbox) == 1
    assert asked.tokens.count() == 2


@pytest.mark.django_db
def test_every_link_that_was_mailed_stays_good(repost: Repost, mailoutbox: list[EmailMessage], client: Client) -> None:
    """The worker may die after the mail left and before that is noted: then a second mail goes out."""
    asked = author_requests.ask(repost, by=HOST)
    author_requests.send(asked)
    PermissionRequest.objects.update(sent_at=None)
    worker.run_due()
    first, second = (path_in(sent) for sent in mailoutbox)
    assert first != second
    assert [client.get(path).status_code for path in (first, second)] == [200, 200]


@pytest.mark.django_db
def test_a_question_that_was_sent_is_not_sent_again(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    asked = author_requests.ask(repost, by=HOST)
    for _time in range(2):
        queue.enqueue("send-request", str(asked.pk))
        worker.run_due()
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    author_requests.ask(repost, by=HOST)

    def work(_number: int) -> None:
        try:
            worker.run_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_what_is_not_asked_any_more_is_not_sent(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    asked = author_requests.ask(repost, by=HOST)
    Person.objects.filter(pk=asked.person_id).update(contact_email="right@private.example")
    worker.run_due()
    assert mailoutbox == []


def test_mail_without_a_server_goes_into_a_folder_as_a_reader_would_get_it(repost: Repost, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    author_requests.ask(repost, by=HOST)
    worker.run_due()
    (file,) = (settings.DATA / "mail").iterdir()
    assert b"/grant/" in file.read_bytes()
