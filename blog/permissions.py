"""The life of a permission: every step changes the repost and appends one row to its ledger, in one transaction."""

from django.db import transaction

from blog import clock, fingerprints
from blog.models import Blog, PermissionEvent, Repost
from blog.models.reposts import end_of_day

Kind = PermissionEvent.Kind
State = Repost.State


class NotPossible(Exception):
    """The permission is not in a state from which this step leads on."""


@transaction.atomic
def state_by_host(repost: Repost, *, by: str) -> None:
    """Enter the host's word: the basis, the terms and the words as they now stand in `repost`.

    The first time it makes the permission asserted (level 1); later it notes changed terms and edited words, and
    nothing where nothing changed. `by` is the name of the host. Raises NotPossible without a basis.
    """
    _lock(repost)
    if not repost.basis:
        raise NotPossible("A permission needs a basis.")
    last = repost.events.order_by("-number").first()
    if repost.state == State.NONE:
        repost.level = Repost.Level.STATED
        _step(repost, Kind.ASSERTED, State.ASSERTED, by=by)
    elif last and last.terms != terms(repost):
        _step(repost, Kind.TERMS_CHANGED, repost.state, by=by)
    elif last and last.folded != fingerprints.folded(repost.text):
        _step(repost, Kind.WORDS_EDITED, repost.state, by=by)


@transaction.atomic
def withdraw(repost: Repost, *, by: str, note: str = "") -> None:
    """The host takes the words off the page; `note` is the reason that readers are told."""
    _lock(repost)
    if repost.state not in Repost.STATES_IN_FORCE:
        raise NotPossible("Only words that are shown can be withdrawn.")
    repost.state_note = note
    _step(repost, Kind.WITHDRAWN, State.WITHDRAWN, by=by)


@transaction.atomic
def restore(repost: Repost, *, by: str) -> None:
    """The host puts back what the host withdrew."""
    _lock(repost)
    if repost.state != State.WITHDRAWN:
        raise NotPossible("Only what the host withdrew can be restored.")
    repost.state_note = ""
    _step(repost, Kind.RESTORED, State.ASSERTED, by=by)


@transaction.atomic
def reckon_ends(blog: Blog) -> None:
    """Let every permission that ends on a day end with that day as `blog` counts it now, in its new time zone."""
    for repost in Repost.objects.filter(post__blog=blog):
        repost.ends_at = end_of_day(repost.expires_on, blog) if repost.expires_on else None
        repost.save(update_fields=["ends_at"])


def broken_rows(repost: Repost) -> list[PermissionEvent]:
    """The rows at which the chain of a repost does not hold; empty when it is whole."""
    broken, previous = [], ""
    for number, event in enumerate(repost.events.order_by("number"), start=1):
        if event.number != number or event.previous_hash != previous or event.hash != event.reckon_hash():
            broken.append(event)
        previous = event.hash
    return broken


def terms(repost: Repost) -> dict[str, str]:
    """What was agreed, as the ledger keeps it."""
    return {
        "basis": repost.basis,
        "note": repost.note,
        "licence_name": repost.licence_name,
        "licence_url": repost.licence_url,
        "granted_on": repost.granted_on.isoformat() if repost.granted_on else "",
        "expires_on": repost.expires_on.isoformat() if repost.expires_on else "",
    }


def _lock(repost: Repost) -> None:
    """Two steps at once wait for each other, and the second sees what the first did."""
    current = Repost.objects.select_for_update().only("state", "level").get(pk=repost.pk)
    repost.state, repost.level = current.state, current.level


def _step(repost: Repost, kind: str, to_state: str, *, by: str) -> None:
    last = repost.events.order_by("-number").first()
    event = PermissionEvent(
        repost=repost,
        number=last.number + 1 if last else 1,
        at=clock.now(),
        kind=kind,
        actor=PermissionEvent.Actor.HOST,
        actor_name=by,
        channel="admin",
        from_state=repost.state,
        to_state=to_state,
        level=repost.level,
        terms=terms(repost),
        note=repost.state_note,
        strict=fingerprints.strict(repost.text),
        folded=fingerprints.folded(repost.text),
        previous_hash=last.hash if last else "",
    )
    event.save()
    if repost.state != to_state:
        repost.state_since = event.at
    repost.state = to_state
    repost.save(update_fields=["state", "level", "state_since", "state_note"])
