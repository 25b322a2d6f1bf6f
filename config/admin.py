"""The admin site under the product's name."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.translation import gettext_lazy as _

from core.site import override_locale

P = ParamSpec("P")
ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class ImprimaturAdminSite(AdminSite):
    site_header = "Imprimatur"
    site_title = "Imprimatur"
    index_title = _("Your blog")
    enable_nav_sidebar = False

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        return cast(View, super().admin_view(as_the_blog_speaks(view), cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return as_the_blog_speaks(super().login)(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What a host works with comes first, the machinery of logins last."""
        return sorted(super().get_app_list(request, app_label), key=lambda app: app["app_label"] == "auth")


class SiteAdminConfig(AdminConfig):
    default_site = "config.admin.ImprimaturAdminSite"


def as_the_blog_speaks(view: Callable[P, ResponseT]) -> Callable[P, ResponseT]:
    """The view in the blog's language and time zone: the hours that a host types are the hours of the blog."""

    @wraps(view)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> ResponseT:
        from blog.models import Blog  # models are not loaded when settings name this module's app

        with override_locale(Blog.load()):
            response = view(*args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()  # later would be outside of both
        return response

    return wrapper
