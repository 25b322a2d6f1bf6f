"""Finding posts by words."""

from threading import BoundedSemaphore

from django.db.models import Exists, OuterRef, Q

from blog.models import Post, PostQuerySet, Repost

MAX_WORDS = 8  # each costs one more pass over the texts
# Searches of one process at once, and how long one more waits. Who looks for a rare word among a million posts has all
# of them read, for seconds; without a limit five such visitors would hold every thread, and nobody could read a page.
MAX_CONCURRENT, WAIT_SECONDS = 2, 0.25

slots = BoundedSemaphore(MAX_CONCURRENT)


class TooManySearches(Exception):
    """As many search already as may at once."""


def newest_matches(query: str, most: int) -> list[Post]:
    """The newest posts that `matching_posts` finds, as a list shows them; none for an empty query. Raises TooManySearches."""
    if not query:
        return []
    if not slots.acquire(timeout=WAIT_SECONDS):
        raise TooManySearches
    try:
        return list(matching_posts(query).for_list()[:most])
    finally:
        slots.release()


def matching_posts(query: str) -> PostQuerySet:
    """Public posts in which every word of `query` stands: in the title, the host's texts, or words that may be shown.

    Plain substring matching: it serves every script alike, Chinese and Persian too, which word indexes do not.
    """
    posts = Post.objects.published()
    shown = Repost.objects.in_force().filter(post=OuterRef("pk"))
    for word in query.replace("\0", "").split()[:MAX_WORDS]:
        own = Q(title__icontains=word) | Q(introduction__icontains=word) | Q(body__icontains=word)
        words, names = Q(shown__text__icontains=word), Q(post__credits__person__name__icontains=word)
        # Asked post by post, from the newest on, until a page is full: nobody lists all that hold a common word.
        posts = posts.filter(own | Exists(shown.filter(words)) | Exists(shown.filter(names)))
    return posts
