"""The ledger of permissions: append-only rows, each linked to the previous one by a hash."""

import hashlib
import json
from datetime import UTC
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from blog.models.reposts import Repost
from core import clock


class AppendOnly(Exception):
    """A row of the ledger cannot be changed or deleted."""


class PermissionEventQuerySet(models.QuerySet["PermissionEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly("The ledger is never changed: append an event that corrects the error.")

    def delete(self) -> NoReturn:
        raise AppendOnly("The ledger is never deleted.")

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("The ledger grows row by row: bulk_create computes no hashes and may replace rows.")

    def remove_for_sample(self) -> None:
        """Delete the ledgers of sample content. This is the only exception."""
        super(PermissionEventQuerySet, self.filter(repost__post__is_sample=True)).delete()


class PermissionEvent(models.Model):
    """One step of a permission. It contains no words, no contact data and no secrets."""

    class Kind(models.TextChoices):
        ASSERTED = "asserted", _("stated by the host")
        TERMS_CHANGED = "terms_changed", _("terms changed")
        WORDS_EDITED = "words_edited", _("words edited")
        EVIDENCE_ADDED = "evidence_added", _("evidence added")
        REQUESTED = "requested", _("author asked")
        CONFIRMED = "confirmed", _("confirmed by the author")
        DECLINED = "declined", _("declined by the author")
        DISOWNED = "disowned", _("“not mine”, says the person named as author")
        RELEASED = "released", _("back to what the host states")
        WITHDRAWN = "withdrawn", _("withdrawn by the host")
        RESTORED = "restored", _("restored by the host")
        REVOKED = "revoked", _("revoked by the author")
        REVOCATION_ASKED = "revocation_asked", _("author asks for an end")
        EXPIRED = "expired", _("ended as agreed")
        DISPUTED = "disputed", _("attribution disputed")
        SETTLED = "settled", _("dispute settled")
        CREDIT_CORRECTED = "credit_corrected", _("name corrected by the author")

    class Actor(models.TextChoices):
        HOST = "host", _("host")
        AUTHOR = "author", _("author")
        SYSTEM = "system", _("system")

    repost = models.ForeignKey(Repost, models.PROTECT, related_name="events", verbose_name=_("repost"))
    number = models.PositiveIntegerField(_("number"))
    at = models.DateTimeField(_("when"), default=clock.now)
    kind = models.CharField(_("step"), max_length=20, choices=Kind)
    actor = models.CharField(_("by"), max_length=10, choices=Actor)
    actor_name = models.CharField(_("name"), max_length=200, blank=True)
    channel = models.CharField(_("through"), max_length=20)
    from_state = models.CharField(_("from"), max_length=10, choices=Repost.State)
    to_state = models.CharField(_("to"), max_length=10, choices=Repost.State)
    level = models.PositiveSmallIntegerField(_("evidence"), choices=Repost.Level)
    terms = models.JSONField(_("terms"), default=dict, help_text="Basis, licence, dates and conditions at this step.")
    details = models.JSONField(default=dict, help_text="Data of this step alone, e.g. the digest of a file.")
    note = models.CharField(_("public note"), max_length=300, blank=True)
    strict = models.CharField(max_length=80)
    folded = models.CharField(max_length=80)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = PermissionEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("permission step")
        verbose_name_plural = _("permission ledger")
        ordering = ["repost", "number"]
        constraints = [models.UniqueConstraint(fields=["repost", "number"], name="ledger_one_chain")]

    def __str__(self) -> str:
        return f"{self.number}. {self.get_kind_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("The ledger is never changed: append an event that corrects the error.")
        self.hash = self.compute_hash()
        super().save(force_insert=True, using=kwargs.get("using"))  # an UPDATE would replace an old row

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("The ledger is never deleted.")

    def compute_hash(self) -> str:
        """Return the SHA-256 of the row as canonical JSON, which includes the previous row's hash."""
        content = {
            "repost": self.repost.public_id,
            "number": self.number,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "kind": self.kind,
            "actor": self.actor,
            "actor_name": self.actor_name,
            "channel": self.channel,
            "from_state": self.from_state,
            "to_state": self.to_state,
            "level": int(self.level),
            "terms": self.terms,
            "details": self.details,
            "note": self.note,
            "strict": self.strict,
            "folded": self.folded,
            "previous_hash": self.previous_hash,
        }
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
