"""People and tags: short forms, mostly opened from the form of a post."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from blog.models import Credit, Person, Tag


class PersonForm(forms.ModelForm[Person]):
    def clean_name(self) -> str:
        """Refuse a new name for an author who has said yes: readers would see their yes under somebody else's name."""
        name: str = self.cleaned_data["name"]
        if self.instance.pk and name != self.initial.get("name", name) and self._has_said_yes():
            raise ValidationError(
                gettext(
                    "This author has said yes under this name, so only they can correct it, with the link in their "
                    "e-mail. To credit somebody else, add another person."
                )
            )
        return name

    def _has_said_yes(self) -> bool:
        credits = Credit.objects.filter(person=self.instance, role=Credit.Role.AUTHOR)
        return credits.filter(post__repost__covered__isnull=False).exists()


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin[Person]):
    form = PersonForm
    list_display = ["name", "affiliation", "url"]
    search_fields = ["name", "slug", "affiliation"]
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ["user"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "affiliation", "url", "orcid"]}),
        (_("Private"), {"fields": ["contact_email", "user"]}),
    ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # nothing from the query string: a link must not fill in a form that somebody then saves


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ("name",)}
