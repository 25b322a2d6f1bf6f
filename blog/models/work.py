"""Rows of work for the worker: enqueued in the transaction that needs them, done afterwards."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock


class Work(models.Model):
    """One piece of work. `argument` names a row; it never holds a secret, a text or an address."""

    job = models.CharField(_("job"), max_length=100)
    argument = models.CharField(_("about"), max_length=100, blank=True)
    due_at = models.DateTimeField(_("due"), default=clock.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("in work until"), null=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    failed_at = models.DateTimeField(_("given up"), null=True, editable=False)
    created_at = models.DateTimeField(_("asked"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("piece of work")
        verbose_name_plural = _("work")
        ordering = ["due_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["job", "argument"], name="work_once")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(failed_at__isnull=True), name="work_due")]

    def __str__(self) -> str:
        return f"{self.job} {self.argument}".strip()
