"""Asking the author, and what strangers have to say about a credit."""

from django.db import models
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _

from blog.models.reposts import Repost
from core import clock


class PermissionRequest(models.Model):
    """A question to the author by e-mail. It changes nothing that is public; the answer may."""

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        NOT_MINE = "not_mine", _("this is not mine")

    repost = models.ForeignKey(Repost, models.PROTECT, related_name="requests", verbose_name=_("repost"))
    person = models.ForeignKey("blog.Person", models.PROTECT, related_name="+", verbose_name=_("author"))
    email = models.EmailField(_("address"), help_text="As it was when asked. Private.")
    wording = models.ForeignKey("blog.Wording", models.PROTECT, related_name="+", verbose_name=_("words"))
    asked_at = models.DateTimeField(_("asked"), default=clock.now, editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer, blank=True, editable=False)

    class Meta:
        verbose_name = _("question to an author")
        verbose_name_plural = _("questions to authors")
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person}, {self.asked_at:%Y-%m-%d}"

    @property
    def domain(self) -> str:
        """What readers learn of the address. In ASCII: letters of other scripts would pass for those of example.edu."""
        return punycode(self.email.rpartition("@")[2]).lower()


class AuthorLink(models.Model):
    """The digest of a link that was mailed. The link itself is known to its addressee only.

    Each sending mints a new one and none ends another: a mail that is sent again must not kill the first.
    """

    request = models.ForeignKey(PermissionRequest, models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.request} ({self.expires_at:%Y-%m-%d})"


class Dispute(models.Model):
    """A stranger's objection to a credit. Nothing public changes unless the host agrees."""

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
        max_length=32, null=True, help_text="Keyed hash of the sender's network, for thirty days."
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)

    class Meta:
        verbose_name = _("objection to a credit")
        verbose_name_plural = _("objections to credits")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.repost}: {self.get_state_display()}"
