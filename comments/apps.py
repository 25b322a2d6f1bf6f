from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Comments")

    def ready(self) -> None:
        from comments import signals, tasks  # noqa: F401 - importing the modules connects signals and registers jobs

        extend_core()
        extend_blog()


def extend_core() -> None:
    """Fill the registries of `core.extension_points`."""
    from comments import cache_triggers
    from comments.moderation import closing, retention
    from core import extension_points as core

    core.WATCHED_TABLES += cache_triggers.TABLES
    core.NEXT_CHANGES.append(closing.next_closing)
    core.FORGET_NETWORKS.append(retention.forget_networks)


def extend_blog() -> None:
    """Fill the registries of `blog.extension_points`."""
    from blog import extension_points as blog
    from comments import sample
    from comments.admin import start_page
    from comments.threads import feed_links

    blog.COMPANIONS.append("discussion")
    blog.ENTRY_LINKS.append(feed_links.replies_link)
    blog.POSTING_EXTRAS.append(feed_links.comment_count)
    blog.RENDERED["comments.Comment"] = ("html",)
    blog.START_PAGE_SECTIONS.append(("comments.change_comment", start_page.waiting))
    blog.SAMPLE_LOADED.append(sample.add_comments)
    blog.SAMPLE_REMOVING.append(sample.remove_comments)
