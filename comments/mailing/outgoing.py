"""The life of a letter: written as a row within a transaction, closed when its turn has come, then sent.

The row says to whom and about what. The words, and the links that open something, are made while it is sent: so it
tells only what is still right, and nothing that is secret lies in the database. A letter that was sent is kept for a
while, to count by; a news letter that has nothing left to say is deleted.
"""

import smtplib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from blog.models import Blog
from comments.mailing import contents
from comments.models import Comment, OutgoingEmail, Subscription
from core import clock
from core.mailing import email_addresses, sending
from core.tasks import queue

Kind = OutgoingEmail.Kind
POST = "post-letter"  # the job that sends one

QUESTIONS = (Kind.CONFIRM, Kind.ACCESS)  # what anybody can have sent to any address
MOST_TO_ONE_EMAIL = 3  # of those, a day
MOST_FROM_ONE_NETWORK = 10  # of those, an hour
MOST_NEWS = 3  # letters of news a day; what comes then is gathered into one
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ATTEMPTS = 5


class NotSent(Exception):
    """The mail server did not take a letter. Says why, and not whose it was: work and logs keep it."""


# --- Written --------------------------------------------------------------------------------------------------------


def may_ask(email: str, network_key: bytes | None) -> bool:
    """Whether another question may go to an address, and come from a network. Part of the caller's transaction.

    Of several at once, each sees those before it: they take turns at the row of the blog.
    """
    Blog.objects.select_for_update(no_key=True).values_list("pk").first()
    questions, now = OutgoingEmail.objects.filter(kind__in=QUESTIONS), clock.now()
    if questions.filter(_one_mailbox(email), created_at__gt=now - DAY).count() >= MOST_TO_ONE_EMAIL:
        return False
    from_there = questions.filter(network_key=network_key, created_at__gt=now - HOUR)
    return network_key is None or from_there.count() < MOST_FROM_ONE_NETWORK


def ask(
    kind: Kind,
    *,
    email: str,
    network_key: bytes | None,
    comment: Comment | None = None,
    subscription: Subscription | None = None,
) -> OutgoingEmail:
    """Have a question sent to an address. Whoever calls has asked `may_ask` in the same transaction."""
    letter = OutgoingEmail.objects.create(
        kind=kind, email=email, network_key=network_key, comment=comment, subscription=subscription
    )
    queue.enqueue(POST, str(letter.pk))
    return letter


def _one_mailbox(email: str) -> Q:
    local, _at, domain = email_addresses.canonical(email).rpartition("@")
    return Q(email=f"{local}@{domain}") | Q(email__startswith=f"{local}+", email__endswith=f"@{domain}")


def open_news(emails: Collection[str]) -> dict[str, OutgoingEmail]:
    """The letter of each address that still takes news, locked until the caller's transaction ends."""
    for _attempt in range(ATTEMPTS):
        unclosed = OutgoingEmail.objects.filter(kind=Kind.NEWS, closed_at=None, email__in=emails)
        found = {letter.email: letter for letter in unclosed.select_for_update(no_key=True).order_by("pk")}
        missing = sorted(set(emails) - set(found))
        if not missing:
            return found
        # Somebody else may make the same one at this moment: then theirs is the one, unless it is closed already.
        OutgoingEmail.objects.bulk_create(
            [OutgoingEmail(kind=Kind.NEWS, email=email) for email in missing], ignore_conflicts=True
        )
    raise RuntimeError("The letters were closed as fast as they were opened.")


def post_news(letters: Collection[OutgoingEmail]) -> None:
    """Have letters of news sent: at once, or where an address had its share of a day, when that day is over."""
    now = clock.now()
    gone: dict[str, list[datetime]] = {letter.email: [] for letter in letters}
    today = OutgoingEmail.objects.filter(kind=Kind.NEWS, email__in=gone, closed_at__gt=now - DAY)
    for email, closed_at in today.order_by("-closed_at").values_list("email", "closed_at"):
        gone[email].append(closed_at)  # type: ignore[arg-type]  # closed after a moment, so not open
    delays = {}
    for letter in letters:
        earlier = gone[letter.email]
        is_enough = len(earlier) >= MOST_NEWS
        delays[str(letter.pk)] = earlier[MOST_NEWS - 1] + DAY - now if is_enough else timedelta(0)
    queue.enqueue_many(POST, delays)


# --- Sent -----------------------------------------------------------------------------------------------------------


def send(number: int) -> None:
    """Send a letter unless it was sent. Raises NotSent.

    First it is closed, in a transaction of its own; while the mail server takes its time, nothing is locked. Should we
    be killed before its sending is noted, it is sent a second time under the same Message-ID.
    """
    letter = _close(number)
    if letter is None:
        return
    blog = Blog.load()
    said = contents.of(letter, blog)
    if said is None:
        _drop(letter)
        return
    _hand_over(letter, said, blog)
    OutgoingEmail.objects.filter(pk=letter.pk).update(sent_at=clock.now())


@transaction.atomic
def _close(number: int) -> OutgoingEmail | None:
    letter = OutgoingEmail.objects.select_for_update(no_key=True).filter(pk=number, sent_at=None).first()
    if letter and letter.closed_at is None:
        letter.closed_at = clock.now()
        letter.save(update_fields=["closed_at"])
    return letter


def _drop(letter: OutgoingEmail) -> None:
    """A question stays for a day, unsent: asked again and again it must not cost us more than one that was sent."""
    if letter.kind not in QUESTIONS:
        letter.delete()


def _hand_over(letter: OutgoingEmail, said: contents.Contents, blog: Blog) -> None:
    name = f"letter-{letter.pk}.{letter.created_at:%Y%m%d}"
    try:
        sending.send(said.template, said.context, to=letter.email, site=blog, name=name, headers=said.headers)
    except (OSError, ValueError) as error:  # of the net or the server; of an address or a header that cannot be
        raise NotSent(_without_address(error, letter.email)) from None


def _without_address(error: OSError | ValueError, email: str) -> str:
    """What went wrong, for people who look after the mail. Servers like to repeat whom they refuse."""
    kind = type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers: Any = error.recipients.values()
        return f"{kind}: {', '.join(str(code) for code, _said in answers)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{kind}: {error.smtp_code}"
    return f"{kind}: {error}".replace(email, "…")
