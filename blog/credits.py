"""The sentences that say whose words these are, and on what ground they stand here.

Plain text in the language that is active, for every output alike. The page never claims more than the ledger proves.
"""

from collections.abc import Iterable
from datetime import date

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from blog.models import Credit, Repost

Basis = Repost.Basis
State = Repost.State


def names(credits: Iterable[Credit]) -> str:
    """The authors of the words in their order: "Ada Colleague and Bo Writer". Empty without authors."""
    authors = [credit.person.name for credit in credits if credit.role == Credit.Role.AUTHOR]
    if len(authors) < 2:
        return "".join(authors)
    return _("%(first)s and %(last)s") % {"first": ", ".join(authors[:-1]), "last": authors[-1]}


def permission_sentence(repost: Repost, host_name: str) -> str:
    """On what ground the words stand here, as one sentence; empty where no basis is given."""
    given = {"host": host_name, "licence": repost.licence_name or repost.licence_url}
    match repost.basis:
        case Basis.PERMISSION if repost.granted_on:
            sentence = _("Reposted with permission of %(date)s, as stated by %(host)s.")
            given["date"] = date_format(repost.granted_on, "DATE_FORMAT")
        case Basis.PERMISSION:
            sentence = _("Reposted with permission, as stated by %(host)s.")
        case Basis.LICENCE:
            sentence = _("Reposted under the licence %(licence)s.")
        case Basis.PUBLIC_DOMAIN:
            sentence = _("In the public domain, as stated by %(host)s.")
        case Basis.OWN_WORK:
            sentence = _("Own work of %(host)s, as stated there.")
        case Basis.QUOTATION_RIGHT:
            sentence = _("Quoted under the right of quotation, as stated by %(host)s.")
        case _other:
            sentence = ""
    return sentence % given


def tombstone_sentence(repost: Repost) -> str:
    """Why the words no longer stand here, and since when."""
    if repost.has_expired and repost.ends_at and repost.state in Repost.STATES_IN_FORCE:
        return _("The permission for the words that stood here ended on %(date)s.") % {"date": _date(repost.expires_on)}
    since = localtime(repost.state_since).date() if repost.state_since else None
    match repost.state:
        case State.WITHDRAWN:
            sentence = _("The words that stood here were withdrawn by the host on %(date)s.")
        case State.REVOKED:
            sentence = _("The words that stood here were withdrawn by their author on %(date)s.")
        case _other:
            sentence = _("The words that stood here are not shown since %(date)s.")
    return sentence % {"date": _date(since)}


def _date(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else "?"
