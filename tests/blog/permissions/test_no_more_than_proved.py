"""Ways in which a page could claim more than its ledger proves: past bugs, and bugs that are easily introduced."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from blog.models import Credit, Evidence, PermissionEvent, PermissionRequest, Person, Post, Repost, Wording
from blog.models.ledger import AppendOnly
from blog.permissions import author_requests, steps, verification
from blog.permissions.steps import State
from core import clock
from tests.blog.conftest import HOST, confirm, current, page
from tests.conftest import GUEST_MARK, MakeRepost

pytestmark = pytest.mark.usefixtures("noon")


def faults(repost: Repost) -> list[str]:
    return list(verification.faults(Repost.objects.get(pk=repost.pk)))


@pytest.mark.parametrize("with_yes", [True, False], ids=["after a yes", "without one"])
def test_restoring_does_not_undo_a_not_mine(with_yes: bool, permitted_repost: Post, client: Client) -> None:
    """Once, withdrawing and restoring made words confirmed again although their author had said “not mine”."""
    repost = permitted_repost.repost
    if with_yes:
        confirm(repost)
    steps.disown(repost)
    steps.withdraw(repost, by=HOST)
    steps.restore(repost, by=HOST)
    assert current(permitted_repost).state == State.DISPUTED
    assert GUEST_MARK not in page(client, permitted_repost.get_absolute_url())
    assert faults(repost) == []


def test_a_step_on_a_stale_copy_keeps_the_conditions_of_a_newer_yes(permitted_repost: Post) -> None:
    """Host and author set an end at the same moment; the author's is earlier."""
    stale_copy = Repost.objects.select_related("post__blog").get()
    confirm(permitted_repost.repost, author_end=date(2099, 1, 1), no_training=True)
    steps.set_end(stale_copy, by=HOST, last_day=date(2100, 1, 1))
    repost = current(permitted_repost)
    assert repost.ends_at
    assert repost.ends_at.date() == date(2099, 1, 2)
    assert repost.events.latest("number").terms["conditions"]["no_training"] is True
    assert faults(repost) == []


def test_another_authors_yes_to_an_older_request_does_not_overrule_a_no(
    permitted_repost: Post, original_author: Person
) -> None:
    to_ada = PermissionRequest.objects.create(
        repost=permitted_repost.repost,
        person=original_author,
        email=original_author.contact_email,
        wording=Wording.objects.of(permitted_repost.repost),
    )
    other = Person.objects.create(name="Bo Writer", slug="bo", contact_email="bo@else.example")
    Credit.objects.create(post=permitted_repost, person=other, position=1)
    to_bo = PermissionRequest.objects.create(
        repost=to_ada.repost, person=other, email=other.contact_email, wording=to_ada.wording
    )
    author_requests.answer(to_ada, PermissionRequest.Answer.NO)
    with pytest.raises(author_requests.ActionNotAllowed):
        author_requests.answer(to_bo, PermissionRequest.Answer.YES)
    assert current(permitted_repost).state == State.DECLINED


def test_a_domain_with_lookalike_letters_is_shown_in_punycode(permitted_repost: Post, original_author: Person) -> None:
    original_author.contact_email = "ada@h\u0430rvard.example"  # a Cyrillic letter
    original_author.full_clean()
    original_author.save()
    assert author_requests.ask(permitted_repost.repost, by=HOST).domain == "xn--hrvard-3nf.example"


CHANGES: dict[str, Callable[[Post], Any]] = {
    "irrevocable": lambda post: Repost.objects.update(
        basis="licence", licence_url="https://creativecommons.org/licenses/by/4.0/"
    ),
    "under another name": lambda post: Person.objects.filter(credits__post=post).update(name="Bo Writer"),
    "with another author": lambda post: Credit.objects.create(post=post, person=post.author),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.django_db
def test_a_yes_counts_only_for_the_basis_that_was_shown(
    change: Callable[[Post], Any], path: str, client: Client, permitted_repost: Post
) -> None:
    """A page that was opened days ago and promised a revocable yes must not produce an irrevocable one."""
    shown = page(client, path)
    shown_digest = shown.partition('name="basis_digest" value="')[2].partition('"')[0]
    assert len(shown_digest) == 64
    change(permitted_repost)
    response = client.post(path, {"act": "yes", "basis_digest": shown_digest})
    assert response.status_code == 409
    assert "this is no longer possible" in response.content.decode()
    assert current(permitted_repost).state == State.ASSERTED
    new_digest = page(client, path).partition('name="basis_digest" value="')[2].partition('"')[0]
    assert client.post(path, {"act": "yes", "basis_digest": new_digest}).status_code == 303
    assert current(permitted_repost).state == State.CONFIRMED


def test_the_host_cannot_rename_an_author_who_said_yes(
    desk: Client, permitted_repost: Post, original_author: Person
) -> None:
    url = reverse("admin:blog_person_change", args=[original_author.pk])
    sent = {"name": "Famous Person", "slug": original_author.slug, "contact_email": original_author.contact_email}
    confirm(permitted_repost.repost)
    response = desk.post(url, sent)
    assert response.status_code == 200
    assert "This author has said yes under this name" in response.content.decode()
    assert desk.post(url, sent | {"name": original_author.name, "affiliation": "Nowhere"}).status_code == 302
    steps.release(permitted_repost.repost, by=HOST)
    assert desk.post(url, sent).status_code == 302
    original_author.refresh_from_db()
    assert original_author.name == "Famous Person"


def test_after_a_corrected_name_every_ledger_is_intact(make_repost: MakeRepost, original_author: Person) -> None:
    """The wording of a credit is a term of the permission, so its correction must be in the ledger."""
    first, second = make_repost("first"), make_repost("second")
    confirm(second.repost, credit_wording="Prof. Ada Colleague")
    permission_request = author_requests.ask(first.repost, by=HOST)
    conditions = {"credit_wording": "Prof. Ada Colleague"}
    author_requests.answer(permission_request, PermissionRequest.Answer.YES, conditions=conditions)
    author_requests.correct_name(permission_request, name="Ada Kollegin")
    for post in (first, second):
        repost = current(post)
        assert repost.credit_wording == "Prof. Ada Kollegin"
        assert repost.events.filter(kind="credit_corrected").count() == 1
        assert faults(repost) == []


def test_no_method_of_the_model_replaces_a_row_of_the_ledger(permitted_repost: Post) -> None:
    stored = permitted_repost.repost.events.get()
    forged = PermissionEvent.objects.get(pk=stored.pk)
    forged.note = "Never said."
    forged._state.adding = True
    rows = PermissionEvent.objects
    for attempt in (
        lambda: rows.bulk_create([forged], update_conflicts=True, unique_fields=["id"], update_fields=["note"]),
        lambda: rows.bulk_create([forged], ignore_conflicts=True),
        lambda: rows.bulk_update([forged], ["note"]),
        lambda: permitted_repost.repost.events.update(note="Never said."),
        lambda: rows.update_or_create(defaults={"note": "Never said."}, pk=stored.pk),
    ):
        with pytest.raises(AppendOnly), transaction.atomic():
            attempt()
    with pytest.raises(Exception, match=r"(?i)unique"), transaction.atomic():
        forged.save()  # as a new row with an existing number
    assert rows.get(pk=stored.pk).note == stored.note


TAMPERINGS: dict[str, dict[str, Any]] = {
    "the domain of the yes": {"confirmed_domain": "harvard.example"},
    "the day of the yes": {"confirmed_at": clock.now() - timedelta(days=400)},
    "no moment of the end": {"ends_at": None},
    "badges that are valid again": {"claims_ended_at": None},
    "the kind of evidence": {"evidence_kind": "contract"},
    "the day of the evidence": {"evidence_since": date(1999, 1, 1)},
    "a dispute that is hidden": {"is_disputed": False},
}


@pytest.fixture
def rich(permitted_repost: Post) -> Repost:
    """A permission with every kind of information that readers can see."""
    repost = permitted_repost.repost
    confirm(repost)
    steps.release(repost, by=HOST)
    letter = Evidence(repost=repost, kind="letter", dated=date(2026, 2, 28), file=ContentFile(b"Dear Eldon", name="a"))
    steps.add_evidence(letter, by=HOST)
    steps.set_end(repost, by=HOST, last_day=date(2099, 1, 1))
    confirm(repost)
    steps.mark_disputed(repost, by=HOST, disputed=True)
    return repost


@pytest.mark.parametrize("columns", TAMPERINGS.values(), ids=TAMPERINGS)
def test_every_value_in_the_sentences_is_checked_against_the_ledger(columns: dict[str, Any], rich: Repost) -> None:
    assert faults(rich) == []
    QuerySet(Repost).filter(pk=rich.pk).update(**columns)
    assert len(faults(rich)) == 1


def test_one_answer_does_not_make_an_agreement_of_two_authors(
    permitted_repost: Post, host: Person, client: Client
) -> None:
    def attributed_to() -> Any:
        graph = client.get(reverse("permission-jsonld", args=[permitted_repost.repost.public_id])).json()["@graph"]
        return next(node["prov:wasAttributedTo"] for node in graph if "odrl:Agreement" in node["@type"])

    confirm(permitted_repost.repost)
    assert "ada-colleague" in str(attributed_to())
    other = Person.objects.create(name="Bo Writer", slug="bo")
    Credit.objects.create(post=permitted_repost, person=other, position=1)
    assert attributed_to() == {"@id": f"{permitted_repost.blog.base_url}{host.get_absolute_url()}#person"}


def test_a_credit_that_was_changed_after_a_yes_is_found(rich: Repost, host: Person) -> None:
    Credit.objects.filter(post=rich.post).update(person=host)
    assert faults(rich) == ["the credited authors differ from the credit that the author confirmed."]
