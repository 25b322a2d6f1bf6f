"""The admin site under the product's name."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class ImprimaturAdminSite(AdminSite):
    site_header = "Imprimatur"
    site_title = "Imprimatur"
    index_title = _("Your blog")


class SiteAdminConfig(AdminConfig):
    default_site = "config.admin.ImprimaturAdminSite"
