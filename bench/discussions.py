"""Long discussions: rows of many comments with their positions in the tree."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from bench import texts
from bench.insert import insert
from blog import rendering
from comments.models import Comment, CommentEvent, Discussion
from comments.threads import ids, paths

# The parent of each comment in a group of ten. A group is a thread, or a branch of the long thread. A page of fifty
# comments holds five groups.
PATTERN = (None, 0, 1, 1, 0, 4, 4, 0, 7, 8)
GROUP = len(PATTERN)
LONG_FROM = 1_000  # comments; in discussions of this size, one thread has half of the comments
NETWORKS = 5_000
COLUMNS = (
    *("id", "parent_id", "path", "depth", "name", "source", "html"),
    *("created_at", "published_at", "network_key", "words_key"),
)


class Node(NamedTuple):
    pk: int
    parent: int | None
    path: bytes
    created_at: datetime


def fill(discussion: Discussion, count: int, *, start: datetime, end: datetime) -> list[Node]:
    """Add `count` comments, a multiple of ten, to an empty discussion. Return them in reading order."""
    found = list(nodes(count, start=start, end=end))
    prototype = Comment(
        id=0, discussion=discussion, state=Comment.State.PUBLISHED, shown=True, render_version=rendering.RENDER_VERSION
    )
    insert(prototype, COLUMNS, (_row(number, node) for number, node in enumerate(found)), total=count)
    event = CommentEvent(to_state=Comment.State.PUBLISHED)
    insert(event, ("comment_id", "at"), ((node.pk, node.created_at) for node in found), total=count)
    last = max(node.created_at for node in found)
    Discussion.objects.filter(pk=discussion.pk).update(count=count, version=count, last_published_at=last)
    return sorted(found, key=lambda node: node.path)


def nodes(count: int, *, start: datetime, end: datetime) -> Iterator[Node]:
    """Yield the comments in the order of writing, at equal intervals from `start` to `end`."""
    interval = (end - start) / count
    long_thread = range(count // 4 // GROUP, count * 3 // 4 // GROUP) if count >= LONG_FROM else range(0)
    root: Node | None = None
    for group in range(count // GROUP):
        written: list[Node] = []
        for index, parent_index in enumerate(PATTERN):
            number = group * GROUP + index
            parent = written[parent_index] if parent_index is not None else root if group in long_thread else None
            written.append(_node(number, start + number * interval, parent))
            yield written[-1]
        if group in long_thread and root is None:
            root = written[0]


def _node(number: int, created_at: datetime, parent: Node | None) -> Node:
    milliseconds = (created_at - ids.EPOCH) // timedelta(milliseconds=1)
    pk = milliseconds << ids.RANDOM_BITS | number * 2_654_435_761 % (1 << ids.RANDOM_BITS)
    return Node(pk, parent.pk if parent else None, (parent.path if parent else b"") + ids.segment(pk), created_at)


def _row(number: int, node: Node) -> tuple[object, ...]:
    text = texts.comments()[number % texts.COMMENTS]
    depth = paths.levels(node.path) - 1
    network, words = _digest(f"network {number % NETWORKS}"), _digest(f"words {number}")
    content = (f"Reader {number}", text.source, text.html)
    return (node.pk, node.parent, node.path, depth, *content, node.created_at, node.created_at, network, words)


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
