from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BlogConfig(AppConfig):
    name = "blog"
    verbose_name = _("Blog")

    def ready(self) -> None:
        from blog import tasks  # noqa: F401 - registering is the effect of importing jobs
        from blog.publishing import schedule
        from blog.videos import unused_files  # noqa: F401 - the same
        from core.page_cache import freshness, triggers

        freshness.NEXT_CHANGES += [schedule.next_publication, schedule.next_end]
        post_migrate.connect(make_the_blog, sender=self)
        post_migrate.connect(triggers.install, sender=self)


def make_the_blog(using: str, **kwargs: Any) -> None:
    """The one row of `Blog` is there from the first migration on; no page has to make it."""
    from blog.models import Blog
    from blog.models.blogs import BLOG_ID

    Blog.objects.using(using).get_or_create(pk=BLOG_ID)
