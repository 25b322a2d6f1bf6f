"""The e-mail to the author: what it says, that it is sent once, and that only the addressee sees the link."""

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


def tables_containing(secret: str) -> list[str]:
    """The tables in which some row contains these characters."""
    return [
        model._meta.label
        for model in apps.get_models()
        if any(secret in str(value) for row in model._default_manager.values() for value in row.values())
    ]


def refuse_connection(message: EmailMessage, fail_silently: bool = False) -> int:
    raise ConnectionRefusedError("no mail server")


@pytest.mark.django_db
def test_the_email_contains_everything_needed_to_answer(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    author_requests.ask(repost, by=HOST)
    worker.run_due()
    (sent,) = mailoutbox
    message, text = received(sent), " ".join(text_of(sent).split())
    assert message["To"] == "ada@private.example"
    assert message["Reply-To"] == "host@example.org"
    assert message["Subject"] == "Eldon Host asks: may your words be shown on Marginalia?"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@127.0.0.1>")
    assert "Marginalia" in message["From"]
    assert "> A camera that never was there cannot lie about where it stood." in text
    for phrase in (
        "Dear Ada Colleague,",
        "in the post “Permitted Repost”",
        repost.post.permalink,
        "Eldon Host gave us your e-mail address.",
        "If you do not answer, nothing changes.",
        "one at private.example, named by Eldon Host",
        "You can withdraw a yes at any time",
        "valid for 30 days",
    ):
        assert phrase in text
    assert "&" not in text
    assert message.get_content_type() == "text/plain"


@pytest.mark.django_db
def test_long_lines_and_non_ascii_text_arrive_unchanged(
    make_repost: MakeRepost, mailoutbox: list[EmailMessage]
) -> None:
    words = "Où était la caméra — «nulle part»? = & < > " * 60
    author_requests.ask(make_repost(text=words).repost, by=HOST)
    worker.run_due()
    assert received(mailoutbox[0])["Content-Transfer-Encoding"] in ("quoted-printable", "base64")
    assert words.strip() in text_of(mailoutbox[0])
    assert path_in(mailoutbox[0])


@pytest.mark.django_db
def test_words_cannot_imitate_our_link_and_names_cannot_inject_headers(
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
def test_the_email_does_not_call_a_licence_revocable(make_repost: MakeRepost, mailoutbox: list[EmailMessage]) -> None:
    licence = "https://creativecommons.org/licenses/by/4.0/"
    author_requests.ask(make_repost(basis="licence", licence_url=licence).repost, by=HOST)
    worker.run_due()
    text = text_of(mailoutbox[0])
    assert "A yes can therefore not be withdrawn" in text
    assert "You can withdraw a yes" not in text


@pytest.mark.django_db
def test_the_email_is_in_the_language_of_the_post(
    make_repost: MakeRepost, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    languages = []
    post = make_repost()
    Post.objects.filter(pk=post.pk).update(language="de")

    def record_language(*args: Any, **kwargs: Any) -> str:
        languages.append(translation.get_language())
        return render_to_string(*args, **kwargs)

    monkeypatch.setattr("core.mailing.sending.render_to_string", record_language)
    author_requests.ask(Repost.objects.get(post=post), by=HOST)
    worker.run_due()
    assert languages == ["de", "de"]
    assert translation.get_language() == django_settings.LANGUAGE_CODE


@pytest.mark.django_db
def test_the_token_is_only_in_the_email(
    repost: Repost, mailoutbox: list[EmailMessage], client: Client, host: Person
) -> None:
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    assert handler.formatter
    assert isinstance(handler.formatter, logging.Formatter)
    written = io.StringIO()
    before = handler.setStream(written)
    try:
        permission_request = author_requests.ask(repost, by=HOST)
        worker.run_due()
        path = path_in(mailoutbox[0])
        client.post(path, {"act": "no such thing"})
        Client(enforce_csrf_checks=True).post(path, {"act": "yes"})
        client.post(path, {"act": "no"})
        client.get(path)  # 410, and Django logs its path
        client.get(path.replace("grant", "Grant"))  # some programs change the case of what they copy
    finally:
        handler.setStream(before)
    token = path.split("/")[2]
    assert token not in written.getvalue()
    assert "/grant/…/" in written.getvalue()
    assert tables_containing(token) == []
    assert AuthorLink.objects.get(request=permission_request).digest != token


@pytest.mark.django_db
def test_a_failed_email_is_sent_again_with_a_new_link(
    repost: Repost, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    permission_request = author_requests.ask(repost, by=HOST)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refuse_connection)
        worker.run_due()
    permission_request.refresh_from_db()
    assert permission_request.sent_at is None
    assert "no mail server" in Task.objects.get(job="send-request").last_error
    with clock.standing_at(NOON + timedelta(minutes=1)):
        worker.run_due()
        permission_request.refresh_from_db()
        assert permission_request.sent_at == clock.now()
    assert len(mailoutbox) == 1
    assert permission_request.tokens.count() == 2


@pytest.mark.django_db
def test_every_emailed_link_stays_valid(repost: Repost, mailoutbox: list[EmailMessage], client: Client) -> None:
    """If the worker dies after sending and before storing that, the e-mail is sent a second time."""
    permission_request = author_requests.ask(repost, by=HOST)
    author_requests.send(permission_request)
    PermissionRequest.objects.update(sent_at=None)
    worker.run_due()
    first, second = (path_in(sent) for sent in mailoutbox)
    assert first != second
    assert [client.get(path).status_code for path in (first, second)] == [200, 200]


@pytest.mark.django_db
def test_a_request_is_sent_only_once(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    permission_request = author_requests.ask(repost, by=HOST)
    for _time in range(2):
        queue.enqueue("send-request", str(permission_request.pk))
        worker.run_due()
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_email(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
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
def test_a_request_that_can_no_longer_be_answered_is_not_sent(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    permission_request = author_requests.ask(repost, by=HOST)
    Person.objects.filter(pk=permission_request.person_id).update(contact_email="right@private.example")
    worker.run_due()
    assert mailoutbox == []


def test_without_a_mail_server_the_email_is_written_to_a_folder(repost: Repost, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    author_requests.ask(repost, by=HOST)
    worker.run_due()
    (file,) = (settings.DATA / "mail").iterdir()
    assert b"/grant/" in file.read_bytes()
