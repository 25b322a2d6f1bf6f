"""The storage for private files, and the error for a storage that cannot be reached."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext_lazy

UNAVAILABLE = gettext_lazy("Files cannot be stored at the moment: the storage does not respond. Try again soon.")


class StorageUnavailable(Exception):
    """The storage of files does not respond, or refuses. Whether a file exists is unknown."""


class PrivateFolder(FileSystemStorage):
    """Files that no URL of the site serves, readable only by its system user."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"file_permissions_mode": 0o600} | options)

    @property
    def location(self) -> str:
        """Read from the settings each time: Django creates a storage once, before a test has its own folder."""
        return str(settings.DATA / "private")

    def url(self, name: str | None) -> NoReturn:
        raise ValueError("Private files have no URL.")
