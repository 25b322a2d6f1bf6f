from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BlogConfig(AppConfig):
    name = "blog"
    verbose_name = _("Blog")

    def ready(self) -> None:
        from blog import tasks  # noqa: F401 - importing the module registers its jobs
        from blog.videos import unused_files  # noqa: F401 - importing the module connects its signals

        extend_core()
        extend_blog()
        post_migrate.connect(create_blog, sender=self)


def extend_core() -> None:
    """Fill the registries of `core.extension_points`."""
    from blog import cache_triggers
    from blog.permissions import disputes
    from blog.publishing import schedule
    from blog.sample import loading
    from blog.videos import captions, containers
    from core import extension_points as core
    from core.files.serving import RestrictedMedia

    core.WATCHED_TABLES += cache_triggers.TABLES
    core.NEXT_CHANGES += [schedule.next_publication, schedule.next_end]
    core.MEDIA_TYPES |= {f".{extension}": media_type for extension, media_type in containers.MEDIA_TYPES.items()}
    core.MEDIA_TYPES[f".{captions.EXTENSION}"] = captions.MEDIA_TYPE
    core.RESTRICTED_MEDIA.append(
        RestrictedMedia(("videos/", "captions/", "posters/"), is_public=is_public_video, permission="blog.view_video")
    )
    core.FORGET_NETWORKS.append(disputes.forget_networks)
    core.FIRST_START.append(loading.load_on_first_start)


def is_public_video(path: str) -> bool:
    """Whether the file at `path` is the film, the captions or the poster of a video that readers may see now."""
    from blog.models import Video

    return Video.objects.public().with_file(path).exists()


def extend_blog() -> None:
    """Fill the registries of `blog.extension_points` with what `blog` itself contributes."""
    from blog import extension_points
    from blog.admin import start_page

    extension_points.RENDERED |= {
        "blog.Post": ("introduction_html", "body_html", "excerpt"),
        "blog.Wording": ("html",),
    }
    extension_points.START_PAGE_SECTIONS += start_page.SECTIONS


def create_blog(using: str, **kwargs: Any) -> None:
    """Create the one row of `Blog` after the first migration, so that no page has to."""
    from blog.models import Blog
    from blog.models.blogs import BLOG_ID

    Blog.objects.using(using).get_or_create(pk=BLOG_ID)
