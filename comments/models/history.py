"""The history of comments: earlier wordings and changes of state."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from comments.models.comments import Comment
from core import clock


class CommentRevision(models.Model):
    """The text of a comment before its writer changed it. Only moderators see it."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="revisions", verbose_name=_("comment"))
    at = models.DateTimeField(_("replaced"), default=clock.now)
    source = models.TextField(_("text"))

    class Meta:
        verbose_name = _("earlier wording")
        verbose_name_plural = _("earlier wordings")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.comment_id} {self.at:%Y-%m-%d %H:%M}"


class CommentEvent(models.Model):
    """A change of a comment's state, or of whether it hides its replies. Append-only."""

    REASON_LENGTH = 300  # characters

    class Replies(models.TextChoices):
        HIDDEN = "hidden", _("hidden with it")
        SHOWN = "shown", _("shown again")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="events", verbose_name=_("comment"))
    at = models.DateTimeField(_("when"), default=clock.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
        help_text="Empty if the writer or the site itself made the change.",
    )
    from_state = models.CharField(_("from"), max_length=10, choices=Comment.State, blank=True)
    to_state = models.CharField(_("to"), max_length=10, choices=Comment.State)
    replies = models.CharField(_("replies"), max_length=10, choices=Replies, blank=True)
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH, blank=True)
    batch = models.UUIDField(
        null=True, editable=False, help_text="Shared by the changes that were made, and are undone, together."
    )

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("history")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["batch"], condition=models.Q(batch__isnull=False), name="event_batch"),
            models.Index(fields=["actor"], condition=models.Q(actor__isnull=False), name="event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_from_state_display()} → {self.get_to_state_display()}".strip()
