"""What moderators have told the rules: whom and what to hold or refuse, and which words mean spam."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from comments.models.comments import Comment
from core import clock
from core.compiled_queries import Given


class BanQuerySet(models.QuerySet["Ban"]):
    def in_force(self, now: Given | None = None) -> Self:
        return self.filter(Q(until=None) | Q(until__gt=now or clock.now()))


class Ban(models.Model):
    """Something that is refused or held wherever it comes: a person, known by network or e-mail, a word, a domain.

    Of networks and addresses only keyed hashes are kept. That of a network leads nowhere once its key is destroyed, so
    such a ban ends with it.
    """

    class Kind(models.TextChoices):
        NETWORK = "network", _("network")
        EMAIL = "email", _("e-mail address")
        WORD = "word", _("word")
        DOMAIN = "domain", _("domain")

    class Mode(models.TextChoices):
        HOLD = "hold", _("hold for a moderator")
        REFUSE = "refuse", _("refuse")

    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    mode = models.CharField(_("what to do"), max_length=10, choices=Mode, default=Mode.HOLD)
    key: models.BinaryField[bytes | None, bytes | None] = models.BinaryField(
        max_length=32, null=True, help_text="Keyed hash of a network or of an address."
    )
    value = models.CharField(
        _("word or domain"),
        max_length=200,
        blank=True,
        help_text=_("A word or several, in any case; a domain stands for all that is below it."),
    )
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until it is lifted."))
    reason = models.CharField(_("reason"), max_length=300, blank=True, help_text=_("Only moderators see it."))
    comment = models.ForeignKey(
        Comment, models.SET_NULL, null=True, editable=False, related_name="bans", verbose_name=_("because of")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("since"), default=clock.now, editable=False)

    objects = BanQuerySet.as_manager()

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
        indexes = [models.Index(fields=["kind", "key"], name="ban_key")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}".strip()


class SpamToken(models.Model):
    """In how many comments that moderators called good, or spam, something occurred; the empty one counts them all."""

    token = models.CharField(max_length=60, primary_key=True)
    ham = models.PositiveIntegerField(default=0)
    spam = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("spam filter word")
        verbose_name_plural = _("spam filter words")

    def __str__(self) -> str:
        return self.token
