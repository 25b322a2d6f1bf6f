"""``manage.py permissions_verify``: walk every ledger and name what does not hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from blog.models import PermissionEvent, Repost
from blog.permissions import verification


class Command(BaseCommand):
    help = "Prove every permission: its ledger, the words that readers see and the evidence. Fails where one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        reposts = Repost.objects.select_related("post__blog", "shown", "covered").order_by("pk")
        checked = broken = 0
        for repost in reposts.iterator(chunk_size=200):
            checked += 1
            found = list(verification.faults(repost))
            broken += bool(found)
            for fault in found:
                self.stdout.write(f"{repost.post.slug} ({repost.public_id}): {fault}")
        if broken:
            raise CommandError(f"{broken} of {checked} permissions do not hold.")
        self.stdout.write(f"{checked} permissions, {PermissionEvent.objects.count()} steps: whole.")
