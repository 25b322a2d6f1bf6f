"""The form in which a post is written, and the list of all of them."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from blog import credits, permissions, publishing
from blog.admin import preview, saving
from blog.admin.parts import CreditInline, RepostInline, VideoInline
from blog.forms import PartFormSet, PostForm, RepostFormSet, WithdrawalForm
from blog.models import Blog, Post, PostQuerySet, Repost
from blog.pictures import PictureField

WORDS_OF_A_PAGE = {"title", "introduction", "body", "cover", "cover_alt"}


class HasRepost(admin.SimpleListFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("own", _("own words only")), ("repost", _("with a repost"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> models.QuerySet[Post]:
        if self.value() is None:
            return queryset
        return queryset.filter(repost__isnull=self.value() == "own")


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
    list_display = ["title", "status_in_words", "kind", "published_at"]
    list_filter = ["status", HasRepost, "tags"]
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
        return _("repost of %(authors)s") % {"authors": credits.names(post.credits.all()) or "?"}

    @admin.action(description=gettext_lazy("Publish the selected posts"), permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> None:
        by = saving.name_of(request.user)
        for post in queryset:
            try:
                with transaction.atomic():
                    saving.keep_ledger(post, by=by, is_published=True)
                    publishing.publish(post)
            except publishing.NotReady as error:
                self.message_user(request, f"“{post}”: {error}", messages.ERROR)
            else:
                self.message_user(request, _("“%s” is published.") % post, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Withdraw the selected posts"), permissions=["change"])
    def withdraw_selected(self, request: HttpRequest, queryset: models.QuerySet[Post]) -> None:
        for post in queryset.exclude(status=Post.Status.DRAFT):
            publishing.withdraw(post, note=post.withdrawal_note)
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

    # --- Its own pages

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        shown = wrap(preview.in_own_frame(self.preview_view))
        return [
            path("preview/", shown, name="blog_post_preview"),
            path("<int:post_id>/preview/", shown, name="blog_post_preview"),
            path("<int:post_id>/permission/<str:step>/", wrap(self.permission_view), name="blog_post_permission"),
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

    def permission_view(self, request: HttpRequest, post_id: int, step: str) -> HttpResponse:
        """Ask for, then take a step of the host: `withdraw` or `restore` the permission of the repost."""
        repost = get_object_or_404(Repost.objects.select_related("post"), post__pk=post_id)
        if step not in ("withdraw", "restore"):
            raise Http404
        if not request.user.has_perm("blog.change_repost"):
            raise PermissionDenied
        form = WithdrawalForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            self._take_step(request, repost, step, note=form.cleaned_data["note"])
            return redirect("admin:blog_post_change", post_id)
        context = {
            **self.admin_site.each_context(request),
            "form": form,
            "repost": repost,
            "step": step,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/blog/post/permission.html", context)

    def _take_step(self, request: HttpRequest, repost: Repost, step: str, *, note: str) -> None:
        by = saving.name_of(request.user)
        try:
            if step == "withdraw":
                permissions.withdraw(repost, by=by, note=note)
                done = _("The permission is withdrawn. Readers no longer see the words.")
            else:
                permissions.restore(repost, by=by)
                done = _("The permission is restored.")
        except permissions.NotPossible:
            self.message_user(request, _("Nothing was done: the permission has changed meanwhile."), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)


def _appears_at(post: Post) -> str:
    moment = localtime(post.published_at)
    words = {"moment": date_format(moment, "DATETIME_FORMAT"), "zone": post.blog.time_zone}
    return _("It is scheduled: it appears by itself on %(moment)s (%(zone)s).") % words
