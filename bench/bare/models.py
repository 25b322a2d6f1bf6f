"""The only table of the bare application."""

from typing import ClassVar

from django.db import models


class Remark(models.Model):
    name = models.CharField(max_length=80)
    text = models.TextField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["Remark"]] = models.Manager()

    class Meta:
        app_label = "bench"  # not an installed app, neither of our site nor of the bare one
        db_table = "bench_remark"

    def __str__(self) -> str:
        return self.name
