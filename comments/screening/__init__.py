"""Judging a comment: gathers what the rules look at, and says in words what they found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import BigIntegerField, BinaryField, DateTimeField, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from blog import rendering
from comments.models import Comment, Discussion
from comments.moderation import banning
from comments.posting.authorship import Commenter
from comments.screening import bayes, links, rules
from core import clock
from core.compiled_queries import Given, Prepared, number_of_row

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REPEATED_WITHIN = timedelta(days=7)
SHORT = 40  # characters; what is shorter, two people may well say alike
SALT = "comments.screening"


@dataclass(frozen=True)
class Signals:
    """What came with the words and is not seen: all of it may be forged, so it gives points and no more."""

    trap: str = ""  # a field that people do not see
    opened: str = ""  # when the form was made, signed: only on a page that no cache keeps
    seconds: str = ""  # that the form was open, measured by a script


NO_SIGNALS = Signals()


def stamp() -> str:
    """For the form on a page that no cache keeps: when it was made."""
    return signing.dumps(int(clock.now().timestamp()), salt=SALT)


def words_key(text: str) -> bytes | None:
    """The same for the same words wherever they are said, however they are spaced; None for a few words."""
    folded = " ".join(text.casefold().split())
    return salted_hmac(SALT, folded, algorithm="sha256").digest() if len(folded) >= SHORT else None


def facts(draft: Comment, writer: Commenter, signals: Signals = NO_SIGNALS) -> rules.Facts:
    """What can be known before the discussion is locked: the slow part."""
    seconds, is_forged = _seconds(signals)
    in_name = links.hosts(draft.name)
    bans, banned_words = banning.of_comment(writer.network_keys, draft.email, writer.proved_email)
    return rules.Facts(
        name=draft.name,
        text=_as_typed_and_read(draft),
        is_ours=bool(writer.badge or writer.person),
        is_known=_is_known(draft, writer),
        bans=bans,
        banned_words=banned_words,
        repeats=_repeats(draft),
        has_filled_trap=bool(signals.trap.strip()),
        seconds=seconds,
        has_forged_time=is_forged,
        verdict=bayes.judge(draft.name, draft.source),
        is_imitation=writer.is_imitation,
        hosts=[*links.hosts(draft.source, draft.html), *in_name],
        hosts_in_name=in_name,
    )


def judge(
    known: rules.Facts, discussion: Discussion, writer: Commenter, *, thread: bytes = b"", is_new: bool = True
) -> rules.Judgement:
    """Judge with the rest of the facts, read under the lock. An edit is no new comment: its pace does not count."""
    pace = _pace(writer, thread) if is_new else rules.STANDING
    return rules.judge(replace(known, hold=discussion.holds, is_open=discussion.is_open, pace=pace))


def as_stored(judgement: rules.Judgement) -> dict[str, Any]:
    """The columns of a comment that keep a judgement."""
    findings = [{"code": one.code, "score": one.points, "detail": one.detail} for one in judgement.findings]
    return {"findings": findings, "score": judgement.score}


def _seconds(signals: Signals) -> tuple[float | None, bool]:
    """How long the form was open, if somebody measured it, and whether the time in it was forged."""
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


def _as_typed_and_read(draft: Comment) -> str:
    """Its words twice where marks may part one that is read as a whole."""
    if rendering.is_mere_words(draft.source):
        return draft.source
    return f"{draft.source}\n{rendering.plain_text(draft.html)}"


def _is_known(draft: Comment, writer: Commenter) -> bool:
    """Whether somebody approved of them before. A typed address proves nothing: it may be another's."""
    proved = writer.proved_email if draft.email in ("", writer.proved_email) else ""
    return bool(proved) and Comment.objects.by_known_email(proved).exists()


def _repeats(draft: Comment) -> int:
    if draft.words_key is None:
        return 0
    since = clock.now() - REPEATED_WITHIN
    found = _SAME_WORDS(words=draft.words_key, since=since, own=draft.pk, here=number_of_row(draft.discussion_id))
    return len(found)


def _pace(writer: Commenter, thread: bytes) -> rules.Pace:
    """What came in without a network was brought by ourselves. Nobody looks for more than the hour's limit."""
    if not writer.network_keys:
        return rules.STANDING
    now = clock.now()
    names = {f"name{index}": key for index, key in enumerate(writer.network_keys)}
    sent = _sent(len(names), settings.COMMENTS_PER_HOUR)(since=now - HOUR, **names)
    lately = [path for path, at in sent if thread and at > now - rules.THREAD_SPAN]
    return rules.Pace(
        minute=sum(at > now - MINUTE for _path, at in sent),
        hour=len(sent),
        thread=sum(path.startswith(thread) for path in lately),
    )


def _same_words() -> QuerySet[Comment, tuple[int]]:
    """Other discussions in which the same was said; nobody is told of more than a thousand."""
    lately = Comment.objects.filter(created_at__gt=Given("since", DateTimeField()))
    same = lately.filter(words_key=Given("words", BinaryField())).exclude(pk=Given("own", BigIntegerField()))
    elsewhere = same.exclude(discussion=Given("here", BigIntegerField()))
    return elsewhere.order_by().values_list("discussion").distinct()[:1000]


_SAME_WORDS = Prepared(_same_words)


@cache
def _sent(names: int, most: int) -> Prepared[tuple[bytes, datetime]]:
    """Where and when something came from a network that has so many names."""

    def build() -> QuerySet[Comment, tuple[bytes, datetime]]:
        keys = [Given(f"name{index}", BinaryField()) for index in range(names)]
        recent = Comment.objects.filter(network_key__in=keys, created_at__gt=Given("since", DateTimeField()))
        return recent.order_by("-created_at").values_list("path", "created_at")[:most]

    return Prepared(build)


# --- In words -------------------------------------------------------------------------------------------------------

Sentences = tuple[StrPromise, StrPromise]  # for moderators, for the writer

_SENTENCES: Mapping[str, Sentences] = {
    "banned": (
        _("A moderator decided to hold what comes from this person, or from their network"),
        _("The moderators look at your comments before they appear."),
    ),
    "repeated": (
        _("The same words stand in %(detail)s other discussions"),
        _("The same words were sent to other discussions."),
    ),
    "trap": (
        _("A field that people do not see was filled in"),
        _("A hidden field of the form was filled in, as programs do."),
    ),
    "forged": (_("The time in the form was forged"), _("The form came back changed.")),
    "fast": (_("Sent %(detail)s seconds after the form was opened"), _("The form was sent faster than people write.")),
    "links": (_("Links: %(detail)s"), _("It holds links.")),
    "words": (_("On the list: %(detail)s"), _("It holds words that the moderators want to look at: %(detail)s.")),
    "like_spam": (_("Like earlier spam: %(detail)s"), _("It resembles what moderators here called spam.")),
    "like_good": (_("Like earlier good comments"), _("It resembles good comments.")),
    "imitation": (
        _("The name looks like that of somebody who belongs to this blog"),
        _("The name looks like that of somebody who belongs to this blog."),
    ),
    "first": (_("New here"), _("It is your first comment here, and the host reads those first.")),
    "all": (_("Everything waits here"), _("Under this post the host reads every comment before it appears.")),
}


def explained(comment: Comment) -> list[tuple[str, int]]:
    """What the rules found in a comment, for moderators: a sentence and the points that it gave, one for each."""
    return [(_sentence(finding, 0), int(finding["score"])) for finding in comment.findings]


def told_to_writer(comment: Comment) -> list[str]:
    """Why the comment waits, in plain words; without what speaks for it."""
    return [_sentence(finding, 1) for finding in comment.findings if finding["code"] != "like_good"]


def _sentence(finding: Mapping[str, Any], whose: int) -> str:
    sentences = _SENTENCES.get(finding["code"])  # none for a rule of an earlier version
    return str(sentences[whose]) % {"detail": finding.get("detail", "")} if sentences else finding["code"]
