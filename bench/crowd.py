"""The many posts of which nobody reads more than the latest."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bench import texts
from bench.insert import continue_numbers, insert
from blog import rendering
from blog.models import Person, Post, Tag
from comments.models import Discussion
from core import clock

LASTS = timedelta(days=5 * 365)
LONG_EVERY = 20  # posts; the others have two paragraphs
SELDOM = 20  # posts that have the rarest tag, however many there are
COLUMNS = ("id", "title", "slug", "body", "body_html", "excerpt", "published_at", "created_at")


def fill(host: Person, count: int) -> dict[str, str]:
    """Add `count` posts of five years and say at which addresses lists of them stand."""
    first = (Post.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    numbers = range(first, first + count)
    newest = clock.now().replace(microsecond=0) - timedelta(days=60)
    prototype = Post(author=host, status=Post.Status.PUBLISHED, render_version=rendering.RENDER_VERSION)
    insert(prototype, COLUMNS, _rows(first, count, newest - LASTS), total=count)
    insert(Discussion(), ("post_id",), ((number,) for number in numbers), total=count)
    tagged = {"often": numbers[::2], "sometimes": numbers[::20], "seldom": numbers[:: max(1, count // SELDOM)]}
    for name, posts in tagged.items():
        tag = Tag.objects.create(name=f"Bench {name}", slug=f"bench-{name}")
        link = Post.tags.through(tag_id=tag.pk)
        insert(link, ("post_id",), ((number,) for number in posts), total=len(posts))
    continue_numbers(Post)
    middle = newest - LASTS / 2
    return {
        "home": "/",
        "home, further down": f"/?before={numbers[count // 2]}",
        "year": f"/{middle.year}/",
        "month": f"/{middle.year}/{middle.month:02}/",
        **{f"tag, {name} used": f"/tags/bench-{name}/" for name in tagged},
        "feed": "/feeds/posts.atom",
        "feed of a tag": "/tags/bench-sometimes/feed.atom",
    }


def _rows(first: int, count: int, begin: datetime) -> Iterator[tuple[object, ...]]:
    long, short, pause = texts.long_posts(), texts.short_posts(), LASTS / count
    for index in range(count):
        number, moment = first + index, begin + index * pause
        text = long[index % len(long)] if index % LONG_EVERY == 0 else short[index % len(short)]
        word = texts.TITLES[index % len(texts.TITLES)]
        told = (f"What the {word} remembers, part {index}", f"{word}-{index}", text.source, text.html_of(number))
        yield (number, *told, text.excerpt, moment, moment)
