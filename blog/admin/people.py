"""Bylines and tags: short forms, most often opened from within a post."""

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
        """What one person confirmed is never shown as confirmed by another: not under a new name either."""
        name: str = self.cleaned_data["name"]
        if self.instance.pk and name != self.initial.get("name", name) and self._said_yes():
            raise ValidationError(
                gettext(
                    "A yes was given under this name, so only its owner can correct it, with the link that was mailed. "
                    "For somebody else, add another person."
                )
            )
        return name

    def _said_yes(self) -> bool:
        theirs = Credit.objects.filter(person=self.instance, role=Credit.Role.AUTHOR)
        return theirs.filter(post__repost__covered__isnull=False).exists()


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
        return {}  # nothing from the address: a link must not fill in a form that somebody then saves


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ("name",)}
