"""Files of ours that nobody shows any more: they go with the last row that had them, once that is certain."""

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
    """What the row still has now, it may not have afterwards."""
    if instance.pk and not raw:
        let_go(*Video.objects.filter(pk=instance.pk).values_list(*Video.FILES))


@receiver(post_delete, sender=Video)
def after_deleting(instance: Video, **kwargs: Any) -> None:
    let_go(tuple(getattr(instance, field).name for field in Video.FILES))


def let_go(*rows: tuple[str | None, ...]) -> None:
    """When the transaction is over, delete the files of these names that no row has then."""
    for name in filter(None, {name for row in rows for name in row}):
        transaction.on_commit(partial(_delete_unless_shown, name), robust=True)


def _delete_unless_shown(name: str) -> None:
    with transaction.atomic():
        lock_shared_files()
        if not Video.objects.with_file(name).exists():
            default_storage.delete(name)
