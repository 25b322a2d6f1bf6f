"""Email subscriptions and outgoing email."""

from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from comments.models.comments import Comment, Discussion
from core import clock


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def confirmed(self) -> Self:
        return self.filter(confirmed_at__isnull=False)

    @transaction.atomic
    def end(self) -> None:
        """Delete the subscriptions with everything that refers to them.

        The lock waits for concurrent announcements, so that the email items they insert are deleted as well. Without
        it, an item could be inserted after Django collected the rows to delete, and violate the foreign key.
        """
        locked = self.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
        Subscription.objects.filter(pk__in=list(locked)).delete()


class Subscription(models.Model):
    """A subscription to new comments by email. Until it is confirmed, only the confirmation message is sent.

    Ended subscriptions are deleted: no record remains of who once read what.
    """

    class Scope(models.TextChoices):
        REPLIES = "replies", _("replies to my comment")
        THREAD = "thread", _("this thread")
        POST = "post", _("all comments on this post")

    discussion = models.ForeignKey(
        Discussion, models.CASCADE, related_name="subscriptions", verbose_name=_("discussion")
    )
    scope = models.CharField(_("about"), max_length=10, choices=Scope)
    comment = models.ForeignKey(
        Comment,
        models.CASCADE,
        null=True,
        related_name="subscriptions",
        verbose_name=_("comment"),
        help_text="The comment whose replies are wanted, or the root of the thread. Empty for a whole post.",
    )
    email = models.EmailField(_("e-mail"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    created_at = models.DateTimeField(_("requested"), default=clock.now, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["email", "comment", "scope"], name="subscription_once"),
            models.UniqueConstraint(
                fields=["email", "discussion"], condition=Q(scope="post"), name="subscription_to_post_once"
            ),
            models.CheckConstraint(
                condition=Q(scope="post", comment=None) | (~Q(scope="post") & Q(comment__isnull=False)),
                name="subscription_about_something",
            ),
        ]
        indexes = [models.Index(fields=["discussion"], condition=Q(confirmed_at__isnull=False), name="subscribers")]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}: {self.discussion}"


class OutgoingEmail(models.Model):
    """An email that is to be sent or was sent. Its text is composed when it is sent. Deleted after thirty days."""

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("confirmation request")
        ACCESS = "access", _("link to personal data")
        NEWS = "news", _("new comments")
        QUEUE = "queue", _("moderation digest")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    email = models.EmailField(_("to"))
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, related_name="+", help_text="The comment whose writer is asked to confirm."
    )
    subscription = models.ForeignKey(
        Subscription, models.CASCADE, null=True, related_name="+", help_text="The subscription to confirm."
    )
    network_key: models.BinaryField[bytes | None, bytes | None] = models.BinaryField(
        max_length=32, null=True, help_text="Keyed hash of the network that requested it."
    )
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False, help_text="From then on it takes no more comments.")
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)

    class Meta:
        verbose_name = _("outgoing email")
        verbose_name_plural = _("outgoing emails")
        constraints = [
            models.UniqueConstraint(
                fields=["email"], condition=Q(kind="news", closed_at=None), name="outgoing_email_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=["email", "created_at"], name="outgoing_email_recipient"),
            models.Index(fields=["network_key", "created_at"], name="outgoing_email_network"),
            models.Index(fields=["kind", "created_at"], name="outgoing_email_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class EmailItem(models.Model):
    """A comment listed in an outgoing email. Each email address is notified of a comment only once."""

    message = models.ForeignKey(OutgoingEmail, models.CASCADE, related_name="items")
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="email_items")
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="email_items")
    email = models.EmailField()

    class Meta:
        verbose_name = _("email item")
        verbose_name_plural = _("email items")
        constraints = [models.UniqueConstraint(fields=["email", "comment"], name="email_item_once")]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.comment_id}"
