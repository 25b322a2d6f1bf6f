"""Ways by which a page could say more than its ledger proves: each was open once, or is easily opened again."""

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
    """Withdrawn and restored, they once came back as confirmed by somebody who had said that they are not theirs."""
    repost = permitted_repost.repost
    if with_yes:
        confirm(repost)
    steps.disown(repost)
    steps.withdraw(repost, by=HOST)
    steps.restore(repost, by=HOST)
    assert current(permitted_repost).state == State.DISPUTED
    assert GUEST_MARK not in page(client, permitted_repost.get_absolute_url())
    assert faults(repost) == []


def test_a_step_on_an_old_copy_keeps_the_conditions_of_a_yes_that_came_meanwhile(permitted_repost: Post) -> None:
    """The host sets an end while the author, at the same moment, sets an earlier one."""
    old_copy = Repost.objects.select_related("post__blog").get()
    confirm(permitted_repost.repost, author_end=date(2099, 1, 1), no_training=True)
    steps.set_end(old_copy, by=HOST, last_day=date(2100, 1, 1))
    repost = current(permitted_repost)
    assert repost.ends_at
    assert repost.ends_at.date() == date(2099, 1, 2)
    assert repost.events.latest("number").terms["conditions"]["no_training"] is True
    assert faults(repost) == []


def test_a_no_is_not_overruled_by_the_yes_of_another_author_to_an_older_question(
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
    with pytest.raises(author_requests.Closed):
        author_requests.answer(to_bo, PermissionRequest.Answer.YES)
    assert current(permitted_repost).state == State.DECLINED


def test_a_domain_in_letters_that_only_look_like_others_is_told_as_it_is_written_in_the_mail(
    permitted_repost: Post, original_author: Person
) -> None:
    original_author.contact_email = "ada@h\u0430rvard.example"  # a Cyrillic letter
    original_author.full_clean()
    original_author.save()
    assert author_requests.ask(permitted_repost.repost, by=HOST).domain == "xn--hrvard-3nf.example"


CHANGES: dict[str, Callable[[Post], Any]] = {
    "no longer to be taken back": lambda post: Repost.objects.update(
        basis="licence", licence_url="https://creativecommons.org/licenses/by/4.0/"
    ),
    "under another name": lambda post: Person.objects.filter(credits__post=post).update(name="Bo Writer"),
    "with another author": lambda post: Credit.objects.create(post=post, person=post.author),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.django_db
def test_a_yes_is_to_what_its_giver_was_shown(
    change: Callable[[Post], Any], path: str, client: Client, permitted_repost: Post
) -> None:
    """A page that stood open for days must not turn “you can take it back” into a yes that cannot be."""
    shown = page(client, path)
    ground = shown.partition('name="ground" value="')[2].partition('"')[0]
    assert len(ground) == 64
    change(permitted_repost)
    response = client.post(path, {"act": "yes", "ground": ground})
    assert response.status_code == 409
    assert "something has changed meanwhile" in response.content.decode()
    assert current(permitted_repost).state == State.ASSERTED
    fresh = page(client, path).partition('name="ground" value="')[2].partition('"')[0]
    assert client.post(path, {"act": "yes", "ground": fresh}).status_code == 303
    assert current(permitted_repost).state == State.CONFIRMED


def test_who_said_yes_is_not_renamed_by_the_host(desk: Client, permitted_repost: Post, original_author: Person) -> None:
    address = reverse("admin:blog_person_change", args=[original_author.pk])
    sent = {"name": "Famous Person", "slug": original_author.slug, "contact_email": original_author.contact_email}
    confirm(permitted_repost.repost)
    response = desk.post(address, sent)
    assert response.status_code == 200
    assert "This author has said yes under this name" in response.content.decode()
    assert desk.post(address, sent | {"name": original_author.name, "affiliation": "Nowhere"}).status_code == 302
    steps.release(permitted_repost.repost, by=HOST)
    assert desk.post(address, sent).status_code == 302
    original_author.refresh_from_db()
    assert original_author.name == "Famous Person"


def test_a_corrected_name_leaves_every_ledger_whole(make_repost: MakeRepost, original_author: Person) -> None:
    """The wording of a credit is a term of the permission: where it is corrected, the ledger has to know."""
    first, second = make_repost("first"), make_repost("second")
    confirm(second.repost, credit_wording="Prof. Ada Colleague")
    asked = author_requests.ask(first.repost, by=HOST)
    author_requests.answer(asked, PermissionRequest.Answer.YES, conditions={"credit_wording": "Prof. Ada Colleague"})
    author_requests.correct_name(asked, name="Ada Kollegin")
    for post in (first, second):
        repost = current(post)
        assert repost.credit_wording == "Prof. Ada Kollegin"
        assert repost.events.filter(kind="credit_corrected").count() == 1
        assert faults(repost) == []


def test_no_door_of_the_model_replaces_a_row_of_the_ledger(permitted_repost: Post) -> None:
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
        forged.save()  # as a new row, under the number of the old
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
    """A permission with everything that readers can be told of one."""
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
def test_what_readers_are_told_is_held_against_the_ledger(columns: dict[str, Any], rich: Repost) -> None:
    assert faults(rich) == []
    QuerySet(Repost).filter(pk=rich.pk).update(**columns)
    assert len(faults(rich)) == 1


def test_one_answer_is_no_agreement_of_two_authors(permitted_repost: Post, host: Person, client: Client) -> None:
    def vouched_for_by() -> Any:
        graph = client.get(reverse("permission-jsonld", args=[permitted_repost.repost.public_id])).json()["@graph"]
        return next(node["prov:wasAttributedTo"] for node in graph if "odrl:Agreement" in node["@type"])

    confirm(permitted_repost.repost)
    assert "ada-colleague" in str(vouched_for_by())
    other = Person.objects.create(name="Bo Writer", slug="bo")
    Credit.objects.create(post=permitted_repost, person=other, position=1)
    assert vouched_for_by() == {"@id": f"{permitted_repost.blog.base_url}{host.get_absolute_url()}#person"}


def test_a_credit_that_was_swapped_after_a_yes_is_found(rich: Repost, host: Person) -> None:
    Credit.objects.filter(post=rich.post).update(person=host)
    assert faults(rich) == ["those named as authors are not those to whose credit the author said yes."]
