"""``manage.py permissions_verify``: check every ledger and report what is wrong."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from blog.models import PermissionEvent, Repost
from blog.permissions import verification


class Command(BaseCommand):
    help = "Check every permission: its ledger, the words that readers see, and the evidence. Fails if one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        reposts = Repost.objects.select_related("post__blog", "shown", "covered").order_by("pk")
        checked = broken = 0
        for repost in reposts.iterator(chunk_size=200):
            checked += 1
            faults = list(verification.faults(repost))
            broken += bool(faults)
            for fault in faults:
                self.stdout.write(f"{repost.post.slug} ({repost.public_id}): {fault}")
        if broken:
            raise CommandError(f"{broken} of {checked} permissions are broken.")
        self.stdout.write(f"{checked} permissions, {PermissionEvent.objects.count()} steps: all intact.")
