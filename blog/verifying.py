"""Proving the ledger: each chain whole, and the reposts, their words and the evidence as the ledger has them."""

import hashlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

from blog import permissions
from blog.models import Evidence, PermissionEvent, Repost, Wording
from blog.rendering import RENDER_VERSION

Kind = PermissionEvent.Kind
BOUND_TO_A_YES = (Repost.State.CONFIRMED, Repost.State.STALE)


def faults(repost: Repost) -> Iterator[str]:
    """What does not hold, a sentence each, the most telling first; nothing where all does.

    A chain is named by its first broken row: everything after that one hangs in the air anyway.
    """
    for event in permissions.broken_rows(repost)[:1]:
        yield _("row %(number)d (%(step)s, %(day)s) is not as it was written.") % {
            "number": event.number,
            "step": event.get_kind_display(),
            "day": f"{event.at:%Y-%m-%d}",
        }
    yield from _faults_of_state(repost)
    yield from _faults_of_words(repost)
    yield from _faults_of_evidence(repost)


def _faults_of_state(repost: Repost) -> Iterator[str]:
    """The last row says where the permission stands. A row cut off at the end of the chain is noticed only here."""
    last = repost.events.order_by("number").last()
    if last is None:
        if repost.state != Repost.State.NONE or repost.level:
            yield _("there is a permission, and no row of the ledger tells how it came about.")
        return
    if (repost.state, repost.level) != (last.to_state, last.level):
        yield _("state and evidence differ from the last row, %(number)d.") % {"number": last.number}
    if permissions.terms(repost) != last.terms:
        yield _("the terms differ from the last row, %(number)d.") % {"number": last.number}


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
