"""People: hosts and the authors of reposts."""

from itertools import chain, count
from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from blog.models.fields import HttpURLField
from core.urls import path_to


class PersonQuerySet(models.QuerySet["Person"]):
    def public(self) -> Self:
        """People who are named in public, with `post_count`, which counts their own posts up to `COUNT_LIMIT` + 1.

        These are the hosts of public posts and the people credited there for words that are or once were shown. People
        whom only a draft credits are left out.
        """
        from blog.models.posts import Credit, Post, capped_count, has_any
        from blog.models.reposts import Repost

        # This subquery keeps its ordering. Without it PostgreSQL, which expects everybody to have many posts, reads all
        # posts to find that somebody has none.
        own = Post.objects.published().filter(author=models.OuterRef("pk"))
        stated = Post.objects.published().order_by().filter(repost__isnull=False, pk=models.OuterRef("post"))
        stated = stated.exclude(repost__state=Repost.State.NONE)
        credits = Credit.objects.order_by().filter(has_any(stated), person=models.OuterRef("pk"))
        return self.annotate(post_count=capped_count(own)).filter(models.Q(has_any(own)) | models.Q(has_any(credits)))

    def free_slug(self, name: str) -> str:
        """Return a slug made of `name` that nobody in this queryset has."""
        base = slugify(name, allow_unicode=True)[:90] or "person"
        taken = set(self.filter(slug__startswith=base).values_list("slug", flat=True))
        numbered = (f"{base}-{number}" for number in count(2))
        return next(slug for slug in chain([base], numbered) if slug not in taken)


class Person(models.Model):
    """A host or the author of a repost, as named in a byline or credit. Needs no login."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100, unique=True, allow_unicode=True)
    url = HttpURLField(_("web page"), blank=True)
    orcid = models.CharField(
        "ORCID",
        max_length=19,
        blank=True,
        validators=[RegexValidator(r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]\Z", _("An ORCID looks like 0000-0002-1825-0097."))],
    )
    affiliation = models.CharField(_("affiliation"), max_length=200, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="person", verbose_name=_("login")
    )
    contact_email = models.EmailField(
        _("e-mail"), blank=True, help_text=_("Private: used only to ask this person for permission, and never shown.")
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_to("person", self.slug)

    @property
    def email(self) -> str:
        """The person's e-mail address: that of their login, or else `contact_email`. May be empty."""
        return (self.user.email if self.user else "") or self.contact_email

    @property
    def homepage(self) -> str:
        """The person's page on the web, or their ORCID record, or an empty string."""
        return self.url or (f"https://orcid.org/{self.orcid}" if self.orcid else "")
