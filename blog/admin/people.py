"""Bylines and tags: short forms, most often opened from within a post."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blog.models import Person, Tag


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin[Person]):
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
