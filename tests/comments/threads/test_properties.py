"""Whatever happens in whatever order: a second, simple-minded account of the rules, compared with what is stored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from blog.models import Post
from comments.models import Comment, CommentEvent, Discussion
from comments.moderation import steps
from comments.posting.submission import Refused
from tests.comments.conftest import Say
from tests.comments.held import as_if_held
from tests.comments.wholeness import assert_whole, shown

# What each step makes of a comment: from which states it leads where.
HELD = ("pending", "spam", "rejected")
MOVES: dict[str, dict[str, str]] = {
    "approve": dict.fromkeys(HELD, "published"),
    "reject": dict.fromkeys(("pending", "spam"), "rejected"),
    "mark_spam": dict.fromkeys(("pending", "published", "rejected", "removed"), "spam"),
    "remove": {"published": "removed"},
    "restore": {"removed": "published"},
    "delete_by_writer": dict.fromkeys((*HELD, "published"), "deleted"),
    "requeue": {"published": "pending"},
    "erase": dict.fromkeys((*HELD, "published", "removed", "deleted"), "erased"),
    "remove_with_replies": {"published": "removed"},
    "show_replies": {},
}
MODERATED = ("approve", "reject", "mark_spam", "remove", "remove_with_replies", "show_replies", "restore")
Look = tuple[str, bool]  # the state, and whether replies are hidden


@dataclass
class Remark:
    """A comment as somebody would explain it to a moderator: no paths, no counters.

    `past` holds what it was before each change, with the batch that the change was a part of.
    """

    text: str
    above: "Remark | None"
    state: str = "published"
    hides: bool = False
    replies: "list[Remark]" = field(default_factory=list)
    past: "list[tuple[UUID | None, Look]]" = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        return self.above is not None and (self.above.hides or self.above.is_hidden)

    @property
    def is_read(self) -> bool:
        return self.state == "published" and not self.is_hidden

    @property
    def lines(self) -> list[str]:
        """Itself and what stands below it, as far as it is seen."""
        below = [line for reply in self.replies for line in reply.lines]
        return [self.text, *below] if self.is_read or below else []

    def take(self, step: str, batch: UUID) -> bool:
        state = MOVES[step].get(self.state, self.state)
        hides = self.hides and state != "published"
        if step == "remove_with_replies":
            hides = True
        elif step == "show_replies":
            hides = False
        if state == "erased":
            self.text = ""
        return self._become((state, hides), batch if step in MODERATED else None)

    def undo(self, batch: UUID) -> bool:
        """Only the last change is taken back, and only once."""
        return bool(self.past) and self.past[-1][0] == batch and self._become(self.past[-1][1], None)

    def _become(self, after: Look, batch: UUID | None) -> bool:
        before = self.state, self.hides
        if before == after:
            return False
        self.past.append((batch, before))
        self.state, self.hides = after
        return True


Told = list[tuple[Comment, Remark]]
acts = st.tuples(st.sampled_from(("say", "say", "say", "hold", "undo", *MOVES)), st.integers(0, 30))


@hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, max_size=30))
def test_the_discussion_stays_whole_and_as_anybody_would_expect(
    say: Say, own_post: Post, moderator: User, script: list[tuple[str, int]]
) -> None:
    Comment.objects.all().delete()
    Discussion.objects.update(count=0, last_published_at=None)
    told: Told = []
    batches: list[UUID] = []
    for number, (act, which) in enumerate(script):
        chosen = told[which % len(told)] if told and which else None
        if act in ("say", "hold"):
            told += _say(say, f"{number}", chosen, is_held=act == "hold")
        elif act == "undo" and batches:
            batch = batches[which % len(batches)]
            assert steps.undo(batch, by=moderator) == sum(remark.undo(batch) for _comment, remark in told)
        elif act in MOVES and chosen:
            batches.append(uuid4())
            assert _take(act, chosen[0], moderator, batches[-1]) == chosen[1].take(act, batches[-1])
    _compare(own_post, told)


def _compare(post: Post, told: Told) -> None:
    remarks = [remark for _comment, remark in told]
    threads = [remark.lines for remark in remarks if remark.above is None]
    assert sorted(shown(post)) == sorted(line for lines in threads for line in lines)
    assert Discussion.objects.get(pk=post.pk).count == sum(remark.is_read for remark in remarks)
    assert_whole(post)
    for comment, remark in told:
        comment.refresh_from_db()
        assert (comment.state, comment.hides_replies, comment.source) == (remark.state, remark.hides, remark.text)
    changes = sum(1 + len(remark.past) for remark in remarks)
    assert CommentEvent.objects.filter(comment__discussion=post.pk).count() == changes


def _say(say: Say, text: str, chosen: tuple[Comment, Remark] | None, *, is_held: bool) -> Told:
    to, above = chosen or (None, None)
    try:
        comment = say(text, to=to)
    except Refused:
        assert above is not None
        assert not above.is_read
        return []
    assert above is None or above.is_read
    remark = Remark(text, above)
    if is_held:
        as_if_held(comment)
        remark.state = "pending"
    if above:
        above.replies.append(remark)
    return [(comment, remark)]


def _take(step: str, comment: Comment, moderator: User, batch: UUID) -> bool:
    take: Callable[..., bool] = getattr(steps, step)
    if step in MODERATED:
        return take(comment, by=moderator, reason="", batch=batch)
    return take(comment)
