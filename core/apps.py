from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core.page_cache import triggers
        from core.tasks import periodic  # noqa: F401 - importing the module registers its jobs

        post_migrate.connect(triggers.install, sender=self)
