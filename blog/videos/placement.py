"""Which videos stand in the texts of a post, and the rows in which more is kept about them.

A text says where a video stands; a row says what it is called, who made it, whether AI did. `keep_rows` lets the rows
follow the texts, and is called by whatever stores a text or shows other words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.template.loader import render_to_string

from blog import rendering
from blog.models import Post, Repost, Video
from blog.videos import metadata, placeholders
from blog.videos.references import Reference

Text = Video.Text
PARTS = {
    Text.INTRODUCTION: Video.Part.POST,
    Text.BODY: Video.Part.POST,
    Text.WORDS: Video.Part.REPOST,
}
Standing = Mapping[str, Sequence[Reference]]  # by text


@dataclass
class Changes:
    """What has to happen to rows so that they follow the texts: where each goes, what is new, what is left over."""

    moves: list[tuple[Video, str, Reference]] = field(default_factory=list)
    new: list[tuple[str, Reference]] = field(default_factory=list)
    loose: list[Video] = field(default_factory=list)


def changes(rows: Iterable[Video], standing: Standing) -> Changes:
    """What the texts ask of the `rows` of a post, as far as these stand in texts.

    A video that leaves one text and turns up in another, or begins elsewhere now, takes its row along.
    """
    rows = [row for row in rows if row.text]
    found = Changes(loose=[row for row in rows if row.reference not in standing.get(row.text, ())])
    kept = {(row.text, row.reference) for row in rows}
    missing = [(text, one) for text, several in standing.items() for one in several if (text, one) not in kept]
    for text, reference in missing:
        if row := _leaving(found.loose, text, reference):
            found.loose.remove(row)
            found.moves.append((row, text, reference))
        else:
            found.new.append((text, reference))
    return found


def _leaving(loose: Sequence[Video], text: str, reference: Reference) -> Video | None:
    """The row of the same video that has lost its place: rather the whole address, then another start of it."""
    same = [row for row in loose if row.reference == reference]
    other_start = [row for row in loose if row.text == text and row.reference.film == reference.film]
    return next(iter(same + other_start), None)


@transaction.atomic
def keep_rows(post: Post) -> None:
    """Let the rows of `post` follow its stored texts.

    A row whose place is gone goes too, unless something was typed into it: that only the host may drop.
    """
    found = changes(Video.objects.select_for_update().filter(post=post), standing_in(post))
    for row, text, reference in found.moves:
        put(row, text, reference)
        row.save()
    for text, reference in found.new:
        put(row := Video(post=post), text, reference)
        row.save()
        metadata.ask(row)
    for row in found.loose:
        if not row.has_typed:
            row.delete()


def put(row: Video, text: str, reference: Reference) -> None:
    """Let `row` be that of the video in one text of its post."""
    row.text, row.part, row.page_url = text, PARTS[Text(text)], reference.watch_url
    row.reference = reference


def standing_in(post: Post) -> dict[str, list[Reference]]:
    """The videos in the texts of `post` as stored now. Of the words, in each version that readers may come to see."""
    stored = Post.objects.only("introduction_html", "body_html").get(pk=post.pk)
    return {
        Text.INTRODUCTION: placeholders.references(stored.introduction_html),
        Text.BODY: placeholders.references(stored.body_html),
        Text.WORDS: standing_in_words(post),
    }


def standing_in_words(post: Post, *, typed: str | None = None) -> list[Reference]:
    """The videos in the reposted words: as stored, or as `typed`; as shown; as confirmed; and as asked about."""
    repost = Repost.objects.select_related("shown", "covered").filter(post=post.pk).first() if post.pk else None
    found = rendering.videos_in(typed if typed is not None else repost.text if repost else "")
    if repost:
        open_questions = repost.requests.filter(answered_at=None).select_related("wording")
        wordings = [repost.shown, repost.covered, *(asked.wording for asked in open_questions)]
        for wording in filter(None, wordings):
            found += placeholders.references(wording.html)
    return list(dict.fromkeys(found))


def shown_videos(post: Post) -> list[Video]:
    """The videos that readers see, attached or in a text: those of the reposted words go with the words.

    A row alone shows nothing: a text that nobody sees yet may have brought it.
    """
    words = post.passage.public_html if post.passage else ""
    standing: dict[str, list[Reference]] = {
        Text.INTRODUCTION: placeholders.references(post.introduction_html),
        Text.BODY: placeholders.references(post.body_html),
        Text.WORDS: placeholders.references(words),
    }
    has_words = post.passage is not None and post.passage.is_in_force
    return [
        video
        for video in post.videos.all()
        if (video.reference in standing[video.text] if video.text else video.part == Video.Part.POST or has_words)
    ]


def filled(html: str, videos: Iterable[Video], *, text: str, template: str) -> str:
    """A stored text with its videos, from the rows that stand in it.

    A place without a row, as in a preview, tells what its address tells. A video that stands twice has one anchor.
    """
    rows = {row.reference: row for row in videos if row.text == text}
    anchored: set[Reference] = set()

    def show(reference: Reference) -> str:
        row = rows.get(reference) or bare(text, reference)
        is_first = reference not in anchored
        anchored.add(reference)
        return render_to_string(template, {"video": row, "in_text": True, "has_anchor": bool(row.pk and is_first)})

    return placeholders.fill(html, show)


def bare(text: str, reference: Reference) -> Video:
    """A row of which nothing is known but where it stands, and which is not stored."""
    row = Video()
    row.text, row.page_url, row.reference = text, reference.watch_url, reference
    return row
