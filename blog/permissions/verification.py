"""Proving the ledger: each chain whole, and the reposts, their words and the evidence as the ledger has them."""

import copy
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter

from django.utils.translation import gettext as _

from blog.models import Evidence, PermissionEvent, Repost, Wording
from blog.permissions import attribution, steps
from blog.rendering import RENDER_VERSION

Kind = PermissionEvent.Kind
A_LITTLE = timedelta(minutes=1)
BOUND_TO_A_YES = (Repost.State.CONFIRMED, Repost.State.STALE)


def faults(repost: Repost) -> Iterator[str]:
    """What does not hold, a sentence each, the most telling first; nothing where all does.

    A chain is named by its first broken row: everything after that one hangs in the air anyway.
    """
    for event in broken_rows(repost)[:1]:
        yield _("row %(number)d (%(step)s, %(day)s) is not as it was written.") % {
            "number": event.number,
            "step": event.get_kind_display(),
            "day": f"{event.at:%Y-%m-%d}",
        }
    yield from _faults_of_state(repost)
    yield from _faults_of_words(repost)
    yield from _faults_of_sentence(repost)
    yield from _faults_of_evidence(repost)


def broken_rows(repost: Repost) -> list[PermissionEvent]:
    """The rows at which the chain of a repost does not hold; empty when it is whole."""
    broken, previous = [], ""
    for number, event in enumerate(repost.events.order_by("number"), start=1):
        if event.number != number or event.previous_hash != previous or event.hash != event.reckon_hash():
            broken.append(event)
        previous = event.hash
    return broken


def _faults_of_state(repost: Repost) -> Iterator[str]:
    """The last row says where the permission stands. A row cut off at the end of the chain is noticed only here."""
    last = repost.events.order_by("number").last()
    if last is None:
        if repost.state != Repost.State.NONE or repost.level:
            yield _("there is a permission, and no row of the ledger tells how it came about.")
        return
    if (repost.state, repost.level) != (last.to_state, last.level):
        yield _("state and evidence differ from the last row, %(number)d.") % {"number": last.number}
    if steps.terms(repost) != last.terms:
        yield _("the terms differ from the last row, %(number)d.") % {"number": last.number}
    if repost.ends_at != _end_reckoned_anew(repost):
        yield _("the moment of its end is not that of its last day.")
    ending = repost.events.filter(kind__in=steps.ENDS_CLAIMS).order_by("number").last()
    if repost.claims_ended_at != (ending.at if ending else None):
        yield _("since when badges are void is not what the ledger says.")


def _end_reckoned_anew(repost: Repost) -> datetime | None:
    twin = copy.copy(repost)
    twin.reckon_end()
    return twin.ends_at


def _faults_of_sentence(repost: Repost) -> Iterator[str]:
    """What readers are told beside the state: by whose yes, from where and when, on what evidence, in what dispute."""
    said_yes = repost.events.filter(kind=Kind.CONFIRMED).order_by("number").last()
    if repost.confirmed_at or repost.covered:
        proved = said_yes.details if said_yes else {}
        if repost.confirmed_domain != proved.get("domain") or not _is_moment_of(said_yes, repost.confirmed_at):
            yield _("day or address of the author’s yes are not those in the ledger.")
        if attribution.author_ids(repost.post.credits.all()) != proved.get("authors"):
            yield _("those named as authors are not those to whose credit the author said yes.")
    entered = repost.events.filter(kind=Kind.EVIDENCE_ADDED).order_by("number")
    kinds_by_day = [(event.details["dated"], event.details["kind"]) for event in entered]
    earliest = min(kinds_by_day, key=itemgetter(0), default=("", ""))
    if (repost.evidence_since.isoformat() if repost.evidence_since else "", repost.evidence_kind) != earliest:
        yield _("kind or day of the evidence are not those in the ledger.")
    ruling = repost.events.filter(kind__in=(Kind.DISPUTED, Kind.SETTLED)).order_by("number").last()
    if repost.is_disputed != bool(ruling and ruling.kind == Kind.DISPUTED):
        yield _("whether the attribution is disputed is not what the ledger says.")


def _is_moment_of(event: PermissionEvent | None, moment: datetime | None) -> bool:
    """The row is written a little later than the repost is changed."""
    return bool(event and moment and abs(event.at - moment) < A_LITTLE)


def _faults_of_words(repost: Repost) -> Iterator[str]:
    shown, covered = repost.shown, repost.covered
    said_yes = repost.events.filter(kind=Kind.CONFIRMED).order_by("number").last()
    if covered and not (said_yes and (said_yes.strict, said_yes.folded) == (covered.strict, covered.folded)):
        yield _("the words that the author is said to have confirmed are not those in the ledger.")
    if repost.state not in Repost.STATES_IN_FORCE:
        return
    if shown is None or shown.folded != _folded_in_force(repost):
        yield _("readers see other words than the ledger allows.")
    elif shown.render_version == RENDER_VERSION and shown.html != _rendered_anew(shown, repost):
        yield _("the page of the words is not made of their text.")


def _folded_in_force(repost: Repost) -> str:
    """The fingerprint of the words that may be shown: those of the author's yes, else those of the last row."""
    if repost.state in BOUND_TO_A_YES:
        return repost.covered.folded if repost.covered else ""
    last = repost.events.order_by("number").last()
    return last.folded if last else ""


def _rendered_anew(wording: Wording, repost: Repost) -> str:
    twin = Wording(repost=repost, text=wording.text, language=wording.language)
    twin.render()
    return twin.html


def _faults_of_evidence(repost: Repost) -> Iterator[str]:
    rows = repost.events.filter(kind=Kind.EVIDENCE_ADDED)
    entered = sorted(str(event.details.get("sha256")) for event in rows)
    kept = list(repost.evidence.all())
    if sorted(evidence.sha256 for evidence in kept) != entered:
        yield _("the evidence on file is not the evidence that the ledger names.")
    for evidence in kept:
        if _digest(evidence) != evidence.sha256:
            yield _("the file of the evidence “%(evidence)s” is missing or changed.") % {"evidence": evidence}


def _digest(evidence: Evidence) -> str:
    """The SHA-256 of the file as it lies there now; empty where there is none to be read."""
    try:
        with evidence.file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except (OSError, ValueError):  # ValueError: the row names no file
        return ""
