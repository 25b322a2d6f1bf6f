"""Models of discussions: comments, their history, email subscriptions and bans."""

from comments.models.comments import Comment, CommentQuerySet, Discussion
from comments.models.history import CommentEvent, CommentRevision
from comments.models.mailing import EmailItem, OutgoingEmail, Subscription
from comments.models.screening import Ban, SpamToken

__all__ = [
    "Ban",
    "Comment",
    "CommentEvent",
    "CommentQuerySet",
    "CommentRevision",
    "Discussion",
    "EmailItem",
    "OutgoingEmail",
    "SpamToken",
    "Subscription",
]
