"""Verification of the ledger: every hash chain is intact, and reposts, words and evidence agree with it."""

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
CLOCK_TOLERANCE = timedelta(minutes=1)


def faults(repost: Repost) -> Iterator[str]:
    """Yield one sentence for each fault, the most telling first.

    Of a broken chain, only the first broken row is reported, because the rows after it prove nothing.
    """
    for event in broken_rows(repost)[:1]:
        yield _(
            "row %(number)d (%(step)s, %(day)s) breaks the chain: it or a row before it was changed or removed."
        ) % {
            "number": event.number,
            "step": event.get_kind_display(),
            "day": f"{event.at:%Y-%m-%d}",
        }
    yield from _faults_of_state(repost)
    yield from _faults_of_words(repost)
    yield from _faults_of_sentence(repost)
    yield from _faults_of_evidence(repost)


def broken_rows(repost: Repost) -> list[PermissionEvent]:
    """Return the rows of a repost that break its hash chain. The list is empty if the chain is intact."""
    broken, previous = [], ""
    for number, event in enumerate(repost.events.order_by("number"), start=1):
        if event.number != number or event.previous_hash != previous or event.hash != event.compute_hash():
            broken.append(event)
        previous = event.hash
    return broken


def _faults_of_state(repost: Repost) -> Iterator[str]:
    """Compare the repost with the last row of its ledger. Only this finds rows that were cut off at the end."""
    last = repost.events.order_by("number").last()
    if last is None:
        if repost.state != Repost.State.NONE or repost.level:
            yield _("there is a permission, but its ledger is empty.")
        return
    if (repost.state, repost.level) != (last.to_state, last.level):
        yield _("the state or the level of evidence differs from the last row, %(number)d.") % {"number": last.number}
    if steps.terms(repost) != last.terms:
        yield _("the terms differ from the last row, %(number)d.") % {"number": last.number}
    if repost.ends_at != _recomputed_end(repost):
        yield _("the stored moment of the end does not match the last day.")
    ending = repost.events.filter(kind__in=steps.ENDS_CLAIMS).order_by("number").last()
    if repost.claims_ended_at != (ending.at if ending else None):
        yield _("the moment since when badges are void differs from the ledger.")


def _recomputed_end(repost: Repost) -> datetime | None:
    copied = copy.copy(repost)
    copied.compute_end()
    return copied.ends_at


def _faults_of_sentence(repost: Repost) -> Iterator[str]:
    """Compare what the sentences for readers contain with the ledger: the yes, the evidence and the dispute."""
    last_yes = repost.events.filter(kind=Kind.CONFIRMED).order_by("number").last()
    if repost.confirmed_at or repost.covered:
        recorded = last_yes.details if last_yes else {}
        if repost.confirmed_domain != recorded.get("domain") or not _is_moment_of(last_yes, repost.confirmed_at):
            yield _("the date or the e-mail domain of the author’s yes differs from the ledger.")
        if attribution.author_ids(repost.post.credits.all()) != recorded.get("authors"):
            yield _("the credited authors differ from the credit that the author confirmed.")
    added = repost.events.filter(kind=Kind.EVIDENCE_ADDED).order_by("number")
    dates_and_kinds = [(event.details["dated"], event.details["kind"]) for event in added]
    earliest = min(dates_and_kinds, key=itemgetter(0), default=("", ""))
    if (repost.evidence_since.isoformat() if repost.evidence_since else "", repost.evidence_kind) != earliest:
        yield _("the kind or the date of the evidence differs from the ledger.")
    decision = repost.events.filter(kind__in=(Kind.DISPUTED, Kind.SETTLED)).order_by("number").last()
    if repost.is_disputed != bool(decision and decision.kind == Kind.DISPUTED):
        yield _("the label “attribution disputed” differs from the ledger.")


def _is_moment_of(event: PermissionEvent | None, moment: datetime | None) -> bool:
    """Whether the two moments belong together. The row is written a little later than the repost is changed."""
    return bool(event and moment and abs(event.at - moment) < CLOCK_TOLERANCE)


def _faults_of_words(repost: Repost) -> Iterator[str]:
    shown, covered = repost.shown, repost.covered
    last_yes = repost.events.filter(kind=Kind.CONFIRMED).order_by("number").last()
    if covered and not (last_yes and (last_yes.strict, last_yes.folded) == (covered.strict, covered.folded)):
        yield _("the words marked as confirmed differ from those in the ledger.")
    if repost.state not in Repost.STATES_IN_FORCE:
        return
    if shown is None or shown.folded != _allowed_fingerprint(repost):
        yield _("readers see words that the ledger does not allow.")
    elif shown.render_version == RENDER_VERSION and shown.html != _rerendered(shown, repost):
        yield _("the stored HTML of the words does not match their text.")


def _allowed_fingerprint(repost: Repost) -> str:
    """The folded fingerprint of the words that may be shown: those that the author confirmed, or of the last row."""
    if repost.state in Repost.STATES_CONFIRMED:
        return repost.covered.folded if repost.covered else ""
    last = repost.events.order_by("number").last()
    return last.folded if last else ""


def _rerendered(wording: Wording, repost: Repost) -> str:
    copied = Wording(repost=repost, text=wording.text, language=wording.language)
    copied.render()
    return copied.html


def _faults_of_evidence(repost: Repost) -> Iterator[str]:
    rows = repost.events.filter(kind=Kind.EVIDENCE_ADDED)
    recorded = sorted(str(event.details.get("sha256")) for event in rows)
    on_file = list(repost.evidence.all())
    if sorted(evidence.sha256 for evidence in on_file) != recorded:
        yield _("the evidence on file differs from the evidence in the ledger.")
    for evidence in on_file:
        if _digest(evidence) != evidence.sha256:
            yield _("the file of the evidence “%(evidence)s” is missing or was changed.") % {"evidence": evidence}


def _digest(evidence: Evidence) -> str:
    """Return the SHA-256 of the stored file, or an empty string if it cannot be read."""
    try:
        with evidence.file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except (OSError, ValueError):  # ValueError: the row names no file
        return ""
