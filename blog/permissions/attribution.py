"""Attribution sentences: who wrote the reposted words, and on what basis they are published here.

Every output (page, feed, JSON-LD, citation) uses these sentences. They are plain text in the active language, and they
never claim more than the ledger proves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from blog.models import Credit, PermissionEvent, Post, Repost
from blog.models.reposts import EvidenceKind

Basis = Repost.Basis
State = Repost.State
Level = Repost.Level


@dataclass(frozen=True)
class CreditedName:
    """One name in a credit line: its link, and the person's role (empty for an author)."""

    name: str
    url: str
    role: str = ""


def author_names(credits: Iterable[Credit]) -> str:
    """List the authors in order: "Ada Colleague and Bo Writer". Return an empty string if there are none."""
    authors = [credit.person.name for credit in _authors(credits)]
    if len(authors) < 2:
        return "".join(authors)
    return _("%(first)s and %(last)s") % {"first": ", ".join(authors[:-1]), "last": authors[-1]}


def byline(repost: Repost, credits: Iterable[Credit]) -> str:
    """The authors as readers see them: the wording that the author asked for, or else their names."""
    return repost.credit_wording or author_names(credits)


def credit_line(repost: Repost, credits: Sequence[Credit]) -> list[CreditedName]:
    """The names under the words, in order. If the author chose a wording or a link, one entry covers all authors."""
    if not (repost.credit_wording or repost.credit_link):
        return [_credited_name(credit) for credit in credits]
    url = repost.credit_link or next((_credited_name(credit).url for credit in _authors(credits)), "")
    others = [_credited_name(credit) for credit in credits if credit.role != Credit.Role.AUTHOR]
    return [CreditedName(byline(repost, credits), url), *others]


def _authors(credits: Iterable[Credit]) -> list[Credit]:
    return [credit for credit in credits if credit.role == Credit.Role.AUTHOR]


def author_ids(credits: Iterable[Credit]) -> str:
    """The primary keys of the authors, sorted and separated by spaces.

    The ledger records these, not names, as the credit that the author confirmed.
    """
    return " ".join(map(str, sorted({credit.person_id for credit in _authors(credits)})))


def _credited_name(credit: Credit) -> CreditedName:
    role = "" if credit.role == Credit.Role.AUTHOR else credit.get_role_display()
    return CreditedName(credit.person.name, credit.person.homepage or credit.person.get_absolute_url(), role)


def source_text(repost: Repost) -> str:
    """The source of the words as plain text: its title or medium, and its date."""
    parts = [repost.source_title or repost.get_medium_display()]
    if repost.source_date:
        parts.append(_date(repost.source_date))
    return ", ".join(parts)


def credit_text(repost: Repost, credits: Sequence[Credit], host_name: str) -> str:
    """The caption of the words as plain text: names, source and permission."""
    people = ", ".join(f"{one.name} ({one.role})" if one.role else one.name for one in credit_line(repost, credits))
    return " ".join([f"{people}, {source_text(repost)}.", *_permission_sentences(repost, host_name)])


def meta_description(post: Post, credits: Sequence[Credit]) -> str:
    """Describe the post for search engines and link previews: host, authors, and the permission that is proved.

    It never contains the reposted words.
    """
    repost = post.passage
    if not (repost and repost.is_in_force):
        return post.description
    names = {"host": post.author.name, "authors": byline(repost, credits)}
    opening = _("%(host)s reposts words by %(authors)s.") % names
    sentences = [opening, *_permission_sentences(repost, post.author.name), post.description]
    return " ".join(filter(None, sentences))


def _permission_sentences(repost: Repost, host_name: str) -> list[str]:
    disputed = [_("Attribution disputed.")] if repost.is_disputed else []
    return [permission_sentence(repost, host_name), *disputed]


def permission_sentence(repost: Repost, host_name: str) -> str:
    """State the basis and its proof in one sentence. Return an empty string if no basis is set.

    The proof depends on `Repost.level`: the host's statement, evidence on file, or the author's own answer.
    """
    match repost.basis:
        case Basis.PERMISSION:
            clause = _permission_clause(repost)
        case Basis.LICENCE:
            licence = repost.licence_name or repost.licence_url
            clause = _("Reposted under the licence %(licence)s") % {"licence": licence}
        case Basis.PUBLIC_DOMAIN:
            clause = _("In the public domain")
        case Basis.OWN_WORK:
            clause = _("Own work of %(host)s") % {"host": host_name}
        case Basis.QUOTATION_RIGHT:
            clause = _("Quoted under the right of quotation")
        case _other:
            return ""
    return _("%(basis)s, %(proof)s.") % {"basis": clause, "proof": _proof(repost, host_name)}


def _permission_clause(repost: Repost) -> str:
    """Include the date only if the host alone states it: evidence and an answer come with a date of their own."""
    if repost.granted_on and repost.level < Level.ON_FILE:
        return _("Reposted with permission granted on %(date)s") % {"date": _date(repost.granted_on)}
    return _("Reposted with permission")


def _proof(repost: Repost, host_name: str) -> str:
    """Say what proves the basis. No sentence may sound stronger than its level."""
    if repost.level >= Level.ANSWERED and repost.confirmed_at:
        day = _date(localtime(repost.confirmed_at).date())
        parts = {"date": day, "domain": repost.confirmed_domain}
        return _("confirmed by e-mail on %(date)s (address at %(domain)s, named by the host)") % parts
    if repost.level == Level.ON_FILE and repost.evidence_since:
        parts = {"evidence": repost.get_evidence_kind_display(), "date": _date(repost.evidence_since)}
        return _("%(evidence)s of %(date)s on file") % parts
    return _("as stated by %(host)s") % {"host": host_name}


def tombstone_sentence(repost: Repost) -> str:
    """Say why the words are no longer shown, and since when."""
    if repost.has_expired and repost.state in Repost.STATES_IN_FORCE:
        return _("The permission for the words reposted here ended on %(date)s.") % {"date": _date(repost.last_day)}
    since = localtime(repost.state_since).date() if repost.state_since else None
    match repost.state:
        case State.WITHDRAWN:
            sentence = _("The words reposted here were withdrawn by the host on %(date)s.")
        case State.REVOKED:
            sentence = _("The words reposted here were withdrawn by their author on %(date)s.")
        case State.DECLINED:
            sentence = _("The words reposted here were taken down: their author refused permission on %(date)s.")
        case State.DISPUTED:
            sentence = _(
                "The words reposted here have not been shown since %(date)s: "
                "the person named as their author says “not mine”."
            )
        case _other:
            sentence = _("The words reposted here have not been shown since %(date)s.")
    return sentence % {"date": _date(since)}


def status_sentence(repost: Repost, host_name: str) -> str:
    """The permission sentence while the words may be shown, the tombstone sentence otherwise."""
    return permission_sentence(repost, host_name) if repost.is_in_force else tombstone_sentence(repost)


def step_sentence(step: PermissionEvent) -> str:
    """Describe a step of the ledger for readers. Of evidence they see the kind and the date, never the file name."""
    if step.kind != PermissionEvent.Kind.EVIDENCE_ADDED:
        return capfirst(step.get_kind_display())
    parts = {"kind": EvidenceKind(step.details["kind"]).label, "date": _date(date.fromisoformat(step.details["dated"]))}
    return _("Evidence added: %(kind)s of %(date)s") % parts


def _date(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else "?"
