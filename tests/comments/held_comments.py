"""Comments that wait, for tests of what moderators do with them, whatever it is that made them wait."""

from django.db import transaction

from comments.models import Comment, Discussion

State = Comment.State


@transaction.atomic
def as_if_held(comment: Comment, state: str = State.PENDING) -> Comment:
    """A comment just said, as if it had never been published: stored in `state`, unseen and uncounted."""
    seen = int(comment.is_counted)
    Comment.objects.filter(pk=comment.pk).update(state=state, shown=False, published_at=None)
    comment.events.update(to_state=state)
    if seen:
        Discussion.objects.filter(pk=comment.discussion_id).note_change(count=-1)
    comment.refresh_from_db()
    return comment
