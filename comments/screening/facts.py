"""Gathering the facts by which a comment is judged."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from blog import rendering
from comments.models import Comment, Discussion
from comments.moderation import banning
from comments.posting.authorship import Commenter
from comments.screening import bayes, links
from comments.screening.rules import NO_PACE, THREAD_SPAN, Facts, Pace
from core import clock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REPEATED_WITHIN = timedelta(days=7)
MAX_REPEATS = 1000  # discussions that are counted
MIN_REPEATED_LENGTH = 40  # characters; two people may well write the same shorter text
SALT = "comments.screening"


@dataclass(frozen=True)
class Signals:
    """What a form sends beside the visible fields. All of it may be forged, so it gives points and no more."""

    trap: str = ""  # a field that people do not see
    opened: str = ""  # `signed_time()` of the form, on pages that are never cached
    seconds: str = ""  # for which the form was open, as measured by a script


NO_SIGNALS = Signals()


def signed_time() -> str:
    """The current time, signed. Forms on pages that are never cached send it back as `Signals.opened`."""
    return signing.dumps(int(clock.now().timestamp()), salt=SALT)


def words_key(text: str) -> bytes | None:
    """A keyed hash of a text without its case and spacing. None for a text too short to count as repeated."""
    folded = " ".join(text.casefold().split())
    return salted_hmac(SALT, folded, algorithm="sha256").digest() if len(folded) >= MIN_REPEATED_LENGTH else None


def gather(draft: Comment, writer: Commenter, signals: Signals = NO_SIGNALS) -> Facts:
    """Gather the facts that need no lock. This is the slow part; `complete` adds the rest."""
    seconds, is_forged = _seconds(signals)
    hosts_in_name = links.hosts(draft.name)
    writer_bans, word_bans = banning.find_for_rules(writer.network_keys, draft.email, writer.proved_email)
    return Facts(
        name=draft.name,
        text=_typed_and_visible_text(draft),
        has_badge=bool(writer.badge or writer.person),
        is_known=_is_known(draft, writer),
        writer_bans=writer_bans,
        word_bans=word_bans,
        repeats=_count_repeats(draft),
        has_filled_trap=bool(signals.trap.strip()),
        seconds=seconds,
        has_forged_time=is_forged,
        verdict=bayes.judge(draft.name, draft.source),
        is_imitation=writer.is_imitation,
        hosts=[*links.hosts(draft.source, draft.html), *hosts_in_name],
        hosts_in_name=hosts_in_name,
    )


def complete(
    facts: Facts, discussion: Discussion, writer: Commenter, *, thread: bytes = b"", is_new: bool = True
) -> Facts:
    """Add the facts that are read while the thread is locked. `thread`: the path of its first comment, if it has one.

    An edit is not a new comment, so the writer's pace does not count for it.
    """
    pace = _pace(writer, thread) if is_new else NO_PACE
    return replace(facts, hold=discussion.holds, is_open=discussion.is_open, pace=pace)


def _seconds(signals: Signals) -> tuple[float | None, bool]:
    """For how long the form was open (None if unknown), and whether the time that it sent back was forged."""
    if signals.opened:
        try:
            opened = int(signing.loads(signals.opened, salt=SALT))
        except (signing.BadSignature, ValueError, TypeError):
            return None, True
        return clock.now().timestamp() - opened, False
    try:
        return float(signals.seconds[:20]), False
    except ValueError:
        return None, False


def _typed_and_visible_text(draft: Comment) -> str:
    """The source, followed by the text that readers see: markup may split a word in the source."""
    return f"{draft.source}\n{rendering.plain_text(draft.html)}"


def _is_known(draft: Comment, writer: Commenter) -> bool:
    """Whether the writer has a published comment. An email that was only typed proves nothing: it may be another's."""
    proved = writer.proved_email if draft.email in ("", writer.proved_email) else ""
    return bool(proved) and Comment.objects.by_known_email(proved).exists()


def _count_repeats(draft: Comment) -> int:
    if draft.words_key is None:
        return 0
    recent = Comment.objects.filter(words_key=draft.words_key, created_at__gt=clock.now() - REPEATED_WITHIN)
    elsewhere = recent.exclude(discussion=draft.discussion_id).order_by().values("discussion").distinct()
    return elsewhere[:MAX_REPEATS].count()


def _pace(writer: Commenter, thread: bytes) -> Pace:
    """Comments that came without a network are imported, so they have no pace. Counts up to the limit for an hour."""
    if not writer.network_keys:
        return NO_PACE
    now = clock.now()
    sent = Comment.objects.filter(network_key__in=writer.network_keys, created_at__gt=now - HOUR)
    recent = sent.order_by("-created_at").values_list("path", "created_at")[: settings.COMMENTS_PER_HOUR]
    latest_paths = [path for path, at in recent if thread and at > now - THREAD_SPAN]
    return Pace(
        minute=sum(at > now - MINUTE for _path, at in recent),
        hour=len(recent),
        thread=sum(path.startswith(thread) for path in latest_paths),
    )
