"""A Bayesian spam filter that learns only from what moderators decide here.

Every word, every host of a link and every word of the name is a token. The probability that a comment is spam follows
from how often its tokens occurred in good comments and in spam (Robinson's weights, combined by Fisher's method). The
filter can name the tokens that decided.
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

MIN_COMMENTS = 10  # of each kind: with fewer the filter would only repeat the latest decision
MAX_TOKENS = 300  # of one comment: the longest comment has about as many different words
MAX_DECISIVE = 30  # tokens that decide: the many tokens that say little would outweigh them
MAX_NAMED = 5  # tokens that a verdict names
TOKEN_LENGTH = 60  # characters, as `SpamToken.token`
UNKNOWN = 0.5  # probability of spam for a token never seen
PRIOR_WEIGHT = 1.0  # of that probability, in comments
TOTAL = ""  # the token that counts all comments
Counts = tuple[int, int]  # of good comments and of spam
_WORD = re.compile(r"[^\W_]{2,40}")


class Verdict(NamedTuple):
    """The probability of spam, from 0 to 1, and the tokens that speak most for spam."""

    probability: float
    spam_tokens: list[str]


def tokens(name: str, source: str) -> set[str]:
    """Return the tokens of a comment, at most `MAX_TOKENS`."""
    found = dict.fromkeys(f"name:{word}" for word in _WORD.findall(name.casefold()))
    found |= dict.fromkeys(f"link:{host}"[:TOKEN_LENGTH] for host in links.hosts(source))
    found |= dict.fromkeys(_WORD.findall(source.casefold()))
    return set(list(found)[:MAX_TOKENS])


def judge(name: str, source: str) -> Verdict | None:
    """Return how likely a comment is spam, or None until the filter has learned enough. One query."""
    counts = _counts(tokens(name, source))
    total = counts.pop(TOTAL, (0, 0))
    if min(total) < MIN_COMMENTS:
        return None
    probabilities = {token: _probability(each, total) for token, each in counts.items()}
    by_weight = sorted(probabilities, key=lambda token: (-abs(probabilities[token] - UNKNOWN), token))
    decisive = by_weight[:MAX_DECISIVE]
    probability = _combine([probabilities[token] for token in decisive])
    return Verdict(probability, [token for token in decisive if probabilities[token] > UNKNOWN][:MAX_NAMED])


def learn(comment: Comment, lesson: str | None) -> dict[str, str]:
    """Forget what was learned from a comment and learn `lesson` from it as it is now; None changes nothing.

    Returns the columns to write into the comment's row. Part of the caller's transaction.
    """
    if lesson is None or lesson == comment.learned_as:
        return {}
    found = {TOTAL, *tokens(comment.name, comment.source)}
    if comment.learned_as:
        _add(found, comment.learned_as, -1)
    if lesson:
        _add(found, lesson, 1)
    return {"learned_as": lesson}


def _add(found: Iterable[str], lesson: str, number: int) -> None:
    """Add a number to the counts of tokens. Locks them in a fixed order, so that two moderators cannot deadlock."""
    names = sorted(found)
    if number > 0:
        SpamToken.objects.bulk_create([SpamToken(token=name) for name in names], ignore_conflicts=True)
    locked = SpamToken.objects.select_for_update(no_key=True).filter(token__in=names).order_by("token")
    list(locked.values_list("token"))
    stored = SpamToken.objects.filter(token__in=names)
    # An edit may have brought words that were never counted: no count falls below zero.
    stored.filter(**{f"{lesson}__gte": -number} if number < 0 else {}).update(**{lesson: F(lesson) + number})
    if number < 0:
        stored.filter(Q(ham=0, spam=0)).delete()


def _counts(wanted: set[str]) -> dict[str, Counts]:
    """The counts of those tokens that were ever seen, and of `TOTAL`. One query.

    The query has a power of two of parameters, so that there are only nine. Spare parameters ask for `TOTAL`.
    """
    names, query = _query(1 << len(wanted).bit_length())
    arguments = dict.fromkeys(names, TOTAL) | dict(zip(names, wanted, strict=False))
    return {token: (ham, spam) for token, ham, spam in query(**arguments)}


@cache
def _query(size: int) -> tuple[list[str], Prepared[tuple[str, int, int]]]:
    """The names of `size` parameters and the query that has them."""
    names = [f"token{index}" for index in range(size)]

    def build() -> QuerySet[SpamToken, tuple[str, int, int]]:
        wanted = [Given(name, CharField()) for name in names]
        return SpamToken.objects.filter(token__in=wanted).values_list("token", "ham", "spam")

    return names, Prepared(build)


def _probability(counts: Counts, total: Counts) -> float:
    """The probability of spam for one token: its share in spam, drawn towards `UNKNOWN` if the token is rare."""
    ham, spam = counts[0] / total[0], counts[1] / total[1]
    seen = sum(counts)
    share = spam / (ham + spam) if ham + spam else UNKNOWN
    return (PRIOR_WEIGHT * UNKNOWN + seen * share) / (PRIOR_WEIGHT + seen)


def _combine(probabilities: list[float]) -> float:
    """Fisher's method for spam and for good comments, and the mean of both."""
    if not probabilities:
        return UNKNOWN
    spam = 1 - _chi_square([1 - each for each in probabilities])
    ham = 1 - _chi_square(probabilities)
    return (1 + spam - ham) / 2


def _chi_square(probabilities: list[float]) -> float:
    """The chance that as many random probabilities have a product as small as the product of these."""
    half = -math.log(math.prod([max(each, 1e-9) for each in probabilities]))  # the product of 30 is at least 1e-270
    term = total = math.exp(-half)
    for index in range(1, len(probabilities)):
        term *= half / index
        total += term
    return min(total, 1.0)
