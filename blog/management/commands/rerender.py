"""``manage.py rerender``: render stored texts again whose HTML is from an older version of the renderer."""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from blog.extension_points import RENDERED
from blog.rendering import RENDER_VERSION

BATCH_SIZE = 50  # rows; other writers wait while a batch is rendered


class Command(BaseCommand):
    help = "Render all stored texts again whose HTML is from an older version of the renderer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those whose HTML is from this version")

    def handle(self, *args: Any, **options: Any) -> None:
        for label, fields in RENDERED.items():
            model = apps.get_model(label)
            done = self._rerender(model, [*fields, "render_version"], everything=options["all"])
            self.stdout.write(f"{model._meta.verbose_name_plural}: {done} rendered again.")

    def _rerender(self, model: type[models.Model], fields: list[str], *, everything: bool) -> int:
        rows = model._base_manager.order_by("pk")
        if not everything:
            rows = rows.filter(render_version__lt=RENDER_VERSION)
        total, done = rows.count(), 0
        while batch := _render(rows[:BATCH_SIZE], fields):
            done += len(batch)
            rows = rows.filter(pk__gt=batch[-1].pk)
            self.stdout.write(f"{done} of {total}", ending="\r")
        return done


@transaction.atomic
def _render(rows: models.QuerySet[Any], fields: list[str]) -> list[Any]:
    """Render a batch, and write only the rendered fields so that edit dates stay. The lock keeps out other edits."""
    batch = list(rows.select_for_update())
    for row in batch:
        row.render()
    rows.model._base_manager.bulk_update(batch, fields)
    return batch
