"""`manage.py permissions_verify`: it finds every change made behind the ledger's back, and says where."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from blog.models import Evidence, PermissionEvent, Post, Repost, Wording
from blog.permissions import steps, verification
from core import clock
from tests.conftest import MakeRepost

HOST = "Eldon Host"
# The primary key carries no information, and the hashes do not include it.
COLUMNS = [field.attname for field in PermissionEvent._meta.concrete_fields if not field.primary_key]
ROWS = range(1, 7)


def verify() -> str:
    output = StringIO()
    call_command("permissions_verify", stdout=output)
    return output.getvalue()


def faults() -> str:
    """Return the output of the command, which must fail."""
    output = StringIO()
    with pytest.raises(CommandError, match="are broken"):
        call_command("permissions_verify", stdout=output)
    return output.getvalue()


def overwrite(model: type[Any], pk: int, **columns: Any) -> None:
    """Change a row directly in the database, past every check of our code."""
    QuerySet(model).filter(pk=pk).update(**columns)


def flipped(value: Any, *, other: int) -> Any:
    """Return the value with a minimal change. Numbers become `other`, because a number may be a foreign key."""
    if isinstance(value, str):
        return chr(ord(value[0]) ^ 1) + value[1:] if value else "x"
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, dict):
        return {**value, "x": ""}
    return other


@pytest.fixture
def repost(make_repost: MakeRepost) -> Repost:
    """A permission with six steps: asserted, evidence added, confirmed, edited, withdrawn, restored."""
    repost = make_repost().repost
    letter = Evidence(repost=repost, kind="letter", dated=date(2026, 2, 28), file=ContentFile(b"Dear Eldon", name="a"))
    steps.add_evidence(letter, by=HOST)
    steps.confirm(repost, wording=Wording.objects.of(repost), domain="private.example", conditions={})
    repost.text = "Other words."
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    steps.withdraw(repost, by=HOST, note="For a while.")
    steps.restore(repost, by=HOST)
    return repost


@pytest.fixture
def neighbour(make_repost: MakeRepost) -> Repost:
    """Another permission, which stays unchanged."""
    return make_repost("neighbour").repost


def test_an_unchanged_ledger_is_intact(repost: Repost, neighbour: Repost) -> None:
    assert verify() == "2 permissions, 7 steps: all intact.\n"


@pytest.mark.django_db
def test_an_empty_site_is_intact() -> None:
    assert verify() == "0 permissions, 0 steps: all intact.\n"


def test_a_repost_without_a_stated_permission_is_intact(unpermitted_repost: Post) -> None:
    assert verify() == "1 permissions, 0 steps: all intact.\n"


@pytest.mark.parametrize("column", COLUMNS)
def test_one_changed_byte_in_any_column_of_any_row_is_found(column: str, repost: Repost, neighbour: Repost) -> None:
    for number in ROWS:
        event = PermissionEvent.objects.get(repost=repost, number=number)
        stored = getattr(event, column)
        other = neighbour.pk if column == "repost_id" else 99
        if column == "repost_id" and number == 1:
            continue  # the neighbour already has a row 1, and the database refuses a second
        overwrite(PermissionEvent, event.pk, **{column: flipped(stored, other=other)})
        assert f"({repost.public_id}): row" in faults() or column == "repost_id", number
        overwrite(PermissionEvent, event.pk, **{column: stored})
    assert "all intact" in verify()


def test_only_the_first_broken_row_is_reported(repost: Repost, neighbour: Repost) -> None:
    for number in (3, 5):
        overwrite(PermissionEvent, repost.events.get(number=number).pk, note="Never said.")
    output = faults()
    assert output.count("breaks the chain") == 1
    assert f"permitted-repost ({repost.public_id}): row 3 (confirmed by the author, " in output
    assert neighbour.public_id not in output


def test_recomputing_the_hash_of_a_forged_row_breaks_the_next_row(repost: Repost) -> None:
    event = repost.events.get(number=2)
    event.note = "Never said."
    overwrite(PermissionEvent, event.pk, note=event.note, hash=event.compute_hash())
    assert "row 3 (" in faults()


@pytest.mark.parametrize("number", ROWS)
def test_a_deleted_row_is_found_even_at_the_end(number: int, repost: Repost) -> None:
    QuerySet(PermissionEvent).filter(repost=repost, number=number)._raw_delete("default")
    assert repost.public_id in faults()


def test_a_completely_deleted_ledger_is_found(neighbour: Repost) -> None:
    QuerySet(PermissionEvent).filter(repost=neighbour)._raw_delete("default")
    assert "its ledger is empty" in faults()


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "confirmed"},
        {"level": 1},
        {"expires_on": None},
        {"basis": "own_work"},
        {"no_snippet": True},
        {"author_end": None},
        {"public_id": "0123456789"},
    ],
    ids=str,
)
def test_a_repost_that_differs_from_its_ledger_is_found(columns: dict[str, Any], repost: Repost) -> None:
    steps.set_end(repost, by=HOST, last_day=date(2099, 1, 1))
    steps.confirm(
        repost,
        wording=Wording.objects.get(repost=repost, number=1),
        domain="private.example",
        conditions={"author_end": date(2098, 1, 1)},
    )
    assert "all intact" in verify()
    overwrite(Repost, repost.pk, **columns)
    assert faults()


@pytest.mark.parametrize(
    "columns", [{"text": "She said so."}, {"html": "<p>She said so.</p>"}, {"language": "de"}], ids=str
)
def test_a_changed_confirmed_wording_is_found(columns: dict[str, str], repost: Repost) -> None:
    assert repost.covered
    overwrite(Wording, repost.covered.pk, **columns)
    if "language" in columns:  # the language is not part of the fingerprint
        assert "all intact" in verify()
    else:
        assert repost.public_id in faults()


def test_an_unconfirmed_wording_shown_as_confirmed_is_found(repost: Repost) -> None:
    newer = Wording.objects.of(repost)
    assert newer != repost.shown
    overwrite(Repost, repost.pk, shown=newer)
    assert "readers see words that the ledger does not allow" in faults()
    overwrite(Repost, repost.pk, shown=newer, covered=newer)
    assert "the words marked as confirmed differ" in faults()


def test_words_stated_by_the_host_must_match_the_last_row(neighbour: Repost) -> None:
    assert neighbour.shown
    overwrite(Wording, neighbour.shown.pk, text="She said so.", html="<p>She said so.</p>\n")
    assert "readers see words that the ledger does not allow" in faults()


def change(evidence: Evidence) -> None:
    with open(evidence.file.path, "r+b") as file:
        file.write(b"X")


def lose(evidence: Evidence) -> None:
    evidence.file.storage.delete(str(evidence.file.name))


def replace_row(evidence: Evidence) -> None:
    overwrite(Evidence, evidence.pk, sha256="0" * 64)


def remove_row(evidence: Evidence) -> None:
    Evidence.objects.filter(pk=evidence.pk).delete()


def unname(evidence: Evidence) -> None:
    overwrite(Evidence, evidence.pk, file="")


@pytest.mark.parametrize("harm", [change, lose, replace_row, remove_row, unname])
def test_evidence_that_differs_from_the_ledger_is_found(harm: Callable[[Evidence], None], repost: Repost) -> None:
    harm(repost.evidence.get())
    assert "evidence" in faults()


def test_typographic_changes_and_the_end_keep_the_ledger_intact(repost: Repost, neighbour: Repost) -> None:
    neighbour.text = neighbour.text.replace(" ", "\u00a0", 1)
    neighbour.save()
    steps.assert_by_host(neighbour, by=HOST)
    steps.set_end(repost, by=HOST, last_day=clock.now().date())
    with clock.standing_at(clock.now() + timedelta(days=2)):
        steps.record_expiry(repost)
        assert "all intact" in verify()
    for end in (steps.disown, steps.decline):
        end(repost)
        assert list(verification.faults(Repost.objects.get(pk=repost.pk))) == []
