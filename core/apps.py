from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        from core.page_cache import triggers
        from core.tasks import periodic  # noqa: F401 - importing the module registers its jobs

        post_migrate.connect(triggers.install, sender=self)
