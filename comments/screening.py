"""Rules that decide whether a comment appears, waits or is refused."""

from comments.models import Comment


def explained(comment: Comment) -> list[tuple[str, int]]:
    """What the rules found in a comment, for moderators: a sentence and the points that it gave, one for each."""
    return [(str(finding["code"]), int(finding["score"])) for finding in comment.findings]
