from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Comments")

    def ready(self) -> None:
        from blog.models import posts
        from comments import signals  # noqa: F401 - connecting is its import's effect

        posts.COMPANIONS.append("discussion")
