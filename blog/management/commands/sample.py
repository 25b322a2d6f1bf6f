"""Add the sample content to the site, or remove it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from blog.sample import loading


class Command(BaseCommand):
    help = "Adds sample posts, people and comments. With --remove, removes them and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove",
            action="store_true",
            help="Remove the sample, including your changes to its posts and all comments on them.",
        )

    def handle(self, *args: Any, remove: bool, **options: Any) -> None:
        self.stdout.write(remove_sample() if remove else add_sample())


def add_sample() -> str:
    try:
        is_new = loading.load()
    except loading.SlugTaken as taken:
        message = _("One of your posts uses the slug “%(slug)s”, which the sample needs. Change it and try again.")
        raise CommandError(message % {"slug": taken}) from taken
    if not is_new:
        return _("The sample is already there. Nothing was changed.")
    return _("The sample was added. “manage.py sample --remove” removes it again.")


def remove_sample() -> str:
    if loading.remove():
        return _("The sample was removed. Everything of your own is still there.")
    return _("There is no sample. Nothing was changed.")
