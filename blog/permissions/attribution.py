"""The sentences that say whose words these are, and on what ground they stand here.

Plain text in the language that is active, for every output alike. The page never claims more than the ledger proves.
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
class Named:
    """One name of a credit line, where it leads, and the role where it is not the author's."""

    name: str
    home: str
    role: str = ""


def names(credits: Iterable[Credit]) -> str:
    """The authors of the words in their order: "Ada Colleague and Bo Writer". Empty without authors."""
    authors = [credit.person.name for credit in _authors(credits)]
    if len(authors) < 2:
        return "".join(authors)
    return _("%(first)s and %(last)s") % {"first": ", ".join(authors[:-1]), "last": authors[-1]}


def credited(repost: Repost, credits: Iterable[Credit]) -> str:
    """The authors as readers are told of them: exactly as they word it themselves, where they did."""
    return repost.credit_wording or names(credits)


def line(repost: Repost, credits: Sequence[Credit]) -> list[Named]:
    """The names under the words, in order. A wording or a link of the authors' own stands for them all."""
    if not (repost.credit_wording or repost.credit_link):
        return [_named(credit) for credit in credits]
    home = repost.credit_link or next((_named(credit).home for credit in _authors(credits)), "")
    others = [_named(credit) for credit in credits if credit.role != Credit.Role.AUTHOR]
    return [Named(credited(repost, credits), home), *others]


def _authors(credits: Iterable[Credit]) -> list[Credit]:
    return [credit for credit in credits if credit.role == Credit.Role.AUTHOR]


def author_ids(credits: Iterable[Credit]) -> str:
    """The authors by their numbers: the ledger says by these, and not by names, to whose credit there was a yes."""
    return " ".join(map(str, sorted({credit.person_id for credit in _authors(credits)})))


def _named(credit: Credit) -> Named:
    role = "" if credit.role == Credit.Role.AUTHOR else credit.get_role_display()
    return Named(credit.person.name, credit.person.homepage or credit.person.get_absolute_url(), role)


def source(repost: Repost) -> str:
    """Whence the words come, as plain text: title or medium, and the day."""
    parts = [repost.source_title or repost.get_medium_display()]
    if repost.source_date:
        parts.append(_date(repost.source_date))
    return ", ".join(parts)


def credit_text(repost: Repost, credits: Sequence[Credit], host_name: str) -> str:
    """What stands under the words, as plain text."""
    people = ", ".join(f"{named.name} ({named.role})" if named.role else named.name for named in line(repost, credits))
    sentences = [f"{people}, {source(repost)}.", permission_sentence(repost, host_name)]
    if repost.is_disputed:
        sentences.append(_("Attribution disputed."))
    return " ".join(sentences)


def description(post: Post, credits: Sequence[Credit]) -> str:
    """The post in a few sentences for search engines and link previews: both names, and the permission as it is proved.

    The words themselves are never in it.
    """
    repost = post.passage
    if not (repost and repost.is_in_force):
        return post.description
    given = {"host": post.author.name, "authors": credited(repost, credits)}
    sentences = [_("%(host)s reposts words by %(authors)s.") % given, permission_sentence(repost, post.author.name)]
    if repost.is_disputed:
        sentences.append(_("Attribution disputed."))
    return " ".join(filter(None, [*sentences, post.description]))


def permission_sentence(repost: Repost, host_name: str) -> str:
    """On what ground the words stand here, as one sentence; empty where no basis is given.

    The basis and what the ledger proves choose it: the host's word, evidence on file, or the author's own answer.
    """
    match repost.basis:
        case Basis.PERMISSION:
            ground = _permission_given(repost)
        case Basis.LICENCE:
            licence = repost.licence_name or repost.licence_url
            ground = _("Reposted under the licence %(licence)s") % {"licence": licence}
        case Basis.PUBLIC_DOMAIN:
            ground = _("In the public domain")
        case Basis.OWN_WORK:
            ground = _("Own work of %(host)s") % {"host": host_name}
        case Basis.QUOTATION_RIGHT:
            ground = _("Quoted under the right of quotation")
        case _other:
            return ""
    return _("%(ground)s, %(proof)s.") % {"ground": ground, "proof": _proof(repost, host_name)}


def _permission_given(repost: Repost) -> str:
    """With its day where only the host's word tells it: evidence and an answer have a day of their own."""
    if repost.granted_on and repost.level < Level.ON_FILE:
        return _("Reposted with permission of %(date)s") % {"date": _date(repost.granted_on)}
    return _("Reposted with permission")


def _proof(repost: Repost, host_name: str) -> str:
    """What stands behind it. Nothing here may sound like more than its level."""
    if repost.level >= Level.ANSWERED and repost.confirmed_at:
        day = _date(localtime(repost.confirmed_at).date())
        given = {"date": day, "domain": repost.confirmed_domain}
        return _("confirmed by e-mail on %(date)s (address at %(domain)s, named by the host)") % given
    if repost.level == Level.ON_FILE and repost.evidence_since:
        given = {"evidence": repost.get_evidence_kind_display(), "date": _date(repost.evidence_since)}
        return _("%(evidence)s on file since %(date)s") % given
    return _("as stated by %(host)s") % {"host": host_name}


def tombstone_sentence(repost: Repost) -> str:
    """Why the words no longer stand here, and since when."""
    if repost.has_expired and repost.state in Repost.STATES_IN_FORCE:
        return _("The permission for the words that stood here ended on %(date)s.") % {"date": _date(repost.last_day)}
    since = localtime(repost.state_since).date() if repost.state_since else None
    match repost.state:
        case State.WITHDRAWN:
            sentence = _("The words that stood here were withdrawn by the host on %(date)s.")
        case State.REVOKED:
            sentence = _("The words that stood here were withdrawn by their author on %(date)s.")
        case State.DECLINED:
            sentence = _("Their author did not allow the words that stood here; they are gone since %(date)s.")
        case State.DISPUTED:
            sentence = _("The words that stood here are gone since %(date)s: the person named says “not mine”.")
        case _other:
            sentence = _("The words that stood here are not shown since %(date)s.")
    return sentence % {"date": _date(since)}


def standing(repost: Repost, host_name: str) -> str:
    """The sentence for readers, whether the words may be shown or not."""
    return permission_sentence(repost, host_name) if repost.is_in_force else tombstone_sentence(repost)


def step_sentence(step: PermissionEvent) -> str:
    """A step of the ledger for readers. Of evidence they learn the kind and the day, never what it is called."""
    if step.kind != PermissionEvent.Kind.EVIDENCE_ADDED:
        return capfirst(step.get_kind_display())
    given = {"kind": EvidenceKind(step.details["kind"]).label, "date": _date(date.fromisoformat(step.details["dated"]))}
    return _("Evidence added: %(kind)s of %(date)s") % given


def _date(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else "?"
