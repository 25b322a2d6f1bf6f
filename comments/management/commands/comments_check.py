"""``manage.py comments_check``: prove every discussion, and mend what can be mended."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef, Q

from comments.models import Comment, Discussion
from comments.moderation import integrity

FIRST = 10  # faults named for each discussion


class Command(BaseCommand):
    help = (
        "Prove that every comment stands in its place, is shown and counted as it should be, and has a whole history."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="write places, visibility and counts anew where they are wrong"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        said = Exists(Comment.objects.filter(discussion=OuterRef("pk")))
        discussions = Discussion.objects.filter(Q(said) | ~Q(count=0)).select_related("post").order_by("pk")
        checked = broken = 0
        for discussion in discussions.iterator(chunk_size=200):
            checked += 1
            broken += bool(self._check(discussion, repair=options["repair"]))
        if broken:
            raise CommandError(f"{broken} of {checked} discussions do not hold.")
        self.stdout.write(f"{checked} discussions, {Comment.objects.count()} comments: whole.")

    def _check(self, discussion: Discussion, *, repair: bool) -> list[str]:
        """The faults that are left."""
        faults = integrity.faults(discussion.pk)
        self._name(discussion, faults)
        if faults and repair:
            mended = integrity.repair(discussion.pk)
            self.stdout.write(f"{discussion.post.slug}: {mended} rows were mended.")
            faults = integrity.faults(discussion.pk)
            self._name(discussion, faults)
        return faults

    def _name(self, discussion: Discussion, faults: list[str]) -> None:
        for fault in faults[:FIRST]:
            self.stdout.write(f"{discussion.post.slug}: {fault}")
        if more := faults[FIRST:]:
            self.stdout.write(f"{discussion.post.slug}: and {len(more)} more.")
