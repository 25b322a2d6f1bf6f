"""The ledger: every step is a row, no row is ever changed, and the sentences claim no more than the rows."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from blog.models import Credit, PermissionEvent, Person, Post, Repost
from blog.models.ledger import AppendOnly
from blog.permissions import attribution, steps, verification
from tests.conftest import NOON, MakeRepost

HOST = "Eldon Host"
State = Repost.State


def kinds(repost: Repost) -> list[str]:
    return list(repost.events.order_by("number").values_list("kind", flat=True))


def test_the_hosts_statement_is_the_first_row_of_the_ledger(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    assert (repost.state, repost.level) == ("asserted", 1)
    (event,) = repost.events.all()
    assert (event.kind, event.actor, event.actor_name) == ("asserted", "host", HOST)
    assert event.terms["basis"] == "permission"
    assert verification.broken_rows(repost) == []


def test_stating_the_same_again_writes_nothing(permitted_repost: Post) -> None:
    steps.assert_by_host(permitted_repost.repost, by=HOST)
    assert kinds(permitted_repost.repost) == ["asserted"]


def test_changed_terms_and_edited_words_are_steps(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    repost.expires_on = date(2099, 1, 1)
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    repost.text = repost.text.replace("cannot", "can")
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    assert kinds(repost) == ["asserted", "terms_changed", "words_edited"]
    assert verification.broken_rows(repost) == []


def test_a_typographic_change_is_not_recorded_as_an_edit(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    repost.text = repost.text.replace(" ", "\u00a0", 1)
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    assert kinds(repost) == ["asserted"]


def test_terms_and_words_changed_together_are_both_recorded(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    repost.note, repost.text = "Another note.", "Other words."
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    steps.assert_by_host(repost, by=HOST)
    last = repost.events.latest("number")
    assert last.terms["note"] == "Another note."
    assert len(set(repost.events.values_list("folded", flat=True))) == 2


def test_withdrawing_and_restoring_are_steps(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    steps.withdraw(repost, by=HOST, note="Ada asked for it.")
    assert not Repost.objects.in_force().exists()
    steps.restore(repost, by=HOST)
    assert kinds(repost) == ["asserted", "withdrawn", "restored"]
    assert repost.events.get(number=2).note == "Ada asked for it."
    assert Repost.objects.get().is_in_force


@pytest.mark.parametrize("step", [steps.withdraw, steps.restore])
def test_a_step_that_the_state_does_not_allow_is_refused(step: object, make_repost: MakeRepost) -> None:
    repost = make_repost(stated=False).repost
    with pytest.raises(steps.StepNotAllowed):
        step(repost, by=HOST)  # type: ignore[operator]
    assert kinds(repost) == []


def test_a_step_on_a_stale_copy_checks_the_stored_state(permitted_repost: Post) -> None:
    stale = Repost.objects.get()
    steps.withdraw(permitted_repost.repost, by=HOST)
    with pytest.raises(steps.StepNotAllowed):
        steps.withdraw(stale, by=HOST)
    assert kinds(stale) == ["asserted", "withdrawn"]


def test_the_ledger_cannot_be_changed_or_deleted(permitted_repost: Post) -> None:
    event = permitted_repost.repost.events.get()
    event.note = "Never said."
    for attempt in (
        event.save,
        event.delete,
        lambda: PermissionEvent.objects.update(note="x"),
        lambda: PermissionEvent.objects.all().delete(),
    ):
        with pytest.raises(AppendOnly):
            attempt()
    with pytest.raises(Exception, match="protected foreign keys"):
        permitted_repost.delete()


@pytest.mark.parametrize("column", ["note", "kind", "actor_name", "at", "terms", "strict", "level", "previous_hash"])
def test_a_row_changed_in_the_database_is_found(column: str, permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    steps.withdraw(repost, by=HOST)
    values: dict[str, str | int] = {"at": "2020-01-01 00:00:00+00:00", "terms": '{"basis": "licence"}', "level": 2}
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE blog_permissionevent SET {column} = %s WHERE number = 1",  # noqa: S608 - names are ours
            [values.get(column, "x")],
        )
    assert [event.number for event in verification.broken_rows(repost)][:1] == [1]


def test_a_deleted_row_is_found(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    steps.withdraw(repost, by=HOST)
    steps.restore(repost, by=HOST)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM blog_permissionevent WHERE number = 2")
    assert [event.number for event in verification.broken_rows(repost)] == [3]


def test_the_database_refuses_public_words_without_a_basis(make_repost: MakeRepost) -> None:
    repost = make_repost(stated=False, basis="").repost
    with pytest.raises(IntegrityError), transaction.atomic():
        Repost.objects.filter(pk=repost.pk).update(state="asserted")
    with pytest.raises(steps.StepNotAllowed):
        steps.assert_by_host(repost, by=HOST)


@pytest.mark.parametrize(
    ("basis", "expected"),
    [
        ("permission", "Reposted with permission, as stated by Eldon Host."),
        ("licence", "Reposted under the licence CC BY 4.0, as stated by Eldon Host."),
        ("public_domain", "In the public domain, as stated by Eldon Host."),
        ("own_work", "Own work of Eldon Host, as stated by Eldon Host."),
        ("quotation_right", "Quoted under the right of quotation, as stated by Eldon Host."),
        ("", ""),
    ],
)
def test_the_sentence_says_what_the_ledger_proves_and_no_more(basis: str, expected: str) -> None:
    sentence = attribution.permission_sentence(Repost(basis=basis, licence_name="CC BY 4.0", level=1), HOST)
    assert sentence == expected
    assert "confirmed" not in sentence
    assert ("permission" in sentence) == (basis == "permission")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.WITHDRAWN, "The words reposted here were withdrawn by the host on Nov. 20, 2026."),
        (State.REVOKED, "The words reposted here were withdrawn by their author on Nov. 20, 2026."),
        (
            State.DECLINED,
            "The words reposted here were taken down: their author refused permission on Nov. 20, 2026.",
        ),
        (
            State.DISPUTED,
            "The words reposted here have not been shown since Nov. 20, 2026: "
            "the person named as their author says “not mine”.",
        ),
        (State.NONE, "The words reposted here have not been shown since Nov. 20, 2026."),
    ],
)
def test_the_tombstone_says_why_the_words_are_gone(state: str, expected: str) -> None:
    assert attribution.tombstone_sentence(Repost(state=state, state_since=NOON)) == expected


@pytest.mark.parametrize("state", Repost.STATES_IN_FORCE)
def test_the_tombstone_of_an_expired_permission_names_its_last_day(state: str, noon: object) -> None:
    ended = Repost(state=state, state_since=NOON - timedelta(days=9), expires_on=date(2026, 11, 19), ends_at=NOON)
    sentence = "The permission for the words reposted here ended on Nov. 19, 2026."
    assert attribution.tombstone_sentence(ended) == sentence


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (1, "Reposted with permission granted on March 1, 2026, as stated by Eldon Host."),
        (2, "Reposted with permission, letter of Feb. 28, 2026 on file."),
        (
            3,
            "Reposted with permission, confirmed by e-mail on Nov. 20, 2026 "
            "(address at private.example, named by the host).",
        ),
    ],
)
def test_each_level_of_proof_has_its_own_sentence(level: int, expected: str) -> None:
    repost = Repost(
        basis="permission",
        level=level,
        granted_on=date(2026, 3, 1),
        evidence_kind="letter",
        evidence_since=date(2026, 2, 28),
        confirmed_at=NOON,
        confirmed_domain="private.example",
    )
    assert attribution.permission_sentence(repost, HOST) == expected


@pytest.mark.parametrize(
    ("people", "expected"),
    [([], ""), (["Ada"], "Ada"), (["Ada", "Bo"], "Ada and Bo"), (["Ada", "Bo", "Cy"], "Ada, Bo and Cy")],
)
def test_author_names_are_listed_in_order(people: list[str], expected: str) -> None:
    found = [Credit(person=Person(name=name)) for name in people]
    assert attribution.author_names([*found, Credit(person=Person(name="Tr"), role="translator")]) == expected
