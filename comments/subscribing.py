from comments.models import Comment


def ask_to_confirm(comment: Comment, scope: str) -> None:
    """Stub."""
