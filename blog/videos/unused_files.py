"""Deletes uploaded files of videos (films, captions, posters) together with the last row that uses them."""

from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete, pre_save
from django.dispatch import receiver

from blog.models import Video
from core.files.shared_files import lock_shared_files


@receiver(pre_save, sender=Video)
def before_saving(instance: Video, raw: bool = False, **kwargs: Any) -> None:
    """Check the files that the row has now: saving may replace them."""
    if instance.pk and not raw:
        delete_if_unused(*Video.objects.filter(pk=instance.pk).values_list(*Video.FILE_FIELDS))


@receiver(post_delete, sender=Video)
def after_deleting(instance: Video, **kwargs: Any) -> None:
    delete_if_unused(tuple(getattr(instance, field).name for field in Video.FILE_FIELDS))


def delete_if_unused(*rows: tuple[str | None, ...]) -> None:
    """After the transaction commits, delete the files with these names that no row uses then."""
    for name in filter(None, {name for row in rows for name in row}):
        transaction.on_commit(partial(_delete_if_unused, name), robust=True)


def _delete_if_unused(name: str) -> None:
    with transaction.atomic():
        lock_shared_files()
        if not Video.objects.with_file(name).exists():
            default_storage.delete(name)
