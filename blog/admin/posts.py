"""The list of posts, and the form in which a post is written."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog.admin import evidence, permission_record, permission_steps, preview
from blog.admin.filters import HasRepost, PermissionState
from blog.admin.post_parts import CreditInline, RepostInline, VideoInline
from blog.models import Blog, Post, PostQuerySet, Repost
from blog.permissions import attribution
from blog.publishing import lifecycle, saving
from blog.publishing.forms import PartFormSet, PostForm
from core.files import storages
from core.files.images import PictureField


class PostList(ChangeList):
    """Defers the texts of posts, and takes the same number of queries for any number of posts."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> models.QuerySet[Post]:
        return cast(PostQuerySet, super().get_queryset(*args, **kwargs)).for_list()


@admin.register(Post)
class PostAdmin(admin.ModelAdmin[Post]):
    form = PostForm
    inlines = [RepostInline, CreditInline, VideoInline]
    autocomplete_fields = ["author", "tags"]
    formfield_overrides = {models.ImageField: {"form_class": PictureField}}
    fieldsets = [
        (None, {"fields": ["version", "title", "slug", ("author", "language"), "tags"]}),
        (
            gettext_lazy("Introduction"),
            {
                "fields": ["introduction"],
                "description": gettext_lazy("Your own words before the repost. Readers see the parts in this order."),
                "classes": ["before-parts"],
            },
        ),
        (
            gettext_lazy("Body"),
            {"fields": ["body"], "description": gettext_lazy("Your own words after the repost; or the whole post.")},
        ),
        (
            gettext_lazy("Publish"),
            {
                "fields": [
                    "status",
                    "published_at",
                    "summary",
                    ("cover", "cover_alt"),
                    "search_policy",
                    "withdrawal_note",
                ]
            },
        ),
    ]
    list_display = ["title", "status_label", "kind", "permission", "published_at"]
    list_filter = ["status", HasRepost, PermissionState, "tags"]
    date_hierarchy = "published_at"
    search_fields = ["title", "introduction", "body", "repost__text", "credits__person__name"]
    actions = ["publish_selected", "withdraw_selected"]

    class Media:
        js = ["js/admin.js"]

    # --- The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PostList

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, post: Post) -> str:
        return _("scheduled") if post.is_scheduled else post.get_status_display()

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, post: Post) -> str:
        if not post.passage:
            return _("own words")
        return _("repost of %(authors)s") % {"authors": attribution.author_names(post.credits.all()) or "?"}

    @admin.display(description=gettext_lazy("permission"))
    def permission(self, post: Post) -> str:
        return permission_record.state_label(post.passage) if post.passage else "–"

    @admin.action(description=gettext_lazy("Publish the selected posts"), permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> None:
        by = saving.name_of(request.user)
        for post in queryset:
            try:
                saving.publish_post(post, by=by)
            except lifecycle.NotReady as error:
                self.message_user(request, f"“{post}”: {error}", messages.ERROR)
            else:
                self.message_user(request, _("“%s” is published.") % post, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Withdraw the selected posts"), permissions=["change"])
    def withdraw_selected(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> None:
        for post in queryset.exclude(status=Post.Status.DRAFT):
            lifecycle.withdraw(post, note=post.withdrawal_note)
            self.message_user(request, _("“%s” is withdrawn.") % post, messages.SUCCESS)

    # --- The form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = {"language": Blog.load().language}
        if person := saving.byline_of(request.user):
            initial["author"] = person.pk
        return initial  # nothing from the query string: a link must not fill in a post that somebody then saves

    def get_prepopulated_fields(self, request: HttpRequest, obj: Post | None = None) -> dict[str, Any]:
        is_draft = obj is None or obj.status == Post.Status.DRAFT
        return {"slug": ("title",)} if is_draft else {}

    def has_delete_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        has_ledger = obj is not None and obj.passage is not None and obj.passage.state != Repost.State.NONE
        return not has_ledger and super().has_delete_permission(request, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Post | None:
        """Lock the post and its repost while a form is saved.

        The form writes the whole row of the repost, so an author who answers meanwhile has to wait. So does another
        form of the same post, which then finds that the post has changed.
        """
        post = super().get_object(request, object_id, from_field)
        if post and request.method == "POST" and connection.in_atomic_block:
            Repost.objects.select_for_update().filter(post=post).first()
            Post.objects.select_for_update(no_key=True).filter(pk=post.pk).values_list("pk").first()
        return post

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Store nothing if a file cannot be stored now, and show the form again with everything that was typed."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except storages.StorageUnavailable:
            request.files_are_away = True  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)  # a new class for each request
        form.files_are_away = getattr(request, "files_are_away", False)
        return form

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Post | None = None,
    ) -> HttpResponse:
        """Add the record of the stored repost."""
        stored = Repost.objects.select_related("post__blog").filter(post=obj.pk).first() if obj and obj.pk else None
        context["record"] = permission_record.of(stored) if stored else None
        if request.FILES:  # a stored form redirects, so these files were not stored
            self.message_user(request, _choose_again(request), messages.WARNING)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Post | None = None) -> Iterator[tuple[Any, Any]]:
        """Let the formsets of one page find each other: whether a repost may be published depends on its credits."""
        siblings: dict[type[models.Model], PartFormSet] = {}
        for formset_class, inline in super().get_formsets_with_inlines(request, obj):
            formset_class.siblings = siblings  # a new class for each request
            yield formset_class, inline

    def save_model(self, request: HttpRequest, obj: Post, form: PostForm, change: bool) -> None:
        """Do nothing: `save_related`, which Django calls next, saves the post together with its parts."""

    def save_related(self, request: HttpRequest, form: PostForm, formsets: list[PartFormSet], change: bool) -> None:
        saving.save_post(form, formsets, by=saving.name_of(request.user))
        if form.instance.is_scheduled:
            self.message_user(request, _appears_at(form.instance))
        passage = form.instance.passage
        if passage and passage.state == Repost.State.STALE:
            self.message_user(request, _confirmed_words_stay(form.instance), messages.WARNING)

    # --- Its own pages

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        preview_page = wrap(preview.in_own_frame(self.preview_view))
        return [
            path("preview/", preview_page, name="blog_post_preview"),
            path("<int:post_id>/preview/", preview_page, name="blog_post_preview"),
            path("<int:post_id>/permission/<str:name>/", wrap(permission_steps.view), name="blog_post_permission"),
            path("<int:post_id>/evidence/", wrap(evidence.add_view), name="blog_post_add_evidence"),
            path("<int:post_id>/evidence/<int:evidence_id>/", wrap(evidence.download_view), name="blog_post_evidence"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, post_id: int | None = None) -> HttpResponse:
        """Show the page that the submitted form would make. Stores nothing."""
        if request.method != "POST":
            return redirect("admin:blog_post_changelist")
        post = get_object_or_404(Post, pk=post_id) if post_id is not None else None
        if not (self.has_change_permission(request, post) if post else self.has_add_permission(request)):
            raise PermissionDenied
        form = cast(type[PostForm], self.get_form(request, post, change=bool(post)))(request.POST, instance=post)
        return preview.page(request, form, list(self._submitted_parts(request, form.instance, post)))

    def _submitted_parts(self, request: HttpRequest, submitted: Post, stored: Post | None) -> Iterator[PartFormSet]:
        for formset_class, inline in self.get_formsets_with_inlines(request, stored):
            prefix = formset_class.get_default_prefix()
            formset = formset_class(**self.get_formset_kwargs(request, submitted, inline, prefix))
            if not inline.has_change_permission(request, stored):
                for form in formset.initial_forms:  # shown without inputs, so none of their data is in the request
                    form.empty_permitted = True
            yield formset


def _appears_at(post: Post) -> str:
    moment = localtime(post.published_at)
    values = {"moment": date_format(moment, "DATETIME_FORMAT"), "zone": post.blog.time_zone}
    return _("The post is scheduled: it appears automatically on %(moment)s (%(zone)s).") % values


def _choose_again(request: HttpRequest) -> str:
    """The message above a refused form, which shows its texts again and cannot do so with its files."""
    names = [f"“{file.name}”" for _field, several in request.FILES.lists() for file in several]
    return _("Browsers forget chosen files when a form is shown again. Choose these again: %s.") % ", ".join(names)


def _confirmed_words_stay(post: Post) -> SafeString:
    """The message after a host has edited words that the author had confirmed."""
    ask, release = (reverse("admin:blog_post_permission", args=[post.pk, name]) for name in ("ask", "release"))
    return format_html(
        '{} <a href="{}">{}</a> · <a href="{}">{}</a>',
        _("The author confirmed other words, so readers keep seeing those. You can:"),
        ask,
        _("ask the author again"),
        release,
        _("show your version without a confirmation"),
    )
