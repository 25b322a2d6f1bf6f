"""Searching posts."""

from threading import BoundedSemaphore

from django.db.models import Exists, OuterRef, Q

from blog.models import Post, PostQuerySet, Repost

MAX_WORDS = 8  # each costs one more pass over the texts
# Searches that one process runs at once, and how long a further one waits. A search for a rare word among a million
# posts reads all of them, for seconds. Without a limit, five such searches would occupy every thread.
MAX_CONCURRENT, WAIT_SECONDS = 2, 0.25

slots = BoundedSemaphore(MAX_CONCURRENT)


class TooManySearches(Exception):
    """As many searches as allowed are running already."""


def newest_matches(query: str, limit: int) -> list[Post]:
    """Return the newest posts that match, loaded for a list, or an empty list for an empty query.

    Raises TooManySearches if no slot becomes free within WAIT_SECONDS.
    """
    if not query:
        return []
    if not slots.acquire(timeout=WAIT_SECONDS):
        raise TooManySearches
    try:
        return list(matching_posts(query).for_list()[:limit])
    finally:
        slots.release()


def matching_posts(query: str) -> PostQuerySet:
    """Public posts that contain every word of `query`.

    Searches the title, the host's texts, and reposted texts whose permission is in force, with the names credited
    there. It matches substrings, which works for every script, including Chinese and Persian; word indexes do not.
    """
    posts = Post.objects.published()
    reposts = Repost.objects.in_force().filter(post=OuterRef("pk"))
    for word in query.replace("\0", "").split()[:MAX_WORDS]:
        in_post = Q(title__icontains=word) | Q(introduction__icontains=word) | Q(body__icontains=word)
        in_repost, in_names = Q(shown__text__icontains=word), Q(post__credits__person__name__icontains=word)
        # Checked post by post from the newest, until a page is full: the posts with a common word are never all listed.
        posts = posts.filter(in_post | Exists(reposts.filter(in_repost)) | Exists(reposts.filter(in_names)))
    return posts
