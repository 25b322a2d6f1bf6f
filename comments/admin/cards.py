"""A card shows a comment to moderators: in its context, with the findings and what is known of the writer."""

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

DEFERRED = [f"discussion__post__{name}" for name in LONG_COLUMNS if "__" not in name]
DEFERRED += ["parent__html", "reply_to__html"]


@dataclass(frozen=True)
class Card:
    """`same_email` and `same_network` summarise the other comments from the confirmed email and from the network."""

    comment: Comment
    bans: list[Ban]
    same_email: str
    same_network: str

    @cached_property
    def findings(self) -> list[tuple[str, int]]:
        return judging.explain_to_moderators(self.comment)

    @property
    def replied_to(self) -> Comment | None:
        """The comment to which this one replies."""
        return self.comment.reply_to or self.comment.parent

    @property
    def email_status(self) -> str:
        """What is known about the email. The email itself proves nothing: anybody can type it."""
        if not self.comment.email:
            return _("no e-mail address")
        return _("e-mail address confirmed") if self.comment.email_confirmed_at else _("e-mail address not confirmed")

    @property
    def can_ban_writer(self) -> bool:
        return not self.bans and banning.can_ban_writer(self.comment)

    @property
    def is_refused(self) -> bool:
        return any(ban.mode == Ban.Mode.REFUSE for ban in self.bans)


def comments_for_cards() -> CommentQuerySet:
    """Comments with the related rows that a card shows, without the bodies of posts."""
    return Comment.objects.select_related("discussion__post__blog", "parent", "reply_to").defer(*DEFERRED)


def build(comments: Sequence[Comment]) -> list[Card]:
    """Return the cards of comments, in their order. Three queries for all of them together."""
    bans = banning.find_by_comment(comments)
    by_email, by_network = _count_by_email(comments), _count_by_network(comments)
    return [
        Card(
            comment,
            bans[comment.pk],
            same_email=_summarize_others(by_email[_confirmed_email(comment)], comment),
            same_network=_summarize_others(by_network[bytes(comment.network_key or b"")], comment),
        )
        for comment in comments
    ]


def _count_by_network(comments: Iterable[Comment]) -> dict[bytes, Counts]:
    keys = {bytes(comment.network_key) for comment in comments if comment.network_key}
    counts: dict[bytes, Counts] = defaultdict(dict)
    rows = Comment.objects.filter(network_key__in=keys).values_list("network_key", "state").annotate(Count("pk"))
    for key, state, count in rows.order_by():
        counts[bytes(key or b"")][state] = count
    return counts


def _count_by_email(comments: Iterable[Comment]) -> dict[str, Counts]:
    """Counts only comments whose email was confirmed: others may have typed it without owning it."""
    emails = {_confirmed_email(comment) for comment in comments} - {""}
    counts: dict[str, Counts] = defaultdict(dict)
    rows = Comment.objects.filter(email__in=emails, email_confirmed_at__isnull=False)
    for email, state, count in rows.values_list("email", "state").annotate(Count("pk")).order_by():
        counts[email][state] = count
    return counts


def _confirmed_email(comment: Comment) -> str:
    return comment.email if comment.email_confirmed_at else ""


def _summarize_others(counts: Counts, comment: Comment) -> str:
    """“3 published, 1 refused”, without the comment itself; empty if there are no others."""
    others = {state: count - (state == comment.state) for state, count in counts.items()}
    published, waiting = others.get(State.PUBLISHED, 0), others.get(State.PENDING, 0)
    refused = sum(others.get(state, 0) for state in (State.SPAM, State.REJECTED, State.REMOVED))
    parts = [
        ngettext("%(count)d published", "%(count)d published", published) % {"count": published} if published else "",
        ngettext("%(count)d waiting", "%(count)d waiting", waiting) % {"count": waiting} if waiting else "",
        ngettext("%(count)d refused", "%(count)d refused", refused) % {"count": refused} if refused else "",
    ]
    return ", ".join(filter(None, parts))
