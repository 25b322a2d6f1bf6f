"""The form in which a post is written, and the list of all of them."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
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
from blog.publishing.forms import PartFormSet, PostForm, RepostFormSet
from core.files import storages
from core.files.images import PictureField

WORDS_OF_A_PAGE = {"title", "introduction", "body", "cover", "cover_alt"}


class PostList(ChangeList):
    """Reads no bodies, and the same number of queries for any number of posts."""

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
    list_display = ["title", "status_in_words", "kind", "permission", "published_at"]
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
    def status_in_words(self, post: Post) -> str:
        return _("scheduled") if post.is_scheduled else post.get_status_display()

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, post: Post) -> str:
        if not post.passage:
            return _("own words")
        return _("repost of %(authors)s") % {"authors": attribution.author_names(post.credits.all()) or "?"}

    @admin.display(description=gettext_lazy("permission"))
    def permission(self, post: Post) -> str:
        return permission_record.state_in_words(post.passage) if post.passage else "–"

    @admin.action(description=gettext_lazy("Publish the selected posts"), permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> None:
        by = saving.name_of(request.user)
        for post in queryset:
            try:
                with transaction.atomic():
                    saving.keep_ledger(post, by=by, is_published=True)
                    lifecycle.publish(post)
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
        return initial  # nothing from the address: a link must not fill in a post that somebody then saves

    def get_prepopulated_fields(self, request: HttpRequest, obj: Post | None = None) -> dict[str, Any]:
        is_draft = obj is None or obj.status == Post.Status.DRAFT
        return {"slug": ("title",)} if is_draft else {}

    def has_delete_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        has_ledger = obj is not None and obj.passage is not None and obj.passage.state != Repost.State.NONE
        return not has_ledger and super().has_delete_permission(request, obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Post | None:
        """An author who answers while a form is stored waits: the form writes the whole row of the repost.

        So does another form of the same post: what the first has stored, the second then finds changed.
        """
        post = super().get_object(request, object_id, from_field)
        if post and request.method == "POST" and connection.in_atomic_block:
            Repost.objects.select_for_update().filter(post=post).first()
            Post.objects.select_for_update(no_key=True).filter(pk=post.pk).values_list("pk").first()
        return post

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Where a file cannot be stored now, nothing is, and the form comes back with all that was typed."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except storages.StorageUnavailable:
            vars(request)["files_are_away"] = True
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)  # a class of its own for each request
        form.files_are_away = vars(request).get("files_are_away", False)
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
        """With all that is on record about the stored repost."""
        stored = Repost.objects.select_related("post__blog").filter(post=obj.pk).first() if obj and obj.pk else None
        context["record"] = permission_record.of(stored) if stored else None
        if request.FILES:  # not stored, else another page would follow
            self.message_user(request, _choose_again(request), messages.WARNING)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _create_formsets(self, request: HttpRequest, obj: Post, change: bool) -> Any:
        """Django's only place where the forms of all parts are together before any of them is validated."""
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        for formset in formsets:
            if isinstance(formset, RepostFormSet):
                formset.credits = next(other for other in formsets if other.model is not Repost)
        return formsets, inlines

    def save_model(self, request: HttpRequest, obj: Post, form: PostForm, change: bool) -> None:
        """Store everything but the step to another status, which is taken when the parts are stored, too."""
        obj.status = form.old_status
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: PostForm, formsets: list[PartFormSet], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        words_changed = bool(WORDS_OF_A_PAGE & set(form.changed_data)) or any(part.has_changed() for part in formsets)
        saving.follow_up(form, words_changed=words_changed, by=saving.name_of(request.user))
        if form.instance.is_scheduled:
            self.message_user(request, _appears_at(form.instance))
        passage = form.instance.passage
        if passage and passage.state == Repost.State.STALE:
            self.message_user(request, _two_ways_on(form.instance), messages.WARNING)

    # --- Its own pages

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        shown = wrap(preview.in_own_frame(self.preview_view))
        return [
            path("preview/", shown, name="blog_post_preview"),
            path("<int:post_id>/preview/", shown, name="blog_post_preview"),
            path("<int:post_id>/permission/<str:name>/", wrap(permission_steps.view), name="blog_post_permission"),
            path("<int:post_id>/evidence/", wrap(evidence.add_view), name="blog_post_add_evidence"),
            path("<int:post_id>/evidence/<int:evidence_id>/", wrap(evidence.download_view), name="blog_post_evidence"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, post_id: int | None = None) -> HttpResponse:
        """The page that the submitted form would make. Stores nothing."""
        if request.method != "POST":
            return redirect("admin:blog_post_changelist")
        post = get_object_or_404(Post, pk=post_id) if post_id is not None else None
        if not (self.has_change_permission(request, post) if post else self.has_add_permission(request)):
            raise PermissionDenied
        form = cast(type[PostForm], self.get_form(request, post, change=bool(post)))(request.POST, instance=post)
        formsets, _inlines = self._create_formsets(request, form.instance, change=bool(post))
        return preview.page(request, form, formsets)


def _appears_at(post: Post) -> str:
    moment = localtime(post.published_at)
    words = {"moment": date_format(moment, "DATETIME_FORMAT"), "zone": post.blog.time_zone}
    return _("It is scheduled: it appears by itself on %(moment)s (%(zone)s).") % words


def _choose_again(request: HttpRequest) -> str:
    """Said above a form that comes back: its words are kept, and files cannot be."""
    names = [f"“{file.name}”" for _field, several in request.FILES.lists() for file in several]
    return _("A browser does not keep chosen files. Choose again: %s.") % ", ".join(names)


def _two_ways_on(post: Post) -> SafeString:
    """Said where the words were edited after the author's yes."""
    ask, release = (reverse("admin:blog_post_permission", args=[post.pk, name]) for name in ("ask", "release"))
    return format_html(
        '{} <a href="{}">{}</a> · <a href="{}">{}</a>',
        _("The author confirmed other words, so readers keep seeing those. There are two ways on:"),
        ask,
        _("Ask the author again"),
        release,
        _("Show yours on your word alone"),
    )
