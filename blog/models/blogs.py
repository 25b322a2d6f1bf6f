"""The blog itself."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from blog.models.fields import LanguageField, validate_time_zone

BLOG_ID = 1


class Blog(models.Model):
    """The one row of the site's own data: its title, language and time zone.

    Its URL is the setting SITE_URL instead, since allowed hosts, HSTS and secure cookies also depend on it.
    """

    class Hold(models.TextChoices):
        """Which comments wait for a moderator before readers see them."""

        NOTHING = "nothing", _("nothing")
        LINKS = "links", _("what has links or looks like spam")
        FIRST = "first", _("what has links, looks like spam, or is by a new commenter")
        ALL = "all", _("everything")

    title = models.CharField(_("title"), max_length=200, default="Imprimatur")
    tagline = models.CharField(_("tagline"), max_length=300, blank=True)
    owner = models.ForeignKey(
        "blog.Person", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    language = LanguageField(_("language"), default="en", help_text=_("The language of menus, dates and messages."))
    time_zone = models.CharField(
        _("time zone"), max_length=60, default="UTC", validators=[validate_time_zone], help_text="Europe/Berlin"
    )

    comments_hold = models.CharField(
        _("what waits for a moderator"),
        max_length=10,
        choices=Hold,
        default=Hold.LINKS,
        help_text=_(
            "Readers see these comments only after a moderator has approved them. A post may have its own rule."
        ),
    )
    comments_close_after = models.PositiveSmallIntegerField(
        _("discussions close after"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Days after a post was published. If empty, discussions stay open."),
    )

    class Meta:
        verbose_name = _("blog")
        verbose_name_plural = _("blog")
        constraints = [models.CheckConstraint(condition=models.Q(pk=BLOG_ID), name="one_blog")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def load(cls) -> "Blog":
        """Return the blog with its owner, in one query. A migration creates the row."""
        return cls.objects.select_related("owner").get(pk=BLOG_ID)

    def get_absolute_url(self) -> str:
        return "/"

    @property
    def base_url(self) -> str:
        """Scheme and host, without a trailing slash."""
        return str(settings.SITE_URL)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
