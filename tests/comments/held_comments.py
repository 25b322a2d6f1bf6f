"""Comments that wait for a moderator, whatever the reason."""

from django.db import transaction

from comments.models import Comment, Discussion

State = Comment.State


@transaction.atomic
def as_if_held(comment: Comment, state: str = State.PENDING) -> Comment:
    """Store a comment that was just posted in `state`, as if it had never been published, shown or counted."""
    was_counted = comment.is_counted
    Comment.objects.filter(pk=comment.pk).update(state=state, shown=False, published_at=None)
    comment.events.update(to_state=state)
    if was_counted:
        Discussion.objects.filter(pk=comment.discussion_id).record_change(count=-1)
    comment.refresh_from_db()
    return comment
