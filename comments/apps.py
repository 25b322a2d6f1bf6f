from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Comments")

    def ready(self) -> None:
        from blog import rendering
        from blog.models import posts
        from blog.reading import feeds, json_ld
        from comments import cache_triggers, sample, signals, tasks  # noqa: F401 - connecting is the effect of their import
        from comments.moderation import closing
        from comments.threads import feed_links
        from core.page_cache import freshness, triggers

        posts.COMPANIONS.append("discussion")
        feeds.ENTRY_LINKS.append(feed_links.replies_link)
        json_ld.POSTING_EXTRAS.append(feed_links.comment_count)
        freshness.NEXT_CHANGES.append(closing.next_closing)
        triggers.WATCHED.extend(cache_triggers.WATCHED)
        rendering.RENDERED["comments.Comment"] = ("html",)
