"""The bulk of the posts, which are only measured in lists."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bench import texts
from bench.insert import insert, reset_sequences
from blog import rendering
from blog.models import Person, Post, Tag
from comments.models import Discussion
from core import clock

TIME_SPAN = timedelta(days=5 * 365)
LONG_EVERY = 20  # one post in twenty is long; the others have two paragraphs
SELDOM = 20  # posts with the rarest tag, and with the rarest word, on a site of any size
COMMON_WORD, RARE_WORD = "remembers", "palimpsest"
COLUMNS = ("id", "title", "slug", "body", "body_html", "excerpt", "published_at", "created_at")


def fill(host: Person, count: int) -> dict[str, str]:
    """Add `count` posts, spread over five years. Return the paths of lists of them by name."""
    first = (Post.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    numbers = range(first, first + count)
    newest = clock.now().replace(microsecond=0) - timedelta(days=60)
    prototype = Post(author=host, status=Post.Status.PUBLISHED, render_version=rendering.RENDER_VERSION)
    insert(prototype, COLUMNS, _rows(first, count, newest - TIME_SPAN), total=count)
    insert(Discussion(), ("post_id",), ((number,) for number in numbers), total=count)
    tagged = {"often": numbers[::2], "sometimes": numbers[::20], "seldom": numbers[:: max(1, count // SELDOM)]}
    for name, posts in tagged.items():
        tag = Tag.objects.create(name=f"Bench {name}", slug=f"bench-{name}")
        link = Post.tags.through(tag_id=tag.pk)
        insert(link, ("post_id",), ((number,) for number in posts), total=len(posts))
    reset_sequences(Post)
    middle = newest - TIME_SPAN / 2
    return {
        "home": "/",
        "home, further down": f"/?before={numbers[count // 2]}",
        "year": f"/{middle.year}/",
        "month": f"/{middle.year}/{middle.month:02}/",
        **{f"tag, {name} used": f"/tags/bench-{name}/" for name in tagged},
        "feed": "/feeds/posts.atom",
        "feed of a tag": "/tags/bench-sometimes/feed.atom",
        "search, common word": f"/search/?q={COMMON_WORD}",
        "search, rare word": f"/search/?q={RARE_WORD}",
    }


def _rows(first: int, count: int, start: datetime) -> Iterator[tuple[object, ...]]:
    long, short, interval = texts.long_posts(), texts.short_posts(), TIME_SPAN / count
    for index in range(count):
        number, published_at = first + index, start + index * interval
        text = long[index % len(long)] if index % LONG_EVERY == 0 else short[index % len(short)]
        word = texts.TITLES[index % len(texts.TITLES)]
        end = f", a {RARE_WORD}" if index % max(1, count // SELDOM) == 0 else ""
        title = f"What the {word} {COMMON_WORD}, part {index}{end}"
        columns = (title, f"{word}-{index}", text.source, text.html_of(number))
        yield (number, *columns, text.excerpt, published_at, published_at)
