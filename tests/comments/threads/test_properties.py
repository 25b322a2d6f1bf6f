"""Any sequence of actions: the stored discussion is compared with a second, simple model of the rules."""

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
from tests.comments.held_comments import as_if_held
from tests.comments.thread_integrity import assert_whole, shown

# The state transitions of each step.
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
Status = tuple[str, bool]  # the state, and whether replies are hidden


@dataclass
class SimpleComment:
    """A comment without paths and counters.

    `past` holds the status before each change, and the batch that the change belongs to.
    """

    text: str
    above: "SimpleComment | None"
    state: str = "published"
    hides: bool = False
    replies: "list[SimpleComment]" = field(default_factory=list)
    past: "list[tuple[UUID | None, Status]]" = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        return self.above is not None and (self.above.hides or self.above.is_hidden)

    @property
    def is_read(self) -> bool:
        return self.state == "published" and not self.is_hidden

    @property
    def lines(self) -> list[str]:
        """Its own text and those below it, as far as readers see them."""
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
        """Only the last change can be undone, and only once."""
        return bool(self.past) and self.past[-1][0] == batch and self._become(self.past[-1][1], None)

    def _become(self, after: Status, batch: UUID | None) -> bool:
        before = self.state, self.hides
        if before == after:
            return False
        self.past.append((batch, before))
        self.state, self.hides = after
        return True


Pairs = list[tuple[Comment, SimpleComment]]
actions = st.tuples(st.sampled_from(("say", "say", "say", "hold", "undo", *MOVES)), st.integers(0, 30))


@hypothesis_settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(actions, max_size=30))
def test_the_discussion_agrees_with_the_simple_model(
    say: Say, own_post: Post, moderator: User, script: list[tuple[str, int]]
) -> None:
    Comment.objects.all().delete()
    Discussion.objects.update(count=0, last_published_at=None)
    pairs: Pairs = []
    batches: list[UUID] = []
    for number, (action, which) in enumerate(script):
        chosen = pairs[which % len(pairs)] if pairs and which else None
        if action in ("say", "hold"):
            pairs += _say(say, f"{number}", chosen, is_held=action == "hold")
        elif action == "undo" and batches:
            batch = batches[which % len(batches)]
            assert steps.undo(batch, by=moderator) == sum(model.undo(batch) for _comment, model in pairs)
        elif action in MOVES and chosen:
            batches.append(uuid4())
            assert _take(action, chosen[0], moderator, batches[-1]) == chosen[1].take(action, batches[-1])
    _compare(own_post, pairs)


def _compare(post: Post, pairs: Pairs) -> None:
    models = [model for _comment, model in pairs]
    threads = [model.lines for model in models if model.above is None]
    assert sorted(shown(post)) == sorted(line for lines in threads for line in lines)
    assert Discussion.objects.get(pk=post.pk).count == sum(model.is_read for model in models)
    assert_whole(post)
    for comment, model in pairs:
        comment.refresh_from_db()
        assert (comment.state, comment.hides_replies, comment.source) == (model.state, model.hides, model.text)
    changes = sum(1 + len(model.past) for model in models)
    assert CommentEvent.objects.filter(comment__discussion=post.pk).count() == changes


def _say(say: Say, text: str, chosen: tuple[Comment, SimpleComment] | None, *, is_held: bool) -> Pairs:
    to, above = chosen or (None, None)
    try:
        comment = say(text, to=to)
    except Refused:
        assert above is not None
        assert not above.is_read
        return []
    assert above is None or above.is_read
    model = SimpleComment(text, above)
    if is_held:
        as_if_held(comment)
        model.state = "pending"
    if above:
        above.replies.append(model)
    return [(comment, model)]


def _take(step: str, comment: Comment, moderator: User, batch: UUID) -> bool:
    take: Callable[..., bool] = getattr(steps, step)
    if step in MODERATED:
        return take(comment, by=moderator, reason="", batch=batch)
    return take(comment)
