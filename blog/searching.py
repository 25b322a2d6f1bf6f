"""Finding posts by words."""

from django.db.models import Q

from blog.models import Post, PostQuerySet, Repost

MOST_WORDS = 8  # each costs one more pass over the texts


def search_posts(query: str) -> PostQuerySet:
    """Public posts in which every word of `query` stands: in the title, the host's texts, or words that may be shown.

    Plain substring matching: it serves every script alike, Chinese and Persian too, which word indexes do not.
    """
    posts = Post.objects.published()
    shown = Q(repost__in=Repost.objects.in_force())
    for word in query.replace("\0", "").split()[:MOST_WORDS]:
        own = Q(title__icontains=word) | Q(introduction__icontains=word) | Q(body__icontains=word)
        theirs = Q(repost__shown__text__icontains=word) | Q(credits__person__name__icontains=word)
        posts = posts.filter(pk__in=Post.objects.filter(own | (shown & theirs)).values("pk"))
    return posts
