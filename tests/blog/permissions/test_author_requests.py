"""Requests to authors: who is asked, how often, and which e-mails the host gets."""

from datetime import date

import pytest
from django.core.mail import EmailMessage
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from blog import tasks
from blog.models import Blog, Credit, PermissionRequest, Person, Post, Repost
from blog.permissions import author_requests, steps, verification
from blog.permissions.steps import Kind
from blog.publishing import lifecycle
from core import clock
from core.models import Task
from core.tasks import queue, worker
from tests.blog.conftest import DAY, HOST
from tests.blog.mailbox import received, text_of
from tests.conftest import GUEST_MARK, NOON, MakeRepost

Answer = PermissionRequest.Answer

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.django_db
def test_asking_creates_a_request_a_step_and_a_task_and_changes_nothing_public(repost: Repost) -> None:
    before = (repost.state, repost.public_html)
    permission_request = author_requests.ask(repost, by=HOST)
    assert (permission_request.email, permission_request.domain) == ("ada@private.example", "private.example")
    assert permission_request.sent_at is None
    assert permission_request.wording.text == repost.text
    assert repost.events.latest("number").kind == Kind.REQUESTED
    assert Task.objects.get(job="send-request").argument == str(permission_request.pk)
    assert (Repost.objects.get(pk=repost.pk).state, repost.public_html) == before


@pytest.mark.django_db(transaction=True)
def test_after_a_rollback_nobody_is_asked(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    with transaction.atomic():
        author_requests.ask(repost, by=HOST)
        transaction.set_rollback(True)
    worker.run_due()
    assert mailoutbox == []
    assert not PermissionRequest.objects.exists()


@pytest.mark.django_db
def test_asking_needs_an_author_and_an_email_address(repost: Repost, original_author: Person) -> None:
    Person.objects.filter(pk=original_author.pk).update(contact_email="")
    with pytest.raises(author_requests.RequestNotAllowed, match="address is not known"):
        author_requests.ask(repost, by=HOST)
    Credit.objects.all().delete()
    with pytest.raises(author_requests.RequestNotAllowed, match="Nobody is named"):
        author_requests.ask(repost, by=HOST)
    assert not PermissionRequest.objects.exists()


@pytest.mark.django_db
def test_the_first_author_with_an_email_address_is_asked(repost: Repost, original_author: Person) -> None:
    translator = Person.objects.create(name="T", slug="t", contact_email="t@private.example")
    nobody = Person.objects.create(name="N", slug="n")
    Credit.objects.update(position=2)
    Credit.objects.create(post=repost.post, person=translator, role="translator", position=0)
    Credit.objects.create(post=repost.post, person=nobody, position=1)
    assert author_requests.ask(repost, by=HOST).person == original_author


@pytest.mark.django_db
def test_asking_about_a_withdrawn_post_is_refused(repost: Repost) -> None:
    lifecycle.withdraw(repost.post)
    with pytest.raises(author_requests.RequestNotAllowed, match="withdrawn"):
        author_requests.ask(repost, by=HOST)


@pytest.mark.django_db
def test_the_fourth_request_within_a_day_is_refused(repost: Repost) -> None:
    for _time in range(3):
        author_requests.ask(repost, by=HOST)
    with pytest.raises(author_requests.RequestNotAllowed, match="tomorrow"):
        author_requests.ask(repost, by=HOST)
    assert repost.events.filter(kind=Kind.REQUESTED).count() == 3
    with clock.standing_at(NOON + DAY):
        author_requests.ask(repost, by=HOST)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "subject"),
    [
        (Answer.YES, "Ada Colleague said yes: “Permitted Repost”"),
        (Answer.NO, "Ada Colleague said no: “Permitted Repost”"),
        (Answer.NOT_MINE, "Ada Colleague says “this is not mine”: “Permitted Repost”"),
    ],
)
def test_the_host_is_notified_of_the_answer_once(
    repost: Repost, mailoutbox: list[EmailMessage], answer: Answer, subject: str
) -> None:
    permission_request = author_requests.ask(repost, by=HOST)
    worker.run_due()
    author_requests.answer(permission_request, answer)
    author_requests.answer(permission_request, answer)
    worker.run_due()
    _request, notification = mailoutbox
    assert received(notification)["To"] == "host@example.org"
    assert received(notification)["Subject"].strip() == subject
    assert f"/admin/blog/post/{repost.post.pk}/change/" in text_of(notification)
    assert "/grant/" not in text_of(notification)
    assert GUEST_MARK not in text_of(notification)


@pytest.mark.django_db
@pytest.mark.parametrize(("basis", "phrase"), [("permission", "withdrew"), ("licence", "asks you to take")])
def test_the_host_is_notified_of_an_end_once(
    make_repost: MakeRepost, mailoutbox: list[EmailMessage], basis: str, phrase: str
) -> None:
    repost = make_repost(basis=basis, licence_url="https://creativecommons.org/licenses/by/4.0/").repost
    permission_request = author_requests.ask(repost, by=HOST)
    author_requests.answer(permission_request, Answer.YES)
    author_requests.end_permission(permission_request)
    author_requests.end_permission(permission_request)
    worker.run_due()
    assert phrase in received(mailoutbox[-1])["Subject"]
    assert len([sent for sent in mailoutbox if phrase in sent.subject]) == 1


@pytest.mark.django_db
def test_a_host_without_an_email_address_breaks_nothing(
    repost: Repost, host: Person, blog: Blog, mailoutbox: list[EmailMessage]
) -> None:
    assert host.user
    host.user.email = ""
    host.user.save()
    permission_request = author_requests.ask(repost, by=HOST)
    worker.run_due()
    author_requests.answer(permission_request, Answer.YES)
    worker.run_due()
    assert [received(sent)["Reply-To"] for sent in mailoutbox] == [None]
    assert not Task.objects.exists()
    blog.owner = Person.objects.create(name="Owner", slug="owner", contact_email="owner@example.org")
    blog.save()
    assert Post.objects.get(pk=repost.post_id).host_email == "owner@example.org"


@pytest.mark.django_db
def test_the_host_is_reminded_once_of_each_end(repost: Repost, mailoutbox: list[EmailMessage]) -> None:
    def day_passes(day: int) -> int:
        with clock.standing_at(NOON + day * DAY):
            Task.objects.all().delete()
            queue.enqueue("remind-of-ends")
            worker.run_due()
        return len(mailoutbox)

    steps.set_end(repost, by=HOST, last_day=date(2026, 12, 20))
    assert day_passes(15) == 0
    assert day_passes(17) == 1
    assert day_passes(18) == 1
    assert "December 20, 2026" in " ".join(received(mailoutbox[0])["Subject"].replace("Dec.", "December").split())
    steps.set_end(repost, by=HOST, last_day=date(2026, 12, 24))
    assert day_passes(21) == 2
    steps.set_end(repost, by=HOST, last_day=None)
    assert day_passes(22) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["words", "post"])
def test_there_is_no_reminder_for_words_that_readers_do_not_see(
    repost: Repost, mailoutbox: list[EmailMessage], what: str
) -> None:
    steps.set_end(repost, by=HOST, last_day=(NOON + DAY).date())
    if what == "words":
        steps.withdraw(repost, by=HOST)
    else:
        lifecycle.withdraw(repost.post)
    queue.enqueue("remind-of-ends")
    worker.run_due()
    assert mailoutbox == []


@pytest.mark.django_db
def test_an_expiry_is_recorded_by_the_job_once(
    repost: Repost, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    steps.set_end(repost, by=HOST, last_day=NOON.date())
    for day in (0, 1, 2):
        with clock.standing_at(NOON + day * DAY):
            queue.enqueue("note-expiries")
            worker.run_due()
    assert [event.at for event in repost.events.filter(kind=Kind.EXPIRED)] == [NOON + DAY]
    with clock.standing_at(NOON + 3 * DAY), django_assert_num_queries(1):  # finds nothing left to record
        tasks.note_expiries("")
    assert verification.broken_rows(repost) == []
