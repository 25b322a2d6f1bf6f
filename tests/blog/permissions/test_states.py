"""The states of a permission: which steps are allowed, where they lead, and what readers then see."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Evidence, Person, Post, Repost, Wording
from blog.permissions import fingerprints, steps, verification
from blog.permissions.steps import Kind, State, StepNotAllowed
from core import clock
from tests.conftest import GUEST_WORDS, MakeRepost

HOST = "Eldon Host"


def confirm(repost: Repost, wording: Wording | None = None, **conditions: object) -> None:
    wording = wording or Wording.objects.of(repost)
    steps.confirm(repost, wording=wording, domain="private.example", conditions=conditions)


def edit(repost: Repost, text: str) -> None:
    repost.text = text
    repost.save()
    steps.assert_by_host(repost, by=HOST)


def words(repost: Repost) -> str:
    """What readers see now, read from the database."""
    return Repost.objects.select_related("shown").get(pk=repost.pk).public_html


@pytest.fixture
def repost(permitted_repost: Post) -> Repost:
    return permitted_repost.repost


def test_the_authors_yes_raises_the_level_and_covers_the_wording(repost: Repost) -> None:
    confirm(repost)
    assert (repost.state, repost.level) == ("confirmed", 3)
    assert repost.covered == repost.shown
    assert repost.events.latest("number").actor == "author"


def test_words_edited_after_a_yes_stay_hidden_until_a_new_yes(repost: Repost) -> None:
    confirm(repost)
    edit(repost, "Other words.")
    assert repost.state == State.STALE
    assert "camera" in words(repost)
    assert "Other words" not in words(repost)
    confirm(repost)
    assert repost.state == State.CONFIRMED
    assert "Other words" in words(repost)


def test_the_host_may_go_back_to_their_own_statement(repost: Repost) -> None:
    confirm(repost)
    edit(repost, "Other words.")
    steps.release(repost, by=HOST)
    assert (repost.state, repost.level, repost.covered, repost.confirmed_at) == ("asserted", 1, None, None)
    assert "Other words" in words(repost)


def test_restoring_the_confirmed_words_makes_the_permission_confirmed_again(repost: Repost) -> None:
    confirm(repost)
    edit(repost, "Other words.")
    edit(repost, GUEST_WORDS)
    assert repost.state == State.CONFIRMED


@pytest.mark.parametrize("typography", ["“quoted” — so", '"quoted" - so', "\u201equoted\u201c\u00a0\u2013 so"])
def test_a_typographic_change_keeps_the_yes_and_is_shown(make_repost: MakeRepost, typography: str) -> None:
    repost = make_repost(text="“quoted” – so").repost
    confirm(repost)
    edit(repost, typography)
    assert repost.state == State.CONFIRMED
    assert repost.shown
    assert repost.shown.text == typography


def test_dropping_a_not_makes_the_permission_stale(make_repost: MakeRepost) -> None:
    repost = make_repost(text="It is not so.").repost
    confirm(repost)
    edit(repost, "It is so.")
    assert repost.state == State.STALE


def test_a_yes_covers_the_wording_of_the_request_after_an_edit(repost: Repost) -> None:
    requested = Wording.objects.of(repost)
    edit(repost, "Other words.")
    confirm(repost, requested)
    assert repost.state == State.STALE
    assert "camera" in words(repost)


def test_restoring_does_not_show_edits_made_while_withdrawn(repost: Repost) -> None:
    confirm(repost)
    steps.withdraw(repost, by=HOST)
    edit(repost, "Other words.")
    steps.restore(repost, by=HOST)
    assert repost.state == State.STALE
    assert "Other words" not in words(repost)


def test_a_revocation_is_final_until_a_new_yes(repost: Repost) -> None:
    confirm(repost)
    steps.revoke(repost)
    assert words(repost) == ""
    for step in (steps.restore, steps.withdraw, steps.release):
        with pytest.raises(StepNotAllowed):
            step(repost, by=HOST)
    steps.assert_by_host(repost, by=HOST)
    assert repost.state == State.REVOKED
    confirm(repost)
    assert "camera" in words(repost)


def test_a_licence_cannot_be_revoked_but_an_end_can_be_requested(make_repost: MakeRepost) -> None:
    repost = make_repost(basis="licence", licence_url="https://creativecommons.org/licenses/by/4.0/").repost
    steps.revoke(repost)
    assert repost.events.latest("number").kind == Kind.REVOCATION_ASKED
    assert "camera" in words(repost)


@pytest.mark.parametrize("step", [steps.decline, steps.disown])
def test_a_no_ends_the_permission_in_any_state_but_revoked(step: object, make_repost: MakeRepost) -> None:
    for number, state in enumerate(State):
        repost = make_repost(f"post-{number}").repost
        Repost.objects.filter(pk=repost.pk).update(state=state)
        if state == State.REVOKED:
            with pytest.raises(StepNotAllowed):
                step(repost)  # type: ignore[operator]
        else:
            step(repost)  # type: ignore[operator]
            assert words(repost) == ""


def test_after_not_mine_the_host_may_reassert_or_the_author_confirm(repost: Repost) -> None:
    steps.disown(repost)
    steps.reassert(repost, by=HOST, note="She signed the letter.")
    assert (repost.state, repost.level) == ("asserted", 1)
    steps.disown(repost)
    confirm(repost)
    assert repost.state == State.CONFIRMED


def test_evidence_raises_the_level_once_and_never_lowers_it(repost: Repost) -> None:
    def add(day: int) -> None:
        file = ContentFile(b"letter", name="../../letter from ada@private.example.pdf")
        steps.add_evidence(Evidence(repost=repost, kind="letter", dated=date(2026, 2, day), file=file), by=HOST)

    add(28)
    add(3)
    assert (repost.level, repost.evidence_since) == (2, date(2026, 2, 3))
    event = repost.events.latest("number")
    assert event.details["sha256"] == hashlib.sha256(b"letter").hexdigest()
    assert "private.example" not in repost.evidence.latest("pk").file.name
    confirm(repost)
    add(1)
    assert repost.level == 3
    steps.assert_by_host(repost, by=HOST)
    assert repost.events.latest("number").kind == Kind.EVIDENCE_ADDED


def test_the_earlier_end_counts(repost: Repost) -> None:
    repost.expires_on = date(2099, 6, 1)
    repost.save()
    confirm(repost, author_end=date(2099, 3, 1))
    assert repost.ends_at
    assert repost.ends_at.date() == date(2099, 3, 2)
    steps.set_end(repost, by=HOST, last_day=date(2099, 1, 1))
    assert repost.ends_at.date() == date(2099, 1, 2)
    steps.set_end(repost, by=HOST, last_day=None)
    assert repost.ends_at.date() == date(2099, 3, 2)


def test_conditions_are_in_the_ledger_and_a_new_yes_replaces_them(repost: Repost) -> None:
    confirm(repost, no_snippet=True, credit_wording="A. Colleague")
    assert repost.events.latest("number").terms["conditions"] == {"no_snippet": True, "credit_wording": "A. Colleague"}
    confirm(repost)
    assert not repost.no_snippet
    assert repost.credit_wording == ""


def test_an_expiry_is_recorded_once(repost: Repost) -> None:
    steps.set_end(repost, by=HOST, last_day=clock.now().date())
    with clock.standing_at(clock.now() + timedelta(days=2)):
        steps.record_expiry(repost)
        steps.record_expiry(repost)
    assert repost.events.filter(kind=Kind.EXPIRED).count() == 1


def test_asking_the_author_changes_nothing_that_readers_see(repost: Repost) -> None:
    before = (repost.state, repost.level, repost.state_since, words(repost))
    steps.record_request(repost, by=HOST)
    assert (repost.state, repost.level, repost.state_since, words(repost)) == before
    assert repost.events.latest("number").kind == Kind.REQUESTED


def test_a_dispute_is_a_label_and_not_a_state(repost: Repost) -> None:
    confirm(repost)
    for disputed, kind in ((True, Kind.DISPUTED), (False, Kind.SETTLED)):
        steps.mark_disputed(repost, by=HOST, disputed=disputed)
        stored = Repost.objects.get(pk=repost.pk)
        assert (stored.is_disputed, stored.state, stored.level) == (disputed, "confirmed", 3)
        assert "camera" in words(repost)
        assert repost.events.latest("number").kind == kind


def test_the_ledger_contains_neither_spelling_of_a_corrected_name(repost: Repost, original_author: Person) -> None:
    steps.correct_name(original_author, name="Ada K. Colleague")
    original_author.refresh_from_db()
    assert original_author.name == "Ada K. Colleague"
    assert "Colleague" not in str(list(repost.events.filter(kind=Kind.CREDIT_CORRECTED).values()))


@pytest.mark.parametrize("step", [steps.decline, steps.disown, steps.revoke])
def test_the_authors_no_voids_every_earlier_proof_of_authorship(step: object, repost: Repost, noon: object) -> None:
    confirm(repost)
    assert repost.claims_ended_at is None
    step(repost)  # type: ignore[operator]
    assert repost.claims_ended_at == clock.now()
    confirm(Repost.objects.get(pk=repost.pk))
    assert Repost.objects.get(pk=repost.pk).claims_ended_at == clock.now()


def test_a_step_on_a_stale_copy_does_not_revive_a_proof_of_authorship(repost: Repost) -> None:
    confirm(repost)
    stale = Repost.objects.get(pk=repost.pk)
    steps.revoke(repost)
    confirm(stale)
    assert Repost.objects.get(pk=repost.pk).claims_ended_at == repost.claims_ended_at


def test_a_step_on_a_stale_copy_records_the_stored_terms(repost: Repost) -> None:
    stale = Repost.objects.get(pk=repost.pk)
    confirm(repost, no_training=True)
    steps.withdraw(stale, by=HOST)
    assert list(verification.faults(Repost.objects.get(pk=repost.pk))) == []


@pytest.mark.parametrize("after", [steps.decline, steps.revoke, confirm])
def test_a_reason_belongs_only_to_its_own_step(after: Callable[[Repost], None], repost: Repost) -> None:
    steps.withdraw(repost, by=HOST, note="Ada is thinking about it.")
    assert repost.state_note == repost.events.latest("number").note == "Ada is thinking about it."
    after(repost)
    assert Repost.objects.get().state_note == repost.events.latest("number").note == ""


STEPS = {
    "assert": lambda repost: steps.assert_by_host(repost, by=HOST),
    "edit": lambda repost: edit(repost, f"Words, version {repost.wordings.count()}."),
    "back": lambda repost: edit(repost, GUEST_WORDS),
    "release": lambda repost: steps.release(repost, by=HOST),
    "withdraw": lambda repost: steps.withdraw(repost, by=HOST),
    "restore": lambda repost: steps.restore(repost, by=HOST),
    "reassert": lambda repost: steps.reassert(repost, by=HOST, note="x"),
    "confirm": confirm,
    "decline": steps.decline,
    "disown": steps.disown,
    "revoke": steps.revoke,
}


@given(names_of_steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_sequence_of_steps_readers_see_only_what_is_covered(
    make_repost: MakeRepost, names_of_steps: list[str]
) -> None:
    count = Post.objects.count()
    repost = make_repost(f"post-{count}").repost
    for step in names_of_steps:
        before = repost.events.count()
        try:
            STEPS[step](repost)
        except StepNotAllowed:
            repost = Repost.objects.get(pk=repost.pk)
            assert repost.events.count() == before
    repost = Repost.objects.select_related("shown", "covered").get(pk=repost.pk)
    assert list(verification.faults(repost)) == []
    assert bool(repost.public_html) == (repost.state in Repost.STATES_IN_FORCE)
    if repost.state in (State.CONFIRMED, State.STALE):
        assert repost.level == 3
        assert repost.shown
        assert repost.covered
        assert repost.shown.folded == repost.covered.folded
        assert (repost.state == State.STALE) == (repost.covered.folded != fingerprints.folded(repost.text))


def test_a_corrected_name_changes_the_slug(repost: Repost, original_author: Person) -> None:
    Person.objects.create(name="Ada Kollegin", slug="ada-kollegin")
    before = repost.post.last_change
    steps.correct_name(original_author, name="Ada Kollegin")
    original_author.refresh_from_db()
    assert (original_author.name, original_author.slug) == ("Ada Kollegin", "ada-kollegin-2")
    assert Post.objects.get().last_change > before


def test_a_dispute_updates_the_last_change_of_the_post(repost: Repost) -> None:
    before = repost.post.last_change
    steps.mark_disputed(repost, by=HOST, disputed=True)
    assert Post.objects.get().last_change > before
