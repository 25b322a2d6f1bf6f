from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Comments")

    def ready(self) -> None:
        from blog import feeds, rendering, structured
        from blog.models import posts
        from blog.page_cache import freshness, triggers
        from comments import announcing, closing, jobs, sample, signals, watching  # noqa: F401 - connecting is the effect of their import

        posts.COMPANIONS.append("discussion")
        feeds.ENTRY_LINKS.append(announcing.replies_link)
        structured.POSTING_EXTRAS.append(announcing.posting)
        freshness.NEXT_CHANGES.append(closing.next_closing)
        triggers.WATCHED.extend(watching.WATCHED)
        rendering.RENDERED["comments.Comment"] = ("html",)
