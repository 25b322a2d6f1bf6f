"""Long discussions: the rows of many comments, each in its right place."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from bench import texts
from bench.insert import insert
from blog import rendering
from comments.models import Comment, CommentEvent, Discussion
from comments.threads import ids, paths

# Whom each of ten comments answers: they make a thread, or a branch of the long one. A page of fifty holds five.
PATTERN = (None, 0, 1, 1, 0, 4, 4, 0, 7, 8)
GROUP = len(PATTERN)
LONG_FROM = 1_000  # comments: half of such a discussion is one thread
NETWORKS = 5_000
COLUMNS = (
    *("id", "parent_id", "path", "depth", "name", "source", "html"),
    *("created_at", "published_at", "network_key", "words_key"),
)


class Place(NamedTuple):
    pk: int
    parent: int | None
    path: bytes
    moment: datetime


def fill(discussion: Discussion, count: int, *, begin: datetime, end: datetime) -> list[Place]:
    """Put `count` comments, a multiple of ten, into an empty discussion; returns them in the order of a reader."""
    found = list(places(count, begin=begin, end=end))
    prototype = Comment(
        id=0, discussion=discussion, state=Comment.State.PUBLISHED, shown=True, render_version=rendering.RENDER_VERSION
    )
    insert(prototype, COLUMNS, (_row(number, place) for number, place in enumerate(found)), total=count)
    event = CommentEvent(to_state=Comment.State.PUBLISHED)
    insert(event, ("comment_id", "at"), ((place.pk, place.moment) for place in found), total=count)
    last = max(place.moment for place in found)
    Discussion.objects.filter(pk=discussion.pk).update(count=count, version=count, last_published_at=last)
    return sorted(found, key=lambda place: place.path)


def places(count: int, *, begin: datetime, end: datetime) -> Iterator[Place]:
    """The comments in the order in which they are written, evenly from `begin` to `end`."""
    pause = (end - begin) / count
    long_thread = range(count // 4 // GROUP, count * 3 // 4 // GROUP) if count >= LONG_FROM else range(0)
    root: Place | None = None
    for group in range(count // GROUP):
        said: list[Place] = []
        for index, answered in enumerate(PATTERN):
            number = group * GROUP + index
            above = said[answered] if answered is not None else root if group in long_thread else None
            said.append(_place(number, begin + number * pause, above))
            yield said[-1]
        if group in long_thread and root is None:
            root = said[0]


def _place(number: int, moment: datetime, above: Place | None) -> Place:
    milliseconds = (moment - ids.EPOCH) // timedelta(milliseconds=1)
    pk = milliseconds << ids.RANDOM_BITS | number * 2_654_435_761 % (1 << ids.RANDOM_BITS)
    return Place(pk, above.pk if above else None, (above.path if above else b"") + ids.segment(pk), moment)


def _row(number: int, place: Place) -> tuple[object, ...]:
    text = texts.comments()[number % texts.COMMENTS]
    depth = paths.levels(place.path) - 1
    network, words = _digest(f"network {number % NETWORKS}"), _digest(f"words {number}")
    told = (f"Reader {number}", text.source, text.html)
    return (place.pk, place.parent, place.path, depth, *told, place.moment, place.moment, network, words)


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
