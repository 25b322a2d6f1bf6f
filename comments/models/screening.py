"""What moderators taught the screening rules: bans, and the words of the spam filter."""

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
    """A rule that refuses or holds matching comments: by network or email address of the writer, word, or domain.

    Networks and email addresses are stored as keyed hashes only. A hash of a network matches nothing once its key is
    destroyed, so the ban ends with the key.
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
        max_length=32, null=True, help_text="Keyed hash of a network or an e-mail address."
    )
    value = models.CharField(
        _("word or domain"),
        max_length=200,
        blank=True,
        help_text=_("One or more words in upper or lower case, or a domain, which includes its subdomains."),
    )
    until = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("If empty, the ban lasts until it is lifted.")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True, help_text=_("Only moderators see this."))
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
    """The number of good and of spam comments that contain a token. The empty token holds the totals."""

    token = models.CharField(max_length=60, primary_key=True)
    ham = models.PositiveIntegerField(default=0)
    spam = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("spam filter word")
        verbose_name_plural = _("spam filter words")

    def __str__(self) -> str:
        return self.token
