"""The steps of a permission: each changes the repost and appends one row to its ledger, in one transaction.

`MOVES` lists the states in which each step is allowed and the state that it leads to. The author's steps are called by
`blog.permissions.author_requests`, which checks the link.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import transaction

from blog.models import Blog, Evidence, PermissionEvent, Person, Repost, Wording
from blog.permissions import attribution, fingerprints
from blog.publishing import lifecycle
from blog.videos import placement
from core import clock

Kind = PermissionEvent.Kind
Actor = PermissionEvent.Actor
State = Repost.State
Level = Repost.Level
StepT = TypeVar("StepT", bound=Callable[..., None])

SAME_STATE = None
EVERY_STATE = tuple(State)
ALL_BUT_REVOKED = tuple(state for state in State if state != State.REVOKED)

MOVES: dict[Kind, tuple[tuple[State, ...], State | None]] = {
    Kind.ASSERTED: ((State.NONE, State.DISPUTED), State.ASSERTED),
    Kind.TERMS_CHANGED: (EVERY_STATE, SAME_STATE),
    Kind.EVIDENCE_ADDED: (EVERY_STATE, SAME_STATE),
    Kind.REQUESTED: (EVERY_STATE, SAME_STATE),
    Kind.CONFIRMED: (EVERY_STATE, State.CONFIRMED),
    Kind.DECLINED: (ALL_BUT_REVOKED, State.DECLINED),
    Kind.DISOWNED: (ALL_BUT_REVOKED, State.DISPUTED),
    Kind.RELEASED: (Repost.STATES_CONFIRMED, State.ASSERTED),
    Kind.WITHDRAWN: ((*Repost.STATES_IN_FORCE, State.DISPUTED), State.WITHDRAWN),
    Kind.REVOKED: ((*Repost.STATES_IN_FORCE, State.WITHDRAWN), State.REVOKED),
    Kind.REVOCATION_ASKED: (Repost.STATES_IN_FORCE, SAME_STATE),
    Kind.EXPIRED: (Repost.STATES_IN_FORCE, SAME_STATE),
    Kind.DISPUTED: (EVERY_STATE, SAME_STATE),
    Kind.SETTLED: (EVERY_STATE, SAME_STATE),
    Kind.CREDIT_CORRECTED: (EVERY_STATE, SAME_STATE),
}

# The fields of the repost, other than its terms, that a step may change.
STEP_FIELDS = ("state", "level", "state_since", "state_note", "shown", "covered", "claims_ended_at")

CHANNELS = {Actor.HOST: "admin", Actor.AUTHOR: "signed_link", Actor.SYSTEM: "clock"}

# These steps void every earlier proof of authorship. The author has to say yes again.
ENDS_CLAIMS = (Kind.RELEASED, Kind.DECLINED, Kind.DISOWNED, Kind.REVOKED)


class StepNotAllowed(Exception):
    """The step is not allowed in the current state of the permission."""


def _public_step(step: StepT) -> StepT:
    """Take a step in one transaction and synchronise the video rows once after it: readers may see other words now."""

    @wraps(step)
    @transaction.atomic
    def wrapper(repost: Repost, *args: Any, **kwargs: Any) -> None:
        step(repost, *args, **kwargs)
        placement.synchronise_rows(repost.post)

    return cast(StepT, wrapper)


# --- The host -------------------------------------------------------------------------------------------------------


@transaction.atomic
def assert_by_host(repost: Repost, *, by: str) -> None:
    """Record what the host states: the basis, the terms and the words as they are stored.

    The first call makes the permission asserted (level 1). Later calls record edited words and changed terms; if
    nothing has changed, they record nothing. `by` is the name of the host. Raises StepNotAllowed without a basis.

    This is the only step that leaves the video rows to its callers, which save or publish (`blog.publishing.saving`).
    """
    _lock(repost)
    if not repost.basis:
        raise StepNotAllowed("A permission needs a basis.")
    if repost.state == State.NONE:
        repost.level = max(repost.level, Level.STATED)
        repost.shown = Wording.objects.of(repost)
        _step(repost, Kind.ASSERTED, by=by)
        return
    _record_edit(repost, by=by)
    if _last_event(repost).terms != terms(repost):
        _step(repost, Kind.TERMS_CHANGED, by=by)


def _record_edit(repost: Repost, *, by: str) -> None:
    """Record edited words. Readers see them at once, unless the author has confirmed an earlier wording."""
    shown_before = repost.shown
    to_state = _choose_wording(repost)
    if fingerprints.folded(repost.text) != _last_event(repost).folded:
        _step(repost, Kind.WORDS_EDITED, by=by, to_state=to_state)
    elif shown_before != repost.shown:  # only typography has changed
        repost.save(update_fields=["shown"])


def _choose_wording(repost: Repost) -> State:
    """Set `repost.shown` to the wording that readers may see, and return the state that goes with it.

    After a yes this is the confirmed wording, or the current one if they differ only in typography.
    """
    current = Wording.objects.of(repost)
    if repost.state in Repost.STATES_CONFIRMED and repost.covered:
        is_covered = repost.covered.folded == current.folded
        repost.shown = current if is_covered else repost.covered
        return State.CONFIRMED if is_covered else State.STALE
    repost.shown = current
    return State(repost.state)


@_public_step
def reassert(repost: Repost, *, by: str, note: str) -> None:
    """Let the host stand by the credit although the person named said "not mine". `note` tells readers why."""
    _lock(repost)
    _drop_confirmation(repost)
    _step(repost, Kind.ASSERTED, by=by, note=note)


@transaction.atomic
def add_evidence(evidence: Evidence, *, by: str) -> None:
    """Store a private file as evidence. The ledger records its digest; readers see its kind and date."""
    repost = evidence.repost
    _lock(repost)
    evidence.save()
    repost.level = max(repost.level, Level.ON_FILE)
    if repost.evidence_since is None or evidence.dated < repost.evidence_since:
        repost.evidence_kind, repost.evidence_since = evidence.kind, evidence.dated
        repost.save(update_fields=["evidence_kind", "evidence_since"])
    details = {"kind": evidence.kind, "dated": evidence.dated.isoformat(), "sha256": evidence.sha256}
    lifecycle.mark_updated(repost.post)
    _step(repost, Kind.EVIDENCE_ADDED, by=by, details=details)
    placement.synchronise_rows(repost.post)


@_public_step
def release(repost: Repost, *, by: str) -> None:
    """Show the edited words as stated by the host alone, and drop the author's confirmation."""
    _lock(repost)
    _drop_confirmation(repost)
    _step(repost, Kind.RELEASED, by=by)


@_public_step
def withdraw(repost: Repost, *, by: str, note: str = "") -> None:
    """Let the host take the words off the page. `note` is the reason that readers see."""
    _lock(repost)
    _step(repost, Kind.WITHDRAWN, by=by, note=note)


@_public_step
def restore(repost: Repost, *, by: str) -> None:
    """Undo the host's withdrawal. The former state comes back, so an earlier “not mine” still holds."""
    _lock(repost)
    withdrawal = repost.events.filter(kind=Kind.WITHDRAWN).last()
    if repost.state != State.WITHDRAWN or withdrawal is None:
        raise StepNotAllowed("Only a permission that the host withdrew can be restored.")
    repost.state = withdrawal.from_state
    to_state, repost.state = _choose_wording(repost), State.WITHDRAWN
    _step(repost, Kind.RESTORED, by=by, to_state=to_state)


@_public_step
def set_end(repost: Repost, *, by: str, last_day: date | None) -> None:
    """Let the permission end after `last_day`, or never if it is None."""
    _lock(repost)
    repost.expires_on = last_day
    repost.compute_end()
    repost.save(update_fields=["expires_on", "ends_at"])
    _step(repost, Kind.TERMS_CHANGED, by=by)


@_public_step
def record_request(repost: Repost, *, by: str) -> None:
    """Record that the host asks the author. Nothing public changes."""
    _lock(repost)
    _step(repost, Kind.REQUESTED, by=by)


@_public_step
def mark_disputed(repost: Repost, *, by: str, disputed: bool) -> None:
    """Let the host mark the attribution as disputed, or the dispute as settled. This is a label, not a state."""
    _lock(repost)
    repost.is_disputed = disputed
    repost.save(update_fields=["is_disputed"])
    lifecycle.mark_updated(repost.post)
    _step(repost, Kind.DISPUTED if disputed else Kind.SETTLED, by=by)


# --- The author -----------------------------------------------------------------------------------------------------


@_public_step
def confirm(repost: Repost, *, wording: Wording, domain: str, conditions: Mapping[str, Any]) -> None:
    """Record the author's yes to `wording`, from a mailbox at `domain`, with `conditions` (see `Repost.CONDITIONS`)."""
    _lock(repost)
    for name in Repost.CONDITIONS:
        setattr(repost, name, conditions.get(name, getattr(Repost(), name)))
    repost.basis = repost.basis or Repost.Basis.PERMISSION
    repost.level = Level.ANSWERED
    repost.confirmed_at, repost.confirmed_domain = clock.now(), domain
    repost.shown = repost.covered = wording
    repost.compute_end()
    repost.save(update_fields=["basis", "confirmed_at", "confirmed_domain", "ends_at", *Repost.CONDITIONS])
    details = {"domain": domain, "authors": attribution.author_ids(repost.post.credits.all())}
    _step(repost, Kind.CONFIRMED, actor=Actor.AUTHOR, covers=wording, details=details)
    if wording.folded != fingerprints.folded(repost.text):  # edited since the author was asked
        _step(repost, Kind.WORDS_EDITED, actor=Actor.SYSTEM, to_state=State.STALE)


@_public_step
def decline(repost: Repost) -> None:
    """Record the author's no."""
    _lock(repost)
    _step(repost, Kind.DECLINED, actor=Actor.AUTHOR)


@_public_step
def disown(repost: Repost) -> None:
    """Record that the person named as author says “not mine”."""
    _lock(repost)
    _step(repost, Kind.DISOWNED, actor=Actor.AUTHOR)


@_public_step
def revoke(repost: Repost, *, note: str = "") -> None:
    """Let the author end the permission for good. If the basis rules that out, record that they ask the host to."""
    _lock(repost)
    if not repost.may_be_revoked:
        _step(repost, Kind.REVOCATION_ASKED, actor=Actor.AUTHOR)
        return
    _step(repost, Kind.REVOKED, actor=Actor.AUTHOR, note=note)


@transaction.atomic
def correct_name(person: Person, *, name: str) -> None:
    """Correct the author's name, slug and own credit wordings, and record it in the ledger of each of their reposts."""
    old_name = person.name
    person.name, person.slug = name, Person.objects.exclude(pk=person.pk).free_slug(name)
    person.save(update_fields=["name", "slug"])
    for repost in Repost.objects.filter(post__credits__person=person).order_by("pk").distinct():
        lifecycle.mark_updated(repost.post)
        if repost.state != State.NONE:
            _lock(repost)
            repost.credit_wording = repost.credit_wording.replace(old_name, name)
            repost.save(update_fields=["credit_wording"])
            _step(repost, Kind.CREDIT_CORRECTED, actor=Actor.AUTHOR)
            placement.synchronise_rows(repost.post)


# --- The clock ------------------------------------------------------------------------------------------------------


@_public_step
def record_expiry(repost: Repost) -> None:
    """Record that the agreed end has come. Readers saw the end at its moment; the row only documents it."""
    _lock(repost)
    if repost.has_expired and not repost.events.filter(kind=Kind.EXPIRED, at__gte=repost.ends_at).exists():
        _step(repost, Kind.EXPIRED, actor=Actor.SYSTEM)


@transaction.atomic
def recompute_ends(blog: Blog) -> None:
    """Recompute the end of every permission after the time zone of `blog` has changed."""
    for repost in Repost.objects.filter(post__blog=blog).select_related("post__blog"):
        repost.compute_end()
        repost.save(update_fields=["ends_at"])


# --- The ledger -----------------------------------------------------------------------------------------------------


def terms(repost: Repost) -> dict[str, Any]:
    """The terms of the permission in the form that the ledger stores."""
    agreed: dict[str, Any] = {
        "basis": repost.basis,
        "note": repost.note,
        "licence_name": repost.licence_name,
        "licence_url": repost.licence_url,
        "granted_on": repost.granted_on.isoformat() if repost.granted_on else "",
        "expires_on": repost.expires_on.isoformat() if repost.expires_on else "",
    }
    conditions = {name: getattr(repost, name) for name in Repost.CONDITIONS if getattr(repost, name)}
    if conditions:
        agreed["conditions"] = {
            name: value.isoformat() if isinstance(value, date) else value for name, value in conditions.items()
        }
    return agreed


def _lock(repost: Repost) -> None:
    """Lock the row and reload every field, so that simultaneous steps take turns and each sees the one before it."""
    current = Repost.objects.select_for_update().get(pk=repost.pk)
    for field in Repost._meta.concrete_fields:
        setattr(repost, field.attname, getattr(current, field.attname))


def _last_event(repost: Repost) -> PermissionEvent:
    return repost.events.latest("number")


def _drop_confirmation(repost: Repost) -> None:
    repost.covered, repost.confirmed_at, repost.confirmed_domain = None, None, ""
    repost.level = Level.ON_FILE if repost.evidence.exists() else Level.STATED
    repost.shown = Wording.objects.of(repost)
    repost.save(update_fields=["confirmed_at", "confirmed_domain"])


def _step(
    repost: Repost,
    kind: Kind,
    *,
    by: str = "",
    actor: Actor = Actor.HOST,
    to_state: State | None = None,
    covers: Wording | None = None,
    details: Mapping[str, str] | None = None,
    note: str = "",
) -> None:
    """Append a row to the ledger and move the repost to its new state. Raises StepNotAllowed.

    Pass `to_state` only for steps that are not in `MOVES`. `covers` is the wording that the row is about, by default
    the current text. `note` is the reason that readers see; the tombstone repeats it if this step ends the permission.
    """
    allowed_states, target = MOVES.get(kind, (EVERY_STATE, SAME_STATE))
    if repost.state not in allowed_states:
        raise StepNotAllowed(f"“{kind.label}” is not allowed after “{State(repost.state).label}”.")
    new_state = to_state or target or State(repost.state)
    text = covers.text if covers else repost.text
    columns = {"kind": kind, "actor": actor, "actor_name": by, "to_state": new_state, "note": note}
    event = _append(repost, text, details=dict(details or {}), **columns)
    if repost.state != new_state:
        repost.state, repost.state_since = new_state, event.at
        repost.state_note = "" if new_state in Repost.STATES_IN_FORCE else note
    if kind in ENDS_CLAIMS:
        repost.claims_ended_at = event.at
    repost.save(update_fields=STEP_FIELDS)


def _append(repost: Repost, text: str, **columns: Any) -> PermissionEvent:
    """Append a row about `text` to the ledger of `repost`, with `columns` and the current state, level and terms."""
    last = repost.events.order_by("-number").first()
    return PermissionEvent.objects.create(
        repost=repost,
        number=last.number + 1 if last else 1,
        at=clock.now(),
        channel=CHANNELS[columns["actor"]],
        from_state=repost.state,
        level=repost.level,
        terms=terms(repost),
        strict=fingerprints.strict(text),
        folded=fingerprints.folded(text),
        previous_hash=last.hash if last else "",
        **columns,
    )
