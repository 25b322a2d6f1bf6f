"""The rules that a comment is judged by: pure, small, in one order. `screening` gathers what they look at.

A rule finds nothing, or something that gives points, and perhaps makes a comment wait or refuses it outright.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from blog.models import Blog
from comments.models import Ban, Comment
from comments.screening import links
from comments.screening.bayes import Verdict

HOLD_FROM, SPAM_FROM = 50, 100  # points: from the first on it waits for a moderator, from the second on among the spam
FASTEST = 3.0  # seconds in which a person fills in the form
MOST_LINKS = 2  # that somebody known may set without waiting
MOST_IN_THREAD, THREAD_SPAN = 3, timedelta(minutes=3)  # comments of one network in one thread

# What is drawn as nothing though it counts as a mark or letter: fillers, and what chooses the form of a sign before it.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)

Hold = Blog.Hold

CLOSED = _("The discussion of this post is closed: it takes no more comments.")
BANNED = _("Comments from you are not taken here at present. If you think that this is a mistake, write to the host.")
TOO_MANY = _("Many comments have come from your network just now: please wait a little and send yours again.")
TOO_FAST = _("You have answered several times in this thread within minutes: please wait a little and send it again.")
UNWANTED = _("Your comment holds something that is not taken here (%(what)s): please leave it out and send it again.")


class Pace(NamedTuple):
    """How many comments came from the writer's network: lately, and into the same thread within `THREAD_SPAN`."""

    minute: int = 0
    hour: int = 0
    thread: int = 0


STANDING = Pace()


class Banned(Protocol):
    """What a rule asks of a ban."""

    @property
    def kind(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def value(self) -> str: ...


@dataclass(frozen=True)
class Facts:
    """Everything about a comment that a rule may ask. Nothing here was asked of the writer but the words."""

    name: str
    text: str  # as it was typed; and as it is read, where that may differ
    hold: str = Hold.LINKS
    is_open: bool = True
    is_ours: bool = False  # by the host, a moderator or the original author, as they have proved
    is_known: bool = False
    bans: Sequence[Banned] = ()  # of the person
    banned_words: Sequence[Banned] = ()
    pace: Pace = STANDING
    repeats: int = 0  # how often the same words were said elsewhere in the last days
    has_filled_trap: bool = False
    seconds: float | None = None  # that the form was open, where somebody measured it
    has_forged_time: bool = False
    verdict: Verdict | None = None
    is_imitation: bool = False
    hosts: Sequence[str] = ()  # of the links, in the name, too
    hosts_in_name: Sequence[str] = ()


@dataclass(frozen=True)
class Finding:
    """What a rule found. `holds`: it waits, whatever the points; `refusal`: it is not taken, and this is why."""

    code: str
    points: int = 0
    detail: str = ""
    holds: bool = False
    refusal: StrPromise | str | None = None
    status: int = 200  # of the answer that refuses


Rule = Callable[[Facts], Finding | None]


def closed(facts: Facts) -> Finding | None:
    return None if facts.is_open else Finding("closed", refusal=CLOSED, status=409)


def banned(facts: Facts) -> Finding | None:
    if any(ban.mode == Ban.Mode.REFUSE for ban in facts.bans):
        return Finding("banned", refusal=BANNED, status=403)
    return Finding("banned", holds=True) if facts.bans else None


def repeated(facts: Facts) -> Finding | None:
    if not facts.repeats:
        return None
    return Finding("repeated", SPAM_FROM if facts.repeats >= 3 else 40, str(facts.repeats))


def rate(facts: Facts) -> Finding | None:
    pace = facts.pace
    is_bearable = pace.minute < settings.COMMENTS_PER_MINUTE and pace.hour < settings.COMMENTS_PER_HOUR
    return None if is_bearable else Finding("rate", refusal=TOO_MANY, status=429)


def trap(facts: Facts) -> Finding | None:
    """Points only, since programs that fill in forms for people fall into it, too."""
    return Finding("trap", 60) if facts.has_filled_trap else None


def form_age(facts: Facts) -> Finding | None:
    if facts.has_forged_time:
        return Finding("forged", 30)
    if facts.seconds is not None and facts.seconds < FASTEST:
        return Finding("fast", 40, f"{max(facts.seconds, 0):.1f}")
    return None


def many_links(facts: Facts) -> Finding | None:
    count = len(facts.hosts)
    if not count:
        return None
    points = 10 * count + 20 * (count > MOST_LINKS) + 40 * bool(facts.hosts_in_name)
    points += 20 * any(host.startswith("xn--") for host in facts.hosts)
    is_bearable = facts.is_known and count <= MOST_LINKS and not facts.hosts_in_name
    shown = ", ".join(dict.fromkeys(facts.hosts))[:200]
    return Finding("links", points, shown, holds=facts.hold in (Hold.LINKS, Hold.FIRST) and not is_bearable)


def words(facts: Facts) -> Finding | None:
    """Words and domains that moderators named."""
    seen = _as_seen(f"{facts.name}\n{facts.text}") if facts.banned_words else ""
    found = [ban for ban in facts.banned_words if _occurs(ban, seen, facts.hosts)]
    what = ", ".join(ban.value for ban in found)
    if any(ban.mode == Ban.Mode.REFUSE for ban in found):
        return Finding("words", refusal=UNWANTED % {"what": what}, status=403)
    return Finding("words", HOLD_FROM, what[:200], holds=True) if found else None


def learned(facts: Facts) -> Finding | None:
    """What the filter has learned from the moderators."""
    if facts.verdict is None:
        return None
    probability, telling = facts.verdict
    if probability <= 0.1:
        return Finding("like_good", -20)
    if probability < 0.7:
        return None
    return Finding("like_spam", SPAM_FROM if probability >= 0.95 else 60, ", ".join(telling)[:200])


def thread_speed(facts: Facts) -> Finding | None:
    return Finding("speed", refusal=TOO_FAST, status=429) if facts.pace.thread >= MOST_IN_THREAD else None


def imitation(facts: Facts) -> Finding | None:
    return Finding("imitation", 60, holds=facts.hold != Hold.NOTHING) if facts.is_imitation else None


def first(facts: Facts) -> Finding | None:
    return Finding("first", holds=True) if facts.hold == Hold.FIRST and not facts.is_known else None


def everything(facts: Facts) -> Finding | None:
    return Finding("all", holds=True) if facts.hold == Hold.ALL else None


# In this order: the first that refuses has the last word.
RULES: tuple[Rule, ...] = (
    closed,
    banned,
    repeated,
    rate,
    trap,
    form_age,
    many_links,
    words,
    learned,
    thread_speed,
    imitation,
    first,
    everything,
)
FOR_EVERYBODY: tuple[Rule, ...] = (closed, rate)  # the only ones that hold for those whose house it is, too


@dataclass(frozen=True)
class Judgement:
    findings: list[Finding]
    state: str

    @property
    def score(self) -> int:
        return sum(finding.points for finding in self.findings)

    @property
    def refusal(self) -> Finding | None:
        return self.findings[-1] if self.findings and self.findings[-1].refusal else None


def judge(facts: Facts) -> Judgement:
    """Ask every rule, up to the first that refuses."""
    findings: list[Finding] = []
    for rule in FOR_EVERYBODY if facts.is_ours else RULES:
        if finding := rule(facts):
            findings.append(finding)
            if finding.refusal:
                break
    return Judgement(findings, _state(facts, findings))


def _state(facts: Facts, findings: Sequence[Finding]) -> str:
    score = sum(finding.points for finding in findings)
    counts = facts.hold != Hold.NOTHING
    if counts and score >= SPAM_FROM:
        return Comment.State.SPAM
    if any(finding.holds for finding in findings) or (counts and score >= HOLD_FROM):
        return Comment.State.PENDING
    return Comment.State.PUBLISHED


def _occurs(ban: Banned, seen: str, hosts: Sequence[str]) -> bool:
    if ban.kind == Ban.Kind.DOMAIN:
        return any(links.is_within(host, ban.value) for host in hosts)
    longest, pattern = _sought(ban.value)
    # Dozens of words are looked for, and mostly none of them is there: that is seen ten times as fast.
    return longest != "" and longest in seen and pattern.search(seen) is not None  # "": nobody sees anything of it


@lru_cache(maxsize=1000)
def _sought(words: str) -> tuple[str, re.Pattern[str]]:
    """The longest of the words, and what finds them all, one after the other. Kept, because writing it takes 10 µs."""
    parts = _as_seen(words).split()
    between = r"\s+".join(map(re.escape, parts))
    return max(parts, key=len, default=""), re.compile(rf"(?<!\w){between}(?!\w)")


def _as_seen(words: str) -> str:
    """Words as they are compared: in small letters, wide ones and ligatures as plain ones, without what nobody sees."""
    if words.isascii():
        return words.lower()  # the same, in a hundredth of the time
    # Taken apart first, and only then put together: what nobody sees may stand between a letter and its accent, and the
    # capitals of mathematics become plain ones, which have small letters.
    apart = unicodedata.normalize("NFKD", words)
    seen = "".join(sign for sign in apart if unicodedata.category(sign) not in ("Cf", "Cn") and sign not in _UNSEEN)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
