"""The keys under which visitors are told apart."""

from django.db import models

from core import clock


class VisitorKey(models.Model):
    """The key of a week: with it the network of a visitor becomes a name, and without it no name leads back."""

    week = models.DateField(primary_key=True, help_text="Its Monday.")
    secret: models.BinaryField[bytes, bytes] = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.week:%G-W%V}"
