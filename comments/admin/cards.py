"""A comment as moderators read it: with its place, what the rules found, and what is known of its writer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models.posts import LONG_COLUMNS
from comments.models import Ban, Comment, CommentQuerySet
from comments.moderation import banning
from comments.screening import judging

State = Comment.State
Counts = dict[str, int]  # of comments, by state

UNREAD = [f"discussion__post__{name}" for name in LONG_COLUMNS if "__" not in name]
UNREAD += ["parent__html", "reply_to__html"]


@dataclass(frozen=True)
class Card:
    """`network` and `address` say what else came from the writer's network, and from their confirmed address."""

    comment: Comment
    bans: list[Ban]
    network: str
    address: str

    @cached_property
    def findings(self) -> list[tuple[str, int]]:
        return judging.explain_to_moderators(self.comment)

    @property
    def answers(self) -> Comment | None:
        """The comment that it answers."""
        return self.comment.reply_to or self.comment.parent

    @property
    def email_status(self) -> str:
        """What is known of the e-mail address, which itself is nobody's proof: everybody can type any."""
        if not self.comment.email:
            return _("no e-mail address")
        return _("e-mail address confirmed") if self.comment.email_confirmed_at else _("e-mail address not confirmed")

    @property
    def can_hold(self) -> bool:
        return not self.bans and banning.can_ban_writer(self.comment)

    @property
    def is_refused(self) -> bool:
        return any(ban.mode == Ban.Mode.REFUSE for ban in self.bans)


def rows() -> CommentQuerySet:
    """Comments with what a card shows of their surroundings, without any post's body."""
    return Comment.objects.select_related("discussion__post__blog", "parent", "reply_to").defer(*UNREAD)


def of(comments: Sequence[Comment]) -> list[Card]:
    """The cards of some comments in their order: three queries for all of them together."""
    bans = banning.find_by_comment(comments)
    networks, addresses = _by_network(comments), _by_address(comments)
    return [
        Card(
            comment,
            bans[comment.pk],
            network=_in_words(networks[bytes(comment.network_key or b"")], comment),
            address=_in_words(addresses[_proved(comment)], comment),
        )
        for comment in comments
    ]


def _by_network(comments: Iterable[Comment]) -> dict[bytes, Counts]:
    keys = {bytes(comment.network_key) for comment in comments if comment.network_key}
    counted: dict[bytes, Counts] = defaultdict(dict)
    rows = Comment.objects.filter(network_key__in=keys).values_list("network_key", "state").annotate(Count("pk"))
    for key, state, count in rows.order_by():
        counted[bytes(key or b"")][state] = count
    return counted


def _by_address(comments: Iterable[Comment]) -> dict[str, Counts]:
    """Of addresses that were confirmed each time: what others typed is no word about their owner."""
    proved = {_proved(comment) for comment in comments} - {""}
    counted: dict[str, Counts] = defaultdict(dict)
    rows = Comment.objects.filter(email__in=proved, email_confirmed_at__isnull=False)
    for email, state, count in rows.values_list("email", "state").annotate(Count("pk")).order_by():
        counted[email][state] = count
    return counted


def _proved(comment: Comment) -> str:
    return comment.email if comment.email_confirmed_at else ""


def _in_words(counts: Counts, comment: Comment) -> str:
    """“3 published, 1 refused”, without the comment itself; empty where there is nothing else."""
    others = {state: count - (state == comment.state) for state, count in counts.items()}
    published, waiting = others.get(State.PUBLISHED, 0), others.get(State.PENDING, 0)
    refused = sum(others.get(state, 0) for state in (State.SPAM, State.REJECTED, State.REMOVED))
    parts = [
        ngettext("%(count)d published", "%(count)d published", published) % {"count": published} if published else "",
        ngettext("%(count)d waiting", "%(count)d waiting", waiting) % {"count": waiting} if waiting else "",
        ngettext("%(count)d refused", "%(count)d refused", refused) % {"count": refused} if refused else "",
    ]
    return ", ".join(filter(None, parts))
