"""Requests for permission to authors, and readers' disputes of credits."""

from django.db import models
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from blog.models.reposts import Repost
from core import clock


class PermissionRequest(models.Model):
    """A request for permission, e-mailed to the author. Only the answer can change what is public."""

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        NOT_MINE = "not_mine", _("this is not mine")

    repost = models.ForeignKey(Repost, models.PROTECT, related_name="requests", verbose_name=_("repost"))
    person = models.ForeignKey("blog.Person", models.PROTECT, related_name="+", verbose_name=_("author"))
    email = models.EmailField(_("e-mail address"), help_text="The address at the time of the request. Private.")
    wording = models.ForeignKey("blog.Wording", models.PROTECT, related_name="+", verbose_name=_("words"))
    asked_at = models.DateTimeField(_("asked"), default=clock.now, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer, blank=True, editable=False)

    class Meta:
        verbose_name = _("request to an author")
        verbose_name_plural = _("requests to authors")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person}, {self.asked_at:%Y-%m-%d}"

    @property
    def domain(self) -> str:
        """The part of the e-mail address that readers see, in ASCII: letters of other scripts could mislead."""
        return punycode(self.email.rpartition("@")[2]).lower()


class AuthorLink(models.Model):
    """The digest of a link that was e-mailed. Only the addressee knows the link itself.

    Each sending creates a new link, and the earlier ones stay valid: a repeated e-mail must not break the first.
    """

    request = models.ForeignKey(PermissionRequest, models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.request} ({self.expires_at:%Y-%m-%d})"


class Dispute(models.Model):
    """A reader's objection to a credit. Nothing public changes unless the host agrees."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    repost = models.ForeignKey(Repost, models.CASCADE, related_name="disputes", verbose_name=_("repost"))
    text = models.TextField(_("objection"), max_length=2000)
    name = models.CharField(_("name"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    created_at = models.DateTimeField(_("sent"), default=clock.now, editable=False)
    network_key: models.BinaryField[bytes | None, bytes | None] = models.BinaryField(
        max_length=32, null=True, help_text="Keyed hash of the sender's network, kept for thirty days."
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)

    class Meta:
        verbose_name = _("objection to a credit")
        verbose_name_plural = _("objections to credits")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.repost}: {self.get_state_display()}"
