"""A filter that learns from what moderators decide here, and from nothing else.

Every word, link host and name is a token; a comment's probability follows from how often its tokens were in what
moderators called good, and spam (Robinson's way of weighing them, Fisher's way of putting them together). It can say
which tokens decided.
"""

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.db.models import CharField, F, Q, QuerySet

from comments.models import Comment, SpamToken
from comments.screening import links
from core.compiled_queries import Given, Prepared

ENOUGH = 10  # comments of each kind: with fewer it would only repeat the last decision
MOST_TOKENS = 300  # of one comment; a reader's longest has about as many different words
MOST_TELLING = 30  # tokens that decide; the many that say little would drown them
UNKNOWN = 0.5  # the probability of a token never seen, and the weight of that guess in comments
WEIGHT = 1.0
Counts = tuple[int, int]  # of good comments and of spam
_WORD = re.compile(r"[^\W_]{2,40}")


class Verdict(NamedTuple):
    """`probability` of spam from 0 to 1, and the tokens that said so."""

    probability: float
    telling: list[str]


def tokens(name: str, source: str) -> set[str]:
    """What a comment is judged by, in no order."""
    found = dict.fromkeys(f"name:{word}" for word in _WORD.findall(name.casefold()))
    found |= dict.fromkeys(f"link:{host}"[:60] for host in links.hosts(source))
    found |= dict.fromkeys(_WORD.findall(source.casefold()))
    return set(list(found)[:MOST_TOKENS])


def judge(name: str, source: str) -> Verdict | None:
    """How likely a comment is spam; None as long as too little was learned. One query."""
    known = _counted(tokens(name, source))
    total = known.pop("", (0, 0))
    if min(total) < ENOUGH:
        return None
    weighed = {token: _probability(seen, total) for token, seen in known.items()}
    telling = sorted(weighed, key=lambda token: (-abs(weighed[token] - 0.5), token))[:MOST_TELLING]
    probability = _together([weighed[token] for token in telling])
    return Verdict(probability, [token for token in telling if weighed[token] > 0.5][:5])


def learn(comment: Comment, lesson: str | None) -> dict[str, str]:
    """Learn from a comment as it is now, after forgetting what was learned from it; None teaches nothing new.

    Returns what to write into its row. Part of the caller's transaction.
    """
    if lesson is None or lesson == comment.learned_as:
        return {}
    found = {"", *tokens(comment.name, comment.source)}
    if comment.learned_as:
        _count(found, comment.learned_as, -1)
    if lesson:
        _count(found, lesson, 1)
    return {"learned_as": lesson}


def _count(found: Iterable[str], lesson: str, by: int) -> None:
    """In one order for everybody, so that two moderators cannot wait for each other."""
    names = sorted(found)
    if by > 0:
        SpamToken.objects.bulk_create([SpamToken(token=name) for name in names], ignore_conflicts=True)
    locked = SpamToken.objects.select_for_update(no_key=True).filter(token__in=names).order_by("token")
    list(locked.values_list("token"))
    counted = SpamToken.objects.filter(token__in=names)
    # An edit may have brought words that were never counted: nothing falls below none.
    counted.filter(**{f"{lesson}__gte": -by} if by < 0 else {}).update(**{lesson: F(lesson) + by})
    if by < 0:
        counted.filter(Q(ham=0, spam=0)).delete()


def _counted(wanted: set[str]) -> dict[str, Counts]:
    """In how many good comments and in how much spam each token was, as far as it was seen; "" for all of them.

    One query, of which there are nine: its places are a power of two, and those too many ask for "" again.
    """
    places = 1 << len(wanted).bit_length()
    names, ask = _seen(places)
    given = dict.fromkeys(names, "") | dict(zip(names, wanted, strict=False))
    return {token: (ham, spam) for token, ham, spam in ask(**given)}


@cache
def _seen(places: int) -> tuple[list[str], Prepared[tuple[str, int, int]]]:
    """The names of so many places, and the query."""
    names = [f"token{place}" for place in range(places)]

    def build() -> QuerySet[SpamToken, tuple[str, int, int]]:
        wanted = [Given(name, CharField()) for name in names]
        return SpamToken.objects.filter(token__in=wanted).values_list("token", "ham", "spam")

    return names, Prepared(build)


def _probability(counts: Counts, total: Counts) -> float:
    """Of spam, where one token occurs: its share among both kinds, drawn to UNKNOWN where it was seldom seen."""
    ham, spam = counts[0] / total[0], counts[1] / total[1]
    seen = sum(counts)
    share = spam / (ham + spam) if ham + spam else UNKNOWN
    return (WEIGHT * UNKNOWN + seen * share) / (WEIGHT + seen)


def _together(probabilities: list[float]) -> float:
    """Fisher's method, for and against, and the middle of both."""
    if not probabilities:
        return UNKNOWN
    spam = 1 - _chi_square([1 - each for each in probabilities])
    ham = 1 - _chi_square(probabilities)
    return (1 + spam - ham) / 2


def _chi_square(probabilities: list[float]) -> float:
    """The chance that so many random probabilities have a product as small as these."""
    half = -math.log(math.prod([max(each, 1e-9) for each in probabilities]))  # thirty of them are no less than 1e-270
    term = total = math.exp(-half)
    for index in range(1, len(probabilities)):
        term *= half / index
        total += term
    return min(total, 1.0)
