"""Evidence of a permission: private files in a storage that no public URL reaches."""

import hashlib
from pathlib import Path
from typing import Any

from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from blog.models.fields import new_public_id
from blog.models.reposts import EvidenceKind
from core import clock


def private_storage() -> Storage:
    return storages["private"]


def private_name(evidence: "Evidence", filename: str) -> str:
    """Return a random name: the original file name may reveal private data or be hostile."""
    return f"evidence/{new_public_id()}{new_public_id()}"


class Evidence(models.Model):
    """A forwarded e-mail, a letter or a scan. Only staff with permission can open it; readers see its kind and date."""

    repost = models.ForeignKey("blog.Repost", models.PROTECT, related_name="evidence", verbose_name=_("repost"))
    kind = models.CharField(_("kind"), max_length=10, choices=EvidenceKind, default=EvidenceKind.EMAIL)
    dated = models.DateField(_("dated"), help_text=_("The date of the e-mail or letter. Readers see it."))
    file = models.FileField(_("file"), storage=private_storage, upload_to=private_name)
    filename = models.CharField(max_length=200, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    added_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.dated}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; for a new row, also store the file's original name and digest."""
        if self._state.adding:
            self.filename = Path(self.file.name or "").name[:200]
            content = self.file.open("rb")  # left open: closing an upload deletes it
            self.sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            content.seek(0)
        super().save(*args, **kwargs)
