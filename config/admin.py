"""The admin site: its name, the sections of its start page, and its locale."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.site import override_locale

P = ParamSpec("P")
ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


# The sections of the start page: an id, the heading, and the models in order. A registered model that is not listed
# appears in the last section.
SECTIONS: list[tuple[str, Promise, list[str]]] = [
    ("posts", _("Posts"), ["blog.Post", "blog.Tag"]),
    ("people", _("People"), ["blog.Person", "blog.PermissionRequest", "blog.Dispute"]),
    ("comments", _("Comments"), ["comments.Comment", "comments.Discussion", "comments.Ban", "comments.Subscription"]),
    ("media", _("Media"), ["blog.Video"]),
    ("settings", _("Settings"), ["blog.Blog", "auth.User", "auth.Group"]),
    (
        "system",
        _("System"),
        ["core.Task", "comments.OutgoingEmail", "comments.SpamToken", "blog.PermissionEvent"],
    ),
]


class ImprimaturAdminSite(AdminSite):
    site_header = "Imprimatur"
    site_title = "Imprimatur"
    index_title = _("Your blog")
    enable_nav_sidebar = False

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        return cast(View, super().admin_view(in_blog_locale(view), cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return in_blog_locale(super().login)(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return what the user may see, grouped by `SECTIONS`; or by app for the page of one app, as Django does."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        return sections({model["model"]._meta.label: model for app in apps for model in app["models"]})


def sections(models: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Group the `models` of an app list, which are given by their label. A section without models is left out."""
    listed = {label for _name, _heading, labels in SECTIONS for label in labels}
    unlisted = [label for label in models if label not in listed]
    found = []
    for name, heading, labels in SECTIONS:
        further = unlisted if name == SECTIONS[-1][0] else []
        shown = [models[label] for label in [*labels, *further] if label in models]
        if shown:
            found.append({"app_label": name, "name": heading, "app_url": "", "has_module_perms": True, "models": shown})
    return found


class SiteAdminConfig(AdminConfig):
    default_site = "config.admin.ImprimaturAdminSite"


def in_blog_locale(view: Callable[P, ResponseT]) -> Callable[P, ResponseT]:
    """Run a view in the blog's language and time zone: a host types times as the blog counts them."""

    @wraps(view)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> ResponseT:
        from blog.models import Blog  # Django imports this module before any model

        with override_locale(Blog.load()):
            response = view(*args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()  # now, as the locale ends with this block
        return response

    return wrapper
