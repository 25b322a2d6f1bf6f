"""The ledger of one permission in plain sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.models import PermissionEvent, Repost
from blog.models.reposts import EvidenceKind

Kind = PermissionEvent.Kind

SENTENCES = {
    Kind.ASSERTED: gettext_lazy("%(who)s stated on what basis the words are shown here."),
    Kind.TERMS_CHANGED: gettext_lazy("%(who)s changed the terms."),
    Kind.WORDS_EDITED: gettext_lazy("%(who)s edited the words."),
    Kind.EVIDENCE_ADDED: gettext_lazy("%(who)s added evidence: %(evidence)s."),
    Kind.REQUESTED: gettext_lazy("%(who)s asked the author."),
    Kind.CONFIRMED: gettext_lazy("The author said yes."),
    Kind.DECLINED: gettext_lazy("The author said no."),
    Kind.DISOWNED: gettext_lazy("The person named as author said “this is not mine”."),
    Kind.RELEASED: gettext_lazy("%(who)s showed their own version; the author’s yes no longer counts."),
    Kind.WITHDRAWN: gettext_lazy("%(who)s withdrew the words."),
    Kind.RESTORED: gettext_lazy("%(who)s put the words back."),
    Kind.REVOKED: gettext_lazy("The author revoked the permission, for good."),
    Kind.REVOCATION_ASKED: gettext_lazy("The author asked for the words to be removed."),
    Kind.EXPIRED: gettext_lazy("The permission ended as agreed."),
    Kind.DISPUTED: gettext_lazy("%(who)s agreed that the attribution is disputed."),
    Kind.SETTLED: gettext_lazy("%(who)s settled the dispute about the attribution."),
    Kind.CREDIT_CORRECTED: gettext_lazy("The author corrected their name."),
}
WHO = {
    PermissionEvent.Actor.HOST: gettext_lazy("The host"),
    PermissionEvent.Actor.AUTHOR: gettext_lazy("The author"),
    PermissionEvent.Actor.SYSTEM: gettext_lazy("The blog"),
}


@dataclass(frozen=True)
class Entry:
    """One step: `sentence` says who did what, `changes` lists what changed, as "name: from → to"."""

    at: datetime
    sentence: str
    changes: list[str]
    note: str
    sha256: str


def entries(repost: Repost) -> list[Entry]:
    """Return every step of `repost`, the latest first. Takes one query."""
    steps, before = [], None
    for event in repost.events.order_by("number"):
        steps.append(_entry(event, before))
        before = event
    return steps[::-1]


def sentence(event: PermissionEvent) -> str:
    """Say who did what, for example “Eldon Host withdrew the words.”"""
    who = event.actor_name or WHO[PermissionEvent.Actor(event.actor)]
    return SENTENCES[Kind(event.kind)] % {"who": who, "evidence": _evidence(event.details)}


def _entry(event: PermissionEvent, before: PermissionEvent | None) -> Entry:
    changes = []
    if event.from_state != event.to_state:
        changes.append(f"{event.get_from_state_display()} → {event.get_to_state_display()}")
    if before:
        changes += _changed_terms(before.terms, event.terms)
    return Entry(event.at, sentence(event), changes, event.note, event.details.get("sha256", ""))


def _changed_terms(before: dict[str, Any], after: dict[str, Any]) -> Iterable[str]:
    flat_before, flat_after = (terms | terms.get("conditions", {}) for terms in (before, after))
    for name in (*flat_after, *(flat_before.keys() - flat_after.keys())):
        old, new = flat_before.get(name, ""), flat_after.get(name, "")
        if name != "conditions" and old != new:
            label = Repost._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            yield f"{label}: {_display(name, old)} → {_display(name, new)}"


def _display(name: str, value: Any) -> str:
    """Return the value of a term for people: a choice by its label, a date in the format of the blog."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if not value:
        return "–"
    if name == "basis":
        return str(dict(Repost.Basis.choices).get(value, value))
    if name in ("granted_on", "expires_on", "author_end"):
        return date_format(date.fromisoformat(value), "DATE_FORMAT")
    return str(value)


def _evidence(details: dict[str, str]) -> str:
    if not details.get("dated"):
        return ""
    kind = dict(EvidenceKind.choices).get(details.get("kind", ""), "")
    return _("%(kind)s of %(date)s") % {
        "kind": kind,
        "date": date_format(date.fromisoformat(details["dated"]), "DATE_FORMAT"),
    }
