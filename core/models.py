"""The tables of `core`: tasks for the worker, the change log of the page cache, and the keys for visitors' networks."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core import clock


class Task(models.Model):
    """A task for the worker, enqueued in the transaction that needs it.

    `argument` identifies a row; it never holds a secret, a text or an email address.
    """

    job = models.CharField(_("job"), max_length=100)
    argument = models.CharField(_("about"), max_length=100, blank=True)
    due_at = models.DateTimeField(_("due"), default=clock.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("leased until"), null=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    failed_at = models.DateTimeField(_("given up"), null=True, editable=False)
    created_at = models.DateTimeField(_("enqueued"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["job", "argument"], name="task_once")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(failed_at__isnull=True), name="task_due")]

    def __str__(self) -> str:
        return f"{self.job} {self.argument}".strip()


class Invalidation(models.Model):
    """A change to something that readers see. Only database triggers write it (`core.page_cache.triggers`)."""

    tags = models.TextField(help_text="What changed: cache tags separated by spaces.")
    hard = models.BooleanField(help_text="Whether something may have been taken away.")
    transaction = models.BigIntegerField(help_text="PostgreSQL's transaction id; 0 on SQLite.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # Only PostgreSQL queries it; on SQLite a full index would cost one more page write for each comment.
            models.Index(fields=["transaction"], condition=models.Q(transaction__gt=0), name="invalidation_transaction")
        ]

    def __str__(self) -> str:
        return self.tags


class NetworkKey(models.Model):
    """The secret of one week. It turns a visitor's network into a pseudonym; once it is gone, nothing leads back."""

    week = models.DateField(primary_key=True, help_text="Its Monday.")
    secret: models.BinaryField[bytes, bytes] = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.week:%G-W%V}"
