"""A post with all that its page shows, in three queries, each of which is written once."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, QuerySet, Value

from blog.models import Credit, Person, Post, Tag, Video
from blog.prepared import Given, Prepared

# A page shows the HTML of texts, not what was typed.
SOURCES = ("introduction", "body", "repost__text", "repost__shown__text")
OF_POST = Given("post", models.BigIntegerField())


class Name(NamedTuple):
    """A tag, or somebody who is credited: both in one query, since a page should cost no more than five."""

    is_credit: int
    position: int
    number: int  # of the credit; tags stand in the order of their names
    name: str
    slug: str
    key: int  # of the tag, or the person
    role: str = ""
    url: str = ""
    orcid: str = ""


def post_at(slug: str) -> Post | None:
    """The post with this slug, whatever its status, with what `PostQuerySet.for_page` brings along."""
    post = next(iter(_POST(slug=slug)), None)
    if post is None:
        return None
    names = [Name(*row) for row in _NAMES(post=post.pk)]
    _keep(post, "tags", Tag.objects.all(), [_tag(name) for name in names if not name.is_credit])
    _keep(post, "credits", Credit.objects.all(), [_credit(post, name) for name in names if name.is_credit])
    _keep(post, "videos", Video.objects.all(), _videos_of(post))
    return post


def _posts() -> QuerySet[Post]:
    named = Post.objects.filter(slug=Given("slug", models.CharField()))
    return named.for_page().prefetch_related(None).defer(*SOURCES).order_by()


def _names() -> QuerySet[Any, tuple[Any, ...]]:
    nothing = Value("")
    tags = Tag.objects.order_by().filter(posts=OF_POST).annotate(is_credit=Value(0), rank=Value(0), number=Value(0))
    tags_named = tags.values_list("is_credit", "rank", "number", "name", "slug", "pk", nothing, nothing, nothing)
    people = Credit.objects.order_by().filter(post=OF_POST).annotate(is_credit=Value(1), rank=F("position"))
    about = ("person__name", "person__slug", "person__pk", "role", "person__url", "person__orcid")
    people_named = people.values_list("is_credit", "rank", "pk", *about)
    return tags_named.union(people_named, all=True).order_by("is_credit", "rank", "number", "name")


_POST = Prepared(_posts)
_NAMES = Prepared(_names)
_VIDEOS = Prepared(lambda: Video.objects.filter(post=OF_POST))


def _tag(name: Name) -> Tag:
    return Tag(pk=name.key, name=name.name, slug=name.slug)


def _credit(post: Post, name: Name) -> Credit:
    person = Person(pk=name.key, name=name.name, slug=name.slug, url=name.url, orcid=name.orcid)
    return Credit(pk=name.number, post=post, person=person, role=name.role, position=name.position)


def _videos_of(post: Post) -> list[Video]:
    videos = _VIDEOS(post=post.pk)
    for video in videos:
        video.post = post
    return videos


def _keep(post: Post, name: str, queryset: QuerySet[Any], rows: Iterable[models.Model]) -> None:
    """As prefetching does: whoever asks the post for these rows asks no database."""
    vars(queryset).update(_result_cache=list(rows), _prefetch_done=True)
    vars(post).setdefault("_prefetched_objects_cache", {})[name] = queryset
