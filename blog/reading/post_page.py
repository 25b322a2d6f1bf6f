"""Loading a post for its page in three queries, which are compiled once, and posts for a feed in two."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import F, QuerySet, Value

from blog.extension_points import COMPANIONS
from blog.models import Credit, Person, Post, PostQuerySet, Tag, Video
from core import clock
from core.compiled_queries import Given, Prepared

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


def load_post(slug: str) -> Post | None:
    """Return the post with this slug, in any status, with everything its page shows, or None.

    It has what `PostQuerySet.for_page` loads, except the Markdown sources.
    """
    post = next(iter(_POST(slug=slug)), None)
    if post is None:
        return None
    names = [Name(*row) for row in _NAMES(post=post.pk)]
    _keep(post, "tags", Tag.objects.all(), [_tag(name) for name in names if not name.is_credit])
    _keep(post, "credits", Credit.objects.all(), [_credit(post, name) for name in names if name.is_credit])
    _keep(post, "videos", Video.objects.all(), _VIDEOS(post=post.pk))
    return post


def load_feed_posts(posts: PostQuerySet) -> list[Post]:
    """Load posts with everything a feed shows, including their texts, in two queries.

    Credits and videos come in one query, which joins each credit of a post with each of its videos. That way the feed
    of a tag, which also loads the tag, takes no more than three queries.
    """
    found = list(posts.with_relations())
    credits: dict[int, dict[int, Credit]] = {post.pk: {} for post in found}
    videos: dict[int, dict[int, Video]] = {post.pk: {} for post in found}
    columns = [f"{name}__{field}" for name, model in _BESIDE for field in _fields(model)]
    ordering = ("credits__position", "credits__pk", "videos__position", "videos__pk")
    for number, *values in Post.objects.filter(pk__in=credits).order_by(*ordering).values_list("pk", *columns):
        rows = iter(values)
        credit, person, video = (_instance(model, rows) for _name, model in _BESIDE)
        if credit.pk:
            credit.person = person
            credits[number].setdefault(credit.pk, credit)
        if video.pk:
            videos[number].setdefault(video.pk, video)
    for post in found:
        _keep(post, "credits", Credit.objects.all(), credits[post.pk].values())
        _keep(post, "videos", Video.objects.all(), videos[post.pk].values())
    return found


_BESIDE: "list[tuple[str, type[Any]]]" = [("credits", Credit), ("credits__person", Person), ("videos", Video)]


def _fields(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _instance(model: type[models.Model], values: Iterator[Any]) -> Any:
    """Of the next of the values, as many as it has fields; without a number where an outer join found none."""
    fields = _fields(model)
    return model.from_db(DEFAULT_DB_ALIAS, fields, list(islice(values, len(fields))))


class AsRead(NamedTuple):
    """All values that were read of a post: two pages of equal ones are equal.

    Of a moment it is told, too, whether it has come. That is all that the clock changes in a post's own part of its
    page, and a test holds it to that.
    """

    post: tuple[Any, ...]
    companions: tuple[Any, ...]  # what other floors keep beside the post

    @classmethod
    def of(cls, post: Post) -> "AsRead":
        """A post that `load_post` has found."""
        companions = [post._state.fields_cache.get(name) for name in COMPANIONS]
        seen = {id(companion) for companion in companions}
        own = [value for row in (post, *_beside(post)) for value in _values(row, seen)]
        others = [value for row in companions for value in _values(row, seen - {id(row)})]
        now = clock.now()
        return cls(_told(own, now), _told(others, now))


def _beside(post: Post) -> Iterator[models.Model]:
    for queryset in vars(post)["_prefetched_objects_cache"].values():
        yield from queryset


def _values(row: models.Model | None, seen: set[int]) -> Iterator[Any]:
    """Those of a row and of all rows that came with it, once each."""
    if row is None or id(row) in seen:
        yield None
        return
    seen.add(id(row))
    yield type(row)
    yield from (_hashable(value) for name, value in vars(row).items() if not name.startswith("_"))
    for related in row._state.fields_cache.values():
        yield from _values(related, seen)


def _hashable(value: Any) -> Any:
    return value if value.__hash__ else repr(value)  # columns of JSON


def _told(values: Iterable[Any], now: datetime) -> tuple[Any, ...]:
    return tuple((value, value <= now) if isinstance(value, datetime) else value for value in values)


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


def _keep(post: Post, name: str, queryset: QuerySet[Any], rows: Iterable[models.Model]) -> None:
    """As prefetching does: whoever asks the post for these rows, or a row for its post, asks no database."""
    kept = list(rows)
    for row in kept:
        if name != "tags":
            row._state.fields_cache["post"] = post
    vars(queryset).update(_result_cache=kept, _prefetch_done=True)
    vars(post).setdefault("_prefetched_objects_cache", {})[name] = queryset
