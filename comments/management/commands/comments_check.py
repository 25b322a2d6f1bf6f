"""``manage.py comments_check``: check the integrity of all discussions, and repair them with ``--repair``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef, Q

from comments.models import Comment, Discussion
from comments.moderation import integrity

MAX_LISTED = 10  # faults that are listed for each discussion


class Command(BaseCommand):
    help = "Check that every comment is at its place in the tree, shown and counted correctly, with a complete history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="correct paths, visibility and counts that are wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        has_comments = Exists(Comment.objects.filter(discussion=OuterRef("pk")))
        discussions = Discussion.objects.filter(Q(has_comments) | ~Q(count=0)).select_related("post").order_by("pk")
        checked = faulty = 0
        for discussion in discussions.iterator(chunk_size=200):
            checked += 1
            faulty += bool(self._check(discussion, repair=options["repair"]))
        if faulty:
            raise CommandError(f"{faulty} of {checked} discussions have faults.")
        self.stdout.write(f"{checked} discussions, {Comment.objects.count()} comments: no faults.")

    def _check(self, discussion: Discussion, *, repair: bool) -> list[str]:
        """Check a discussion; return the faults that remain."""
        faults = integrity.faults(discussion.pk)
        self._list(discussion, faults)
        if faults and repair:
            repaired = integrity.repair(discussion.pk)
            self.stdout.write(f"{discussion.post.slug}: {repaired} rows were repaired.")
            faults = integrity.faults(discussion.pk)
            self._list(discussion, faults)
        return faults

    def _list(self, discussion: Discussion, faults: list[str]) -> None:
        for fault in faults[:MAX_LISTED]:
            self.stdout.write(f"{discussion.post.slug}: {fault}")
        if rest := faults[MAX_LISTED:]:
            self.stdout.write(f"{discussion.post.slug}: and {len(rest)} more.")
