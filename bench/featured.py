"""The posts that are looked at: each with reposted words, a video, two tags, and a discussion of its own length."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench import discussions, texts
from bench.discussions import Place
from blog.models import Credit, Person, Post, Repost, Tag, Video
from blog.publishing import saving
from blog.sample import content, loading
from blog.videos import references
from comments.models import Ban, SpamToken
from comments.screening import bayes
from comments.threads import ids
from core import clock

AGE = timedelta(days=30)
TALK_LASTS = timedelta(days=20)
SPAM_WORDS = ("casino", "jackpot", "viagra", "crypto", "loan", "seo", "backlinks", "cheap", "bonus", "replica")
BUSY = 4  # posts that comments are sent to, so that those whose reading is measured stay as they are
TARGETS = 20  # comments of each that are replied to


@dataclass(frozen=True)
class Cast:
    host: Person
    guest: Person


def load_cast() -> Cast:
    """Add the sample, which names the blog and its people."""
    loading.load()
    return Cast(*(Person.objects.get(slug=person.slug) for person in content.PEOPLE))


def fill(cast: Cast, counts: list[int]) -> dict[str, Any]:
    """Add a post for each of `counts` and say where they, and the pages of the longest discussion, stand."""
    found: dict[str, Any] = {}
    for index, count in enumerate(counts):
        post, said = add_post(cast, f"bench-{count}-comments", AGE - timedelta(hours=index), count)
        found[f"post, {count} comments"] = post.get_absolute_url()
        found["comment"] = f"/comments/{ids.encode(said[len(said) // 2].pk)}/"
        found |= _pages(post.get_absolute_url(), said)
    return found


def fill_busy(cast: Cast) -> dict[str, Any]:
    """Add the posts that are to be commented on, and say where they stand and what to reply to."""
    busy = [add_post(cast, f"bench-busy-{number}", 2 * AGE, 100) for number in range(BUSY)]
    openings = [opening for post, said in busy for opening in _openings(post, said)]
    return {"busy post": busy[0][0].get_absolute_url(), "to comment on": openings}


def add_post(cast: Cast, slug: str, age: timedelta, count: int) -> tuple[Post, list[Place]]:
    """A post with everything, and `count` comments in the order of a reader."""
    written = clock.now().replace(microsecond=0) - age
    post = _publish(cast, slug, written)
    begin = written + timedelta(milliseconds=post.pk)  # else two discussions of one rhythm would mint the same numbers
    return post, discussions.fill(post.discussion, count, begin=begin, end=begin + TALK_LASTS)


def _publish(cast: Cast, slug: str, written: datetime) -> Post:
    """A post with reposted words and a video, by the doors that a host uses."""
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
    """Let every rule have something to look for: bans of words, a domain and a person, a filter that has learned."""
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
    assert reference  # noqa: S101 - the sample's own constant
    video = Video(post=post, part=Video.Part.REPOST, page_url=content.VIDEO_URL, title=content.VIDEO_TITLE)
    video.reference, video.ai_origin = reference, Video.AiOrigin.GENERATED
    video.save()


def _pages(address: str, said: list[Place]) -> dict[str, str]:
    """The first page, one in the midst of a thread, and the last one. The longest discussion has the last word."""
    middle, end = said[len(said) // 2 + 3], said[max(0, len(said) - 51)]
    return {
        "first of many": address,
        "middle of many": f"{address}?after={ids.encode(middle.pk)}",
        "last of many": f"{address}?after={ids.encode(end.pk)}",
    }


def _openings(post: Post, said: list[Place]) -> list[str]:
    """Where to send comments: under the post, and as replies to comments all over it."""
    path = f"/comments/new/{post.pk}/"
    answered = said[:: max(1, len(said) // TARGETS)][:TARGETS]
    return [opening for place in answered for opening in (path, f"{path} {ids.encode(place.pk)}")]
