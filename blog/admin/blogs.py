"""The settings of the blog. There is one row, so there is a form and no list."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from blog.models import Blog
from blog.models.blogs import BLOG_ID
from blog.permissions import steps


@admin.register(Blog)
class BlogAdmin(admin.ModelAdmin[Blog]):
    fieldsets = [
        (None, {"fields": ["title", "tagline", "owner", "language", "time_zone"]}),
        (_("Comments"), {"fields": ["comments_hold", "comments_close_after"]}),
    ]
    autocomplete_fields = ["owner"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("admin:blog_blog_change", BLOG_ID)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Blog | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Blog, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "time_zone" in form.changed_data:
            steps.recompute_ends(Blog.load())
