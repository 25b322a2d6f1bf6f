"""The posts whose pages are measured, each with a repost, a video, two tags, and a discussion of a given length."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench import discussions, texts
from bench.discussions import Node
from blog.models import Credit, Person, Post, Repost, Tag, Video
from blog.publishing import saving
from blog.sample import content, loading
from blog.videos import references
from comments.models import Ban, SpamToken
from comments.screening import bayes
from comments.threads import ids
from core import clock

AGE = timedelta(days=30)
DISCUSSION_SPAN = timedelta(days=20)
SPAM_WORDS = ("casino", "jackpot", "viagra", "crypto", "loan", "seo", "backlinks", "cheap", "bonus", "replica")
BUSY = 4  # posts that receive comments, so that the posts measured for reading stay unchanged
TARGETS = 20  # comments of each busy post that receive replies


@dataclass(frozen=True)
class Cast:
    host: Person
    guest: Person


def load_cast() -> Cast:
    """Load the sample content, which sets up the blog and its people."""
    loading.load()
    return Cast(*(Person.objects.get(slug=person.slug) for person in content.PEOPLE))


def fill(cast: Cast, counts: list[int]) -> dict[str, Any]:
    """Add a post for each number of comments in `counts`. Return the paths of their pages by name."""
    found: dict[str, Any] = {}
    for index, count in enumerate(counts):
        post, comments = add_post(cast, f"bench-{count}-comments", AGE - timedelta(hours=index), count)
        found[f"post, {count} comments"] = post.get_absolute_url()
        found["comment"] = f"/comments/{ids.encode(comments[len(comments) // 2].pk)}/"
        found |= _pages(post.get_absolute_url(), comments)
    return found


def fill_busy(cast: Cast) -> dict[str, Any]:
    """Add the posts that receive comments. Return the path of one, and the targets to send comments to."""
    busy = [add_post(cast, f"bench-busy-{number}", 2 * AGE, 100) for number in range(BUSY)]
    targets = [target for post, comments in busy for target in _targets(post, comments)]
    return {"busy post": busy[0][0].get_absolute_url(), "to comment on": targets}


def add_post(cast: Cast, slug: str, age: timedelta, count: int) -> tuple[Post, list[Node]]:
    """Add a complete post. Return it with its `count` comments in reading order."""
    written = clock.now().replace(microsecond=0) - age
    post = _publish(cast, slug, written)
    start = written + timedelta(milliseconds=post.pk)  # or two discussions with equal intervals would share ids
    return post, discussions.fill(post.discussion, count, start=start, end=start + DISCUSSION_SPAN)


def _publish(cast: Cast, slug: str, written: datetime) -> Post:
    """Publish a post with a repost and a video through the services that the admin uses."""
    source = content.REPOST.slug
    with clock.standing_at(written):
        introduction, body = content.text(source, "introduction"), content.text(source, "body")
        post = Post.objects.create(
            title=slug.replace("-", " ").title(), slug=slug, author=cast.host, introduction=introduction, body=body
        )
        post.tags.set(Tag.objects.order_by("pk")[:2])
        Credit.objects.create(post=post, person=cast.guest)
        words, basis = content.text(source, "words"), Repost.Basis.PERMISSION
        Repost.objects.create(post=post, text=words, basis=basis, note=content.PERMISSION_NOTE)
        _add_video(post)
        saving.publish_post(post, by=cast.host.name, at=written)
    return post


def teach_the_rules() -> None:
    """Give every rule something to check: bans of words, of a domain and of a network, and a trained spam filter."""
    Ban.objects.bulk_create(
        [
            *(Ban(kind=Ban.Kind.WORD, value=f"{word} offer") for word in SPAM_WORDS),
            Ban(kind=Ban.Kind.DOMAIN, value="spam.example", mode=Ban.Mode.REFUSE),
            Ban(kind=Ban.Kind.NETWORK, key=secrets.token_bytes(32), mode=Ban.Mode.REFUSE),
        ]
    )
    good = set().union(*(bayes.tokens("Reader", text.source) for text in texts.comments()))
    learned = [SpamToken(token=word, ham=20) for word in good - {"", *SPAM_WORDS}]
    learned += [SpamToken(token=word, spam=50) for word in SPAM_WORDS]
    SpamToken.objects.bulk_create([SpamToken(token="", ham=200, spam=200), *learned])


def _add_video(post: Post) -> None:
    reference = references.parse(content.VIDEO_URL)
    assert reference  # noqa: S101 - a constant of the sample
    video = Video(post=post, part=Video.Part.REPOST, page_url=content.VIDEO_URL, title=content.VIDEO_TITLE)
    video.reference, video.ai_origin = reference, Video.AiOrigin.GENERATED
    video.save()


def _pages(path: str, comments: list[Node]) -> dict[str, str]:
    """The first page, a page within a thread, and the last page. The longest discussion comes last and wins."""
    middle, end = comments[len(comments) // 2 + 3], comments[max(0, len(comments) - 51)]
    return {
        "first of many": path,
        "middle of many": f"{path}?after={ids.encode(middle.pk)}",
        "last of many": f"{path}?after={ids.encode(end.pk)}",
    }


def _targets(post: Post, comments: list[Node]) -> list[str]:
    """Where to send comments: to the post itself, and as replies to comments all over its discussion."""
    path = f"/comments/new/{post.pk}/"
    answered = comments[:: max(1, len(comments) // TARGETS)][:TARGETS]
    return [target for comment in answered for target in (path, f"{path} {ids.encode(comment.pk)}")]
