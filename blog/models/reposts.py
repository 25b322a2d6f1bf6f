"""Reposts: another person's words in a post, and the permission to show them."""

from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from blog.models.blogs import Blog
from blog.models.fields import HttpURLField, LanguageField, ProseField, new_public_id
from blog.models.posts import Post
from core import clock


class EvidenceKind(models.TextChoices):
    EMAIL = "email", _("e-mail")
    LETTER = "letter", _("letter")
    CONTRACT = "contract", _("contract")
    OTHER = "other", _("document")


class RepostQuerySet(models.QuerySet["Repost"]):
    def in_force(self) -> Self:
        """Reposts whose words may be shown now. `Repost.is_in_force` is the same rule for one row."""
        has_not_ended = models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=clock.now())
        return self.filter(has_not_ended, state__in=Repost.STATES_IN_FORCE)


class Repost(models.Model):
    """The words of another person, their source, and the permission under which the post shows them."""

    class Medium(models.TextChoices):
        WEB = "web", _("web page")
        EMAIL = "email", _("e-mail")
        TALK = "talk", _("talk")
        LETTER = "letter", _("letter")
        SOCIAL = "social", _("social network")
        PRINT = "print", _("in print")
        UNPUBLISHED = "unpublished", _("unpublished")

    class Extent(models.TextChoices):
        WHOLE = "whole", _("whole")
        EXCERPT = "excerpt", _("excerpt")

    class Alterations(models.TextChoices):
        NONE = "none", _("none")
        TYPOGRAPHY = "typography", _("typography or spelling")
        CUTS = "cuts", _("cuts")
        TRANSLATION = "translation", _("translation")
        OTHER = "other", _("other")

    class Basis(models.TextChoices):
        PERMISSION = "permission", _("permission")
        LICENCE = "licence", _("licence")
        PUBLIC_DOMAIN = "public_domain", _("public domain")
        OWN_WORK = "own_work", _("own work")
        QUOTATION_RIGHT = "quotation_right", _("right of quotation")

    class State(models.TextChoices):
        NONE = "none", _("nothing stated yet")
        ASSERTED = "asserted", _("stated by the host")
        CONFIRMED = "confirmed", _("confirmed by the author")
        STALE = "stale", _("confirmed, words edited since")
        DECLINED = "declined", _("declined by the author")
        DISPUTED = "disputed", _("disputed")
        WITHDRAWN = "withdrawn", _("withdrawn by the host")
        REVOKED = "revoked", _("revoked by the author")

    class Level(models.IntegerChoices):
        """What the ledger proves; the page never claims more."""

        NOTHING = 0, _("nothing")
        STATED = 1, _("the host's word")
        ON_FILE = 2, _("evidence on file")
        ANSWERED = 3, _("answered from the author's mailbox")

    STATES_IN_FORCE = (State.ASSERTED, State.CONFIRMED, State.STALE)
    STATES_CONFIRMED = (State.CONFIRMED, State.STALE)

    post = models.OneToOneField(Post, models.CASCADE, related_name="repost", verbose_name=_("post"))
    public_id = models.CharField(max_length=10, unique=True, default=new_public_id, editable=False)
    text = ProseField(_("words"), help_text=_("Only the other person's words. Yours go above or below."))
    shown = models.ForeignKey(
        "blog.Wording",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="What readers see while the permission is in force.",
    )
    covered = models.ForeignKey(
        "blog.Wording",
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="The wording that the author confirmed.",
    )
    language = LanguageField(_("language"), default="en")
    source_title = models.CharField(_("title of the source"), max_length=300, blank=True)
    source_url = HttpURLField(_("link to the source"), blank=True, help_text=_("Empty for a letter or an e-mail."))
    source_date = models.DateField(_("date of the source"), null=True, blank=True)
    medium = models.CharField(_("how it reached you"), max_length=12, choices=Medium, default=Medium.EMAIL)
    extent = models.CharField(_("extent"), max_length=10, choices=Extent, default=Extent.WHOLE)
    alterations = models.CharField(_("changes"), max_length=12, choices=Alterations, default=Alterations.NONE)

    basis = models.CharField(_("basis"), max_length=16, choices=Basis, blank=True)
    note = models.CharField(
        _("note for readers"), max_length=300, blank=True, help_text=_("E.g. “With his permission I repost here.”")
    )
    licence_name = models.CharField(_("licence"), max_length=60, blank=True, help_text=_("E.g. CC BY 4.0"))
    licence_url = HttpURLField(_("link to the licence"), blank=True)
    granted_on = models.DateField(_("granted on"), null=True, blank=True)
    expires_on = models.DateField(_("ends on"), null=True, blank=True, help_text=_("In force to the end of this day."))
    ends_at = models.DateTimeField(null=True, editable=False, help_text="The first moment after the last day.")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NONE, editable=False)
    level = models.PositiveSmallIntegerField(_("evidence"), choices=Level, default=Level.NOTHING, editable=False)
    state_since = models.DateTimeField(null=True, editable=False)
    state_note = models.CharField(max_length=300, blank=True, editable=False, help_text="The reason that readers see.")
    evidence_kind = models.CharField(max_length=10, choices=EvidenceKind, blank=True, editable=False)
    evidence_since = models.DateField(null=True, editable=False, help_text="The day of the earliest evidence on file.")
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_domain = models.CharField(max_length=255, blank=True, editable=False)
    is_disputed = models.BooleanField(_("attribution disputed"), default=False, editable=False)
    claims_ended_at = models.DateTimeField(
        null=True, editable=False, help_text="Proofs of authorship from before this moment no longer count."
    )
    reminded_of = models.DateField(null=True, editable=False, help_text="The last day that the host was reminded of.")

    # Conditions of the author. Every output respects them; see blog/permissions/terms.py.
    credit_wording = models.CharField(_("credit as the author words it"), max_length=200, blank=True)
    credit_link = HttpURLField(_("link that the author wants"), blank=True)
    no_snippet = models.BooleanField(_("not in search results"), default=False)
    not_in_feeds = models.BooleanField(_("not in full in feeds"), default=False)
    no_training = models.BooleanField(_("not for training AI"), default=False)
    author_end = models.DateField(_("end set by the author"), null=True, blank=True)

    CONDITIONS = ("credit_wording", "credit_link", "no_snippet", "not_in_feeds", "no_training", "author_end")

    objects = RepostQuerySet.as_manager()

    class Meta:
        verbose_name = _("repost")
        verbose_name_plural = _("reposts")
        indexes = [
            models.Index(fields=["ends_at"], condition=models.Q(ends_at__isnull=False), name="repost_ends"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["asserted", "confirmed", "stale"])
                | (~models.Q(basis="") & models.Q(level__gt=0)),
                name="repost_in_force_has_basis",
                violation_error_message=_("Words are public only on a stated basis."),
            )
        ]

    def __str__(self) -> str:
        return self.source_title or self.public_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and compute the end of the permission unless `update_fields` is given."""
        if kwargs.get("update_fields") is None:
            self.compute_end()
        super().save(*args, **kwargs)

    def compute_end(self) -> None:
        """Set `ends_at` to the end of the last day in the blog's time zone."""
        self.ends_at = end_of_day(self.last_day, self.post.blog) if self.last_day else None

    @property
    def last_day(self) -> date | None:
        """The earlier of the host's and the author's last day. None if neither is set."""
        return min((day for day in (self.expires_on, self.author_end) if day), default=None)

    @property
    def is_in_force(self) -> bool:
        """Whether the words may be shown now. `RepostQuerySet.in_force` is the same rule for queries."""
        return self.state in self.STATES_IN_FORCE and not self.has_expired

    @property
    def has_expired(self) -> bool:
        return self.ends_at is not None and self.ends_at <= clock.now()

    @property
    def has_ended(self) -> bool:
        """Whether a tombstone replaces the words, which readers may have seen before."""
        return not self.is_in_force and self.state != self.State.NONE

    @property
    def public_html(self) -> str:
        """The words as HTML that readers may see now. Empty unless a permission is in force."""
        return self.shown.html if self.is_in_force and self.shown else ""

    @property
    def may_be_revoked(self) -> bool:
        """Whether the author can end the permission. A licence is irrevocable, and the other bases need no consent."""
        return self.basis in (self.Basis.PERMISSION, "")


def end_of_day(day: date, blog: Blog) -> datetime:
    """Return the first moment after `day` in the blog's time zone."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=blog.zone)
