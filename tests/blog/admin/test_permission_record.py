"""What the host reads about a permission: its state, its ledger, requests to the author, and objections."""

from datetime import date, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from blog.admin import permission_record, timeline
from blog.models import AuthorLink, Dispute, Evidence, PermissionEvent, PermissionRequest, Post, Repost
from blog.permissions import author_requests, steps
from core import clock
from core.models import Task
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import change_url, confirm, resubmission, staff, step_url
from tests.conftest import MakeRepost

HOST = "Eldon Host"
POSTS = reverse("admin:blog_post_changelist")


def record_of(desk: Client, post: Post) -> str:
    """The read-only part of the post's form."""
    page = desk.get(change_url(post)).content.decode()
    return page[page.index('class="module record"') : page.index('id="videos-group"')]


# --- The ledger in plain sentences


def test_the_timeline_says_who_did_what_and_what_changed(desk: Client, permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    confirm(repost, no_snippet=True)
    steps.set_end(repost, by=HOST, last_day=date(2031, 1, 31))
    steps.withdraw(repost, by=HOST, note="She moved house.")
    steps_taken = [(entry.sentence, entry.changes, entry.note) for entry in timeline.entries(repost)]
    assert steps_taken == [
        ("Eldon Host withdrew the words.", ["confirmed by the author → withdrawn by the host"], "She moved house."),
        ("Eldon Host changed the terms.", ["ends on: – → Jan. 31, 2031"], ""),
        (
            "The author said yes.",
            ["stated by the host → confirmed by the author", "not in search results: – → yes"],
            "",
        ),
        (
            "Eldon Host stated on what basis the words are shown here.",
            ["nothing stated yet → stated by the host"],
            "",
        ),
    ]
    page = record_of(desk, permitted_repost)
    for sentence, changes, _note in steps_taken:
        assert sentence in page
        assert all(change in page for change in changes)
    assert "<q>She moved house.</q>" in page


@pytest.mark.parametrize("kind", PermissionEvent.Kind)
@pytest.mark.parametrize("actor", PermissionEvent.Actor)
def test_every_step_has_a_sentence(kind: str, actor: str) -> None:
    event = PermissionEvent(kind=kind, actor=actor, details={"kind": "letter", "dated": "2026-02-28"})
    sentence = timeline.sentence(event)
    assert sentence.endswith(".")
    assert "%" not in sentence


def test_a_note_is_shown_only_at_its_own_step(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    steps.withdraw(repost, by=HOST, note="For now.")
    steps.record_request(repost, by=HOST)
    assert [entry.note for entry in timeline.entries(repost)] == ["", "For now.", ""]


def test_the_ledger_of_all_permissions_has_the_same_sentences(desk: Client, permitted_repost: Post) -> None:
    page = desk.get(reverse("admin:blog_permissionevent_changelist")).content.decode()
    assert "Eldon Host stated on what basis the words are shown here." in page
    event = PermissionEvent.objects.get()
    page = desk.get(reverse("admin:blog_permissionevent_change", args=[event.pk])).content.decode()
    assert event.hash in page


def test_a_record_takes_the_same_number_of_queries_at_any_length(
    desk: Client, permitted_repost: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Evidence, requests with people, their tasks, disputes and the ledger: one query each."""
    repost = Repost.objects.select_related("post__blog").get()
    for number in range(3):
        author_requests.ask(repost, by=HOST)
        Dispute.objects.create(repost=repost, text=f"Objection {number}", network_key=b"k")
        file = ContentFile(b"letter", name="a.pdf")
        steps.add_evidence(Evidence(repost=repost, dated=date(2026, 2, 28), file=file), by=HOST)
    with django_assert_num_queries(5):
        found = permission_record.of(repost)
    assert (len(found.requests), len(found.disputes), len(found.evidence), len(found.entries)) == (3, 3, 3, 7)


# --- The state, and what readers see


def test_the_record_says_what_readers_see(desk: Client, make_repost: MakeRepost) -> None:
    draft = make_repost("draft", stated=False)
    assert "You have not stated anything yet" in record_of(desk, draft)
    post = make_repost("stated")
    assert "Readers see the words." in record_of(desk, post)
    confirm(post.repost)
    post.repost.text = "Other words."
    post.repost.save()
    steps.assert_by_host(post.repost, by=HOST)
    assert "Readers see the words that the author confirmed" in record_of(desk, post)
    steps.withdraw(post.repost, by=HOST)
    assert "withdrawn by the host" in record_of(desk, post)


def test_the_conditions_of_the_author_can_be_read_and_not_changed(desk: Client, permitted_repost: Post) -> None:
    conditions = {"credit_wording": "A. Colleague", "no_training": True, "author_end": date(2031, 1, 31)}
    confirm(permitted_repost.repost, **conditions)
    page = record_of(desk, permitted_repost)
    for words in ("Credit as the author words it: A. Colleague", "Not for training AI", "Jan. 31, 2031"):
        assert words in page
    assert "Not in search results" not in page[: page.index("Ledger")]
    typed = {f"repost-0-{name}": "" for name in Repost.CONDITIONS}
    desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost, **typed))
    assert Repost.objects.get().credit_wording == "A. Colleague"


def test_staff_with_only_view_permission_see_the_record_without_buttons(permitted_repost: Post) -> None:
    page = staff("view_post").get(change_url(permitted_repost)).content.decode()
    assert "Eldon Host stated on what basis" in page
    assert step_url(permitted_repost, "withdraw") not in page


# --- Requests to the author


@pytest.fixture
def permission_request(permitted_repost: Post) -> PermissionRequest:
    return author_requests.ask(permitted_repost.repost, by=HOST)


def test_the_record_shows_the_progress_of_a_request(
    desk: Client, noon: datetime, permitted_repost: Post, permission_request: PermissionRequest
) -> None:
    assert "about to be sent" in record_of(desk, permitted_repost)
    task = Task.objects.filter(job="send-request")
    task.update(last_error="SMTPServerDisconnected()")
    assert "not sent yet, will be tried again: SMTPServerDisconnected()" in record_of(desk, permitted_repost)
    task.update(failed_at=noon)
    assert "the e-mail could not be sent, and is not tried again" in record_of(desk, permitted_repost)
    task.delete()
    permission_request.sent_at = noon
    permission_request.save()
    assert "sent on Nov. 20, 2026, noon, no answer yet" in record_of(desk, permitted_repost)
    with clock.standing_at(noon + timedelta(days=31)):
        assert "the link has expired" in record_of(desk, permitted_repost)
    permission_request.answered_at, permission_request.answer = noon, "not_mine"
    permission_request.save()
    assert "answered on Nov. 20, 2026, noon: this is not mine" in record_of(desk, permitted_repost)


def test_no_page_of_the_admin_shows_a_token_or_its_digest(desk: Client, permission_request: PermissionRequest) -> None:
    token = AuthorLink.objects.create(request=permission_request, digest="d1935" * 10, expires_at=clock.now())
    post = permission_request.repost.post
    urls = [change_url(post), reverse("admin:index"), reverse("admin:blog_permissionevent_changelist")]
    urls += [reverse("admin:blog_permissionrequest_changelist"), reverse("admin:core_task_changelist")]
    urls += [reverse("admin:blog_permissionrequest_change", args=[permission_request.pk])]
    for url in urls:
        assert token.digest not in desk.get(url).content.decode(), url


def test_requests_are_read_only(desk: Client, permission_request: PermissionRequest) -> None:
    assert "Ada Colleague" in desk.get(reverse("admin:blog_permissionrequest_changelist")).content.decode()
    change = reverse("admin:blog_permissionrequest_change", args=[permission_request.pk])
    assert "about to be sent" in desk.get(change).content.decode()
    assert desk.post(change, {"email": "other@private.example"}).status_code == 403
    assert desk.get(reverse("admin:blog_permissionrequest_add")).status_code == 403
    assert staff("view_post").get(change).status_code == 403


# --- Objections


@pytest.fixture
def dispute(permitted_repost: Post) -> Dispute:
    return Dispute.objects.create(
        repost=permitted_repost.repost,
        text="I wrote this, not she.",
        name="Cy Scribe",
        email="cy@private.example",
        network_key=b"key-of-a-network",
    )


def answer_url(dispute: Dispute, verdict: str) -> str:
    return reverse("admin:blog_dispute_answer", args=[dispute.pk, verdict])


def test_an_objection_is_shown_with_links_to_both_verdicts(desk: Client, dispute: Dispute) -> None:
    post = dispute.repost.post
    change = reverse("admin:blog_dispute_change", args=[dispute.pk])
    for page in (record_of(desk, post), desk.get(change).content.decode()):
        assert "I wrote this, not she." in page
        assert "cy@private.example" in page
        assert answer_url(dispute, "accept") in page
        assert answer_url(dispute, "dismiss") in page
        assert "key-of-a-network" not in page
    assert desk.post(change, {"text": "Forged."}).status_code == 403


@pytest.mark.parametrize(
    ("verdict", "state", "is_disputed"), [("accept", "accepted", True), ("dismiss", "dismissed", False)]
)
def test_the_host_answers_an_objection_once(
    desk: Client, dispute: Dispute, verdict: str, state: str, is_disputed: bool
) -> None:
    assert "I wrote this, not she." in desk.get(answer_url(dispute, verdict)).content.decode()
    dispute.refresh_from_db()
    assert dispute.state == "open"
    desk.post(answer_url(dispute, verdict))
    dispute.refresh_from_db()
    repost = Repost.objects.get()
    assert (dispute.state, repost.is_disputed, repost.state) == (state, is_disputed, "asserted")
    count = repost.events.count()
    for other in ("accept", "dismiss"):
        assert "has already been answered" in desk.post(answer_url(dispute, other), follow=True).content.decode()
    assert repost.events.count() == count == 1 + is_disputed
    assert answer_url(dispute, "accept") not in record_of(desk, repost.post)


def test_only_staff_who_may_change_reposts_answer_objections(dispute: Dispute) -> None:
    clerk = staff("view_dispute", "change_dispute", "view_post")
    assert clerk.get(answer_url(dispute, "accept")).status_code == 403
    assert clerk.post(answer_url(dispute, "accept")).status_code == 403
    change = reverse("admin:blog_dispute_change", args=[dispute.pk])
    assert answer_url(dispute, "accept") not in clerk.get(change).content.decode()
    assert "/admin/login/" in Client().post(answer_url(dispute, "accept"))["Location"]
    assert not Repost.objects.get().is_disputed


def test_there_is_no_third_verdict(desk: Client, dispute: Dispute) -> None:
    assert desk.get(answer_url(dispute, "maybe")).status_code == 404


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_survives_in_an_objection(desk: Client, dispute: Dispute, attack: str) -> None:
    attack = attack.replace("\x00", "")  # PostgreSQL stores none
    Dispute.objects.update(text=attack, name=attack[:80], email=attack[:80])
    urls = [change_url(dispute.repost.post), reverse("admin:blog_dispute_change", args=[dispute.pk])]
    urls += [reverse("admin:blog_dispute_changelist"), answer_url(dispute, "accept"), reverse("admin:index")]
    for url in urls:
        assert_harmless(desk.get(url).content.decode(), page=True)


# --- The list


def test_the_list_shows_and_filters_by_the_state_of_permissions(desk: Client, make_repost: MakeRepost) -> None:
    make_repost("stated")
    make_repost("ended", expires_on=date(2020, 1, 31))
    soon = make_repost("soon", expires_on=clock.now().date() + timedelta(days=20))
    steps.withdraw(make_repost("withdrawn").repost, by=HOST)
    page = desk.get(POSTS).content.decode()
    for words in ("stated by the host", "ended as agreed", "withdrawn by the host"):
        assert words in page
    found = {
        value: sorted(post.slug for post in desk.get(POSTS, {"permission": value}).context["cl"].result_list)
        for value in ("asserted", "ended", "ending", "withdrawn", "revoked")
    }
    assert found == {
        "asserted": ["soon", "stated"],
        "ended": ["ended"],
        "ending": [soon.slug],
        "withdrawn": ["withdrawn"],
        "revoked": [],
    }
    assert desk.get(POSTS, {"permission": "nonsense"}).status_code == 200
