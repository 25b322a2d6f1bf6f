"""Files that are named by their content and stored once, however many rows refer to them."""

from typing import Any

from django.core.files.base import File
from django.db import connection, models, transaction
from django.db.models.fields.files import FieldFile

from core.files import content_names

SHARED_FILES_LOCK = 0x696D7066  # an arbitrary number that nothing else locks in our database


def lock_shared_files() -> None:
    """Hold the lock on shared files until the current transaction ends.

    Take this lock before you store a file and before you delete one. Otherwise a file could be deleted at the moment at
    which a second row starts to refer to it. SQLite needs no lock: a transaction begins with BEGIN IMMEDIATE, so there
    is one writer at a time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SHARED_FILES_LOCK])


class SharedFile(FieldFile):
    """The value of a `SharedFileField`."""

    def save(self, name: str, content: File[Any], save: bool = True) -> None:
        """Refer to the stored file if there is a complete one with the same content; store `content` otherwise."""
        stored = self.field.generate_filename(self.instance, name)
        with transaction.atomic():
            lock_shared_files()
            if not (content_names.is_by_content(name) and content_names.is_whole(self.storage, stored, content.size)):
                super().save(name, content, save)
                return
            self.name = stored
            setattr(self.instance, self.field.attname, stored)
            self._committed = True
            if save:
                self.instance.save()


class SharedFileField(models.FileField):
    """A file field for content-addressed names (`core.files.content_names`)."""

    attr_class = SharedFile
