"""Gathering the facts by which a comment is judged."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.core import signing
from django.db.models import BigIntegerField, BinaryField, DateTimeField, QuerySet
from django.utils.crypto import salted_hmac

from blog import rendering
from comments.models import Comment, Discussion
from comments.moderation import banning
from comments.posting.authorship import Commenter
from comments.screening import bayes, links
from comments.screening.rules import NO_PACE, THREAD_SPAN, Facts, Pace
from core import clock
from core.compiled_queries import Given, Prepared, number_of_row

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
    since = clock.now() - REPEATED_WITHIN
    found = _SAME_WORDS(words=draft.words_key, since=since, own=draft.pk, here=number_of_row(draft.discussion_id))
    return len(found)


def _pace(writer: Commenter, thread: bytes) -> Pace:
    """Comments that came without a network are imported, so they have no pace. Counts up to the limit for an hour."""
    if not writer.network_keys:
        return NO_PACE
    now = clock.now()
    keys = {f"key{index}": key for index, key in enumerate(writer.network_keys)}
    recent = _recent(len(keys), settings.COMMENTS_PER_HOUR)(since=now - HOUR, **keys)
    latest_paths = [path for path, at in recent if thread and at > now - THREAD_SPAN]
    return Pace(
        minute=sum(at > now - MINUTE for _path, at in recent),
        hour=len(recent),
        thread=sum(path.startswith(thread) for path in latest_paths),
    )


def _same_words() -> QuerySet[Comment, tuple[int]]:
    """Other discussions in which the same text was posted."""
    recent = Comment.objects.filter(created_at__gt=Given("since", DateTimeField()))
    same = recent.filter(words_key=Given("words", BinaryField())).exclude(pk=Given("own", BigIntegerField()))
    elsewhere = same.exclude(discussion=Given("here", BigIntegerField()))
    return elsewhere.order_by().values_list("discussion").distinct()[:MAX_REPEATS]


_SAME_WORDS = Prepared(_same_words)


@cache
def _recent(key_count: int, limit: int) -> Prepared[tuple[bytes, datetime]]:
    """The query for the paths and times of recent comments from a network that has `key_count` keys."""

    def build() -> QuerySet[Comment, tuple[bytes, datetime]]:
        keys = [Given(f"key{index}", BinaryField()) for index in range(key_count)]
        recent = Comment.objects.filter(network_key__in=keys, created_at__gt=Given("since", DateTimeField()))
        return recent.order_by("-created_at").values_list("path", "created_at")[:limit]

    return Prepared(build)
