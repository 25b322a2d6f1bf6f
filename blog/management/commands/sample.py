"""Puts the sample content on the site, and takes it away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from blog.sample import loading


class Command(BaseCommand):
    help = "Adds sample posts, people and comments; with --remove it takes them away, and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove",
            action="store_true",
            help="Take the sample away, with what you changed in its posts and all comments under them.",
        )

    def handle(self, *args: Any, remove: bool, **options: Any) -> None:
        self.stdout.write(removed() if remove else added())


def added() -> str:
    try:
        is_new = loading.load()
    except loading.SlugTaken as taken:
        message = _("One of your posts has the address “%(slug)s”, which the sample needs. Change it and try again.")
        raise CommandError(message % {"slug": taken}) from taken
    if not is_new:
        return _("The sample is already here; nothing was changed.")
    return _("The sample is here. “manage.py sample --remove” takes it away again.")


def removed() -> str:
    if loading.remove():
        return _("The sample is gone; all that is yours is still here.")
    return _("There is no sample here; nothing was changed.")
