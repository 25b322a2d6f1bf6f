"""The notes by which every process learns that pages it keeps are out of date."""

from django.db import models
from django.db.models.functions import Now


class Bump(models.Model):
    """Something changed that readers see. Only triggers of the database write it (`core.page_cache.triggers`)."""

    tags = models.TextField(help_text="What changed, separated by spaces.")
    hard = models.BooleanField(help_text="Whether something may have been taken away.")
    transaction = models.BigIntegerField(help_text="PostgreSQL's number of the transaction; 0 on SQLite.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # Only PostgreSQL asks for it; to SQLite it would be a page more to write with each comment.
            models.Index(fields=["transaction"], condition=models.Q(transaction__gt=0), name="bump_transaction")
        ]

    def __str__(self) -> str:
        return self.tags
