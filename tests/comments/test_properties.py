"""Whatever happens in whatever order: a second, simple-minded account of the rules, compared with what is stored."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from blog.models import Post
from comments import moderation
from comments.models import Comment, Discussion
from comments.submission import Refused
from tests.comments.conftest import Say
from tests.comments.wholeness import assert_whole, shown

STEPS = ("remove", "remove_with_replies", "show_replies", "restore", "delete_by_writer")


@dataclass
class Remark:
    """A comment as somebody would explain it to a moderator: no paths, no counters."""

    text: str
    above: "Remark | None"
    state: str = "published"
    hides: bool = False
    replies: "list[Remark]" = field(default_factory=list)

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

    def take(self, step: str) -> bool:
        before = self.state, self.hides
        if step == "delete_by_writer" and self.state == "published":
            self.state = "deleted"
        elif step in ("remove", "remove_with_replies") and self.state == "published":
            self.state = "removed"
        elif step == "restore":
            self.state = "published"
        if step == "remove_with_replies":
            self.hides = True
        elif step in ("show_replies", "restore"):
            self.hides = False
        return before != (self.state, self.hides)


acts = st.tuples(st.sampled_from(("say", "say", "say", *STEPS)), st.integers(0, 30))


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, max_size=30))
def test_the_discussion_stays_whole_and_as_anybody_would_expect(
    say: Say, own_post: Post, moderator: User, script: list[tuple[str, int]]
) -> None:
    Comment.objects.all().delete()
    Discussion.objects.update(count=0, last_published_at=None)
    told: list[tuple[Comment, Remark]] = []
    for number, (act, which) in enumerate(script):
        chosen = told[which % len(told)] if told and which else None
        if act == "say":
            told += _say(say, f"{number}", chosen)
        elif chosen:
            assert _take(act, chosen[0], moderator) == chosen[1].take(act)
    remarks = [remark for _comment, remark in told]
    threads = [remark.lines for remark in remarks if remark.above is None]
    assert sorted(shown(own_post)) == sorted(line for lines in threads for line in lines)
    assert Discussion.objects.get(pk=own_post.pk).count == sum(remark.is_read for remark in remarks)
    assert_whole(own_post)
    assert all(Comment.objects.get(pk=comment.pk).source == remark.text for comment, remark in told)


def _say(say: Say, text: str, chosen: tuple[Comment, Remark] | None) -> list[tuple[Comment, Remark]]:
    to, above = chosen or (None, None)
    try:
        comment = say(text, to=to)
    except Refused:
        assert above is not None
        assert not above.is_read
        return []
    assert above is None or above.is_read
    remark = Remark(text, above)
    if above:
        above.replies.append(remark)
    return [(comment, remark)]


def _take(step: str, comment: Comment, moderator: User) -> bool:
    if step == "delete_by_writer":
        return moderation.delete_by_writer(comment)
    return bool(getattr(moderation, step)(comment, by=moderator, reason=""))
