"""The life of a permission: every step changes the repost and appends one row to its ledger, in one transaction.

The steps are named after what happens; `MOVES` says from which states each leads where. What the author does comes
through `asking`, which knows by what link it was done.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec

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
P = ParamSpec("P")

SAME = None  # the step leaves the state as it is
EVERY_STATE = tuple(State)
BUT_REVOKED = tuple(state for state in State if state != State.REVOKED)

MOVES: dict[Kind, tuple[tuple[State, ...], State | None]] = {
    Kind.ASSERTED: ((State.NONE, State.DISPUTED), State.ASSERTED),
    Kind.TERMS_CHANGED: (EVERY_STATE, SAME),
    Kind.EVIDENCE_ADDED: (EVERY_STATE, SAME),
    Kind.REQUESTED: (EVERY_STATE, SAME),
    Kind.CONFIRMED: (EVERY_STATE, State.CONFIRMED),
    Kind.DECLINED: (BUT_REVOKED, State.DECLINED),
    Kind.DISOWNED: (BUT_REVOKED, State.DISPUTED),
    Kind.RELEASED: ((State.CONFIRMED, State.STALE), State.ASSERTED),
    Kind.WITHDRAWN: ((*Repost.STATES_IN_FORCE, State.DISPUTED), State.WITHDRAWN),
    Kind.REVOKED: ((*Repost.STATES_IN_FORCE, State.WITHDRAWN), State.REVOKED),
    Kind.REVOCATION_ASKED: (Repost.STATES_IN_FORCE, SAME),
    Kind.EXPIRED: (Repost.STATES_IN_FORCE, SAME),
    Kind.DISPUTED: (EVERY_STATE, SAME),
    Kind.SETTLED: (EVERY_STATE, SAME),
    Kind.CREDIT_CORRECTED: (EVERY_STATE, SAME),
}

# What a step may change in the repost besides its terms.
MOVED = ("state", "level", "state_since", "state_note", "shown", "covered", "claims_ended_at")

CHANNELS = {Actor.HOST: "admin", Actor.AUTHOR: "signed_link", Actor.SYSTEM: "clock"}

# After these steps nobody counts as the proven author any more, until the author says yes again.
ENDS_CLAIMS = (Kind.RELEASED, Kind.DECLINED, Kind.DISOWNED, Kind.REVOKED)


class NotPossible(Exception):
    """The permission is not in a state from which this step leads on."""


def public_step(step: Callable[Concatenate[Repost, P], None]) -> Callable[Concatenate[Repost, P], None]:
    """Take a step in one transaction and synchronise the video rows once after it: readers may see other words now."""

    @wraps(step)
    @transaction.atomic
    def wrapper(repost: Repost, /, *args: P.args, **kwargs: P.kwargs) -> None:
        step(repost, *args, **kwargs)
        placement.keep_rows(repost.post)

    return wrapper


# --- The host -------------------------------------------------------------------------------------------------------


@transaction.atomic
def state_by_host(repost: Repost, *, by: str) -> None:
    """Enter the host's word: the basis, the terms and the words as they are stored.

    The first time it makes the permission asserted (level 1); later it notes changed terms and edited words, and
    nothing where nothing changed. `by` is the name of the host. Raises NotPossible without a basis.

    The only step that leaves the video rows to its callers, which save or publish: see `blog.publishing.saving`.
    """
    _lock(repost)
    if not repost.basis:
        raise NotPossible("A permission needs a basis.")
    if repost.state == State.NONE:
        repost.level = max(repost.level, Level.STATED)
        repost.shown = Wording.objects.of(repost)
        _step(repost, Kind.ASSERTED, by=by)
        return
    _note_words(repost, by=by)
    if _last(repost).terms != terms(repost):
        _step(repost, Kind.TERMS_CHANGED, by=by)


def _note_words(repost: Repost, *, by: str) -> None:
    """Edited words are shown at once on the host's word alone; what the author confirmed stays until confirmed anew."""
    before = repost.shown
    after = _settle_words(repost)
    if fingerprints.folded(repost.text) != _last(repost).folded:
        _step(repost, Kind.WORDS_EDITED, by=by, to_state=after)
    elif before != repost.shown:  # typography: nobody would call it other words
        repost.save(update_fields=["shown"])


def _settle_words(repost: Repost) -> State:
    """Let readers see the right wording, and return the state that goes with it.

    Where the author confirmed one, it is that one, or today's if only typography differs.
    """
    now = Wording.objects.of(repost)
    is_covered = repost.covered is not None and repost.covered.folded == now.folded
    if repost.state in (State.CONFIRMED, State.STALE) and repost.covered:
        repost.shown = now if is_covered else repost.covered
        return State.CONFIRMED if is_covered else State.STALE
    repost.shown = now
    return State(repost.state)


@public_step
def state_again(repost: Repost, *, by: str, note: str) -> None:
    """The host stands by the credit although the person named said "not mine"; `note` tells readers why."""
    _lock(repost)
    _forget_confirmation(repost)
    _step(repost, Kind.ASSERTED, by=by, note=note)


@transaction.atomic
def add_evidence(evidence: Evidence, *, by: str) -> None:
    """Keep a private file. Its digest goes into the ledger, its day to the readers."""
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
    placement.keep_rows(repost.post)


@public_step
def release(repost: Repost, *, by: str) -> None:
    """Show the edited words on the host's word alone. What the author confirmed no longer counts."""
    _lock(repost)
    _forget_confirmation(repost)
    _step(repost, Kind.RELEASED, by=by)


@public_step
def withdraw(repost: Repost, *, by: str, note: str = "") -> None:
    """The host takes the words off the page; `note` is the reason that readers are told."""
    _lock(repost)
    _step(repost, Kind.WITHDRAWN, by=by, note=note)


@public_step
def restore(repost: Repost, *, by: str) -> None:
    """The host puts back what the host withdrew, as it stood then: a “not mine” from before is not undone by it."""
    _lock(repost)
    withdrawal = repost.events.filter(kind=Kind.WITHDRAWN).last()
    if repost.state != State.WITHDRAWN or withdrawal is None:
        raise NotPossible("Only what the host withdrew can be restored.")
    repost.state = withdrawal.from_state
    after, repost.state = _settle_words(repost), State.WITHDRAWN
    _step(repost, Kind.RESTORED, by=by, to_state=after)


@public_step
def set_end(repost: Repost, *, by: str, last_day: date | None) -> None:
    """The permission ends with `last_day`, or never for None."""
    _lock(repost)
    repost.expires_on = last_day
    repost.reckon_end()
    repost.save(update_fields=["expires_on", "ends_at"])
    _step(repost, Kind.TERMS_CHANGED, by=by)


@public_step
def note_request(repost: Repost, *, by: str) -> None:
    """The author was asked. Nothing public changes."""
    _lock(repost)
    _step(repost, Kind.REQUESTED, by=by)


@public_step
def mark_disputed(repost: Repost, *, by: str, disputed: bool) -> None:
    """The host agrees that the attribution is in dispute, or that it no longer is: a label, not a state."""
    _lock(repost)
    repost.is_disputed = disputed
    repost.save(update_fields=["is_disputed"])
    lifecycle.mark_updated(repost.post)
    _step(repost, Kind.DISPUTED if disputed else Kind.SETTLED, by=by)


# --- The author -----------------------------------------------------------------------------------------------------


@public_step
def confirm(repost: Repost, *, wording: Wording, domain: str, conditions: Mapping[str, Any]) -> None:
    """The author says yes to `wording`, from a mailbox at `domain`, under `conditions` (see `Repost.CONDITIONS`)."""
    _lock(repost)
    for name in Repost.CONDITIONS:
        setattr(repost, name, conditions.get(name, getattr(Repost(), name)))
    repost.basis = repost.basis or Repost.Basis.PERMISSION
    repost.level = Level.ANSWERED
    repost.confirmed_at, repost.confirmed_domain = clock.now(), domain
    repost.shown = repost.covered = wording
    repost.reckon_end()
    repost.save(update_fields=["basis", "confirmed_at", "confirmed_domain", "ends_at", *Repost.CONDITIONS])
    said = {"domain": domain, "authors": attribution.author_ids(repost.post.credits.all())}
    _step(repost, Kind.CONFIRMED, actor=Actor.AUTHOR, covers=wording, details=said)
    if wording.folded != fingerprints.folded(repost.text):  # edited while the question was under way
        _step(repost, Kind.WORDS_EDITED, actor=Actor.SYSTEM, to_state=State.STALE)


@public_step
def decline(repost: Repost) -> None:
    """The author says no."""
    _lock(repost)
    _step(repost, Kind.DECLINED, actor=Actor.AUTHOR)


@public_step
def disown(repost: Repost) -> None:
    """The person named as author says: not mine."""
    _lock(repost)
    _step(repost, Kind.DISOWNED, actor=Actor.AUTHOR)


@public_step
def revoke(repost: Repost, *, note: str = "") -> None:
    """The author ends it, for good. Where the basis does not allow that, the wish is entered and the host decides."""
    _lock(repost)
    if not repost.may_be_revoked:
        _step(repost, Kind.REVOCATION_ASKED, actor=Actor.AUTHOR)
        return
    _step(repost, Kind.REVOKED, actor=Actor.AUTHOR, note=note)


@transaction.atomic
def correct_name(person: Person, *, name: str) -> None:
    """The author's name is set right wherever it stands: in credits of their own wording and in addresses, too.

    The ledger of every repost that credits them notes that it was done.
    """
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
            placement.keep_rows(repost.post)


# --- The clock ------------------------------------------------------------------------------------------------------


@public_step
def note_expiry(repost: Repost) -> None:
    """Enter that the agreed end has come. Readers saw it at that moment; the row only records it."""
    _lock(repost)
    if repost.has_expired and not repost.events.filter(kind=Kind.EXPIRED, at__gte=repost.ends_at).exists():
        _step(repost, Kind.EXPIRED, actor=Actor.SYSTEM)


@transaction.atomic
def reckon_ends(blog: Blog) -> None:
    """Let every permission that ends on a day end with that day as `blog` counts it now, in its new time zone."""
    for repost in Repost.objects.filter(post__blog=blog).select_related("post__blog"):
        repost.reckon_end()
        repost.save(update_fields=["ends_at"])


# --- The ledger -----------------------------------------------------------------------------------------------------


def terms(repost: Repost) -> dict[str, Any]:
    """What was agreed, as the ledger keeps it."""
    agreed: dict[str, Any] = {
        "basis": repost.basis,
        "note": repost.note,
        "licence_name": repost.licence_name,
        "licence_url": repost.licence_url,
        "granted_on": repost.granted_on.isoformat() if repost.granted_on else "",
        "expires_on": repost.expires_on.isoformat() if repost.expires_on else "",
    }
    given = {name: getattr(repost, name) for name in Repost.CONDITIONS if getattr(repost, name)}
    if given:
        agreed["conditions"] = {
            name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()
        }
    return agreed


def _lock(repost: Repost) -> None:
    """Two steps at once wait for each other, and the second sees all that the first did, the terms included."""
    current = Repost.objects.select_for_update().get(pk=repost.pk)
    for field in Repost._meta.concrete_fields:
        setattr(repost, field.attname, getattr(current, field.attname))


def _last(repost: Repost) -> PermissionEvent:
    return repost.events.latest("number")


def _forget_confirmation(repost: Repost) -> None:
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
    """Append the row and move the repost along. `to_state` only for steps that `MOVES` does not lead anywhere.

    `note` is the reason that readers are told. The tombstone repeats that of the step which took the words away.
    """
    sources, target = MOVES.get(kind, (EVERY_STATE, SAME))
    if repost.state not in sources:
        raise NotPossible(f"“{kind.label}” does not follow on “{State(repost.state).label}”.")
    reached = to_state or target or State(repost.state)
    words = covers.text if covers else repost.text
    row = {"kind": kind, "actor": actor, "actor_name": by, "to_state": reached, "note": note}
    event = _append(repost, words, details=dict(details or {}), **row)
    if repost.state != reached:
        repost.state, repost.state_since = reached, event.at
        repost.state_note = "" if reached in Repost.STATES_IN_FORCE else note
    if kind in ENDS_CLAIMS:
        repost.claims_ended_at = event.at
    repost.save(update_fields=MOVED)


def _append(repost: Repost, words: str, **columns: Any) -> PermissionEvent:
    """A new last row in the ledger of `repost`, about `words`, with `columns` and with what stands in the repost."""
    last = repost.events.order_by("-number").first()
    return PermissionEvent.objects.create(
        repost=repost,
        number=last.number + 1 if last else 1,
        at=clock.now(),
        channel=CHANNELS[columns["actor"]],
        from_state=repost.state,
        level=repost.level,
        terms=terms(repost),
        strict=fingerprints.strict(words),
        folded=fingerprints.folded(words),
        previous_hash=last.hash if last else "",
        **columns,
    )
