"""Where files lie that nobody may have by an address; and what it is called when files cannot be reached."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext_lazy

SORRY = gettext_lazy("Files cannot be stored at the moment: their place does not answer. Try again soon.")


class Away(Exception):
    """Files are kept elsewhere, and that place does not answer or refuses. Whether a file is there is not known."""


class PrivateFolder(FileSystemStorage):
    """Files that no address of the site serves, readable to its own system user only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"file_permissions_mode": 0o600} | options)

    @property
    def location(self) -> str:
        """Asked for each time: Django makes a storage once, before a test has its own folder."""
        return str(settings.DATA / "private")

    def url(self, name: str | None) -> NoReturn:
        raise ValueError("Private files have no address.")
