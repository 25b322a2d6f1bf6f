"""Which videos the texts of a post contain, and the rows that describe them.

A text determines where a video is shown; its row holds the title, the creator, whether AI made it. Call
`synchronise_rows` after storing a text, and after a change to which reposted words are shown.
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
ReferencesByText = Mapping[str, Sequence[Reference]]


@dataclass
class RowChanges:
    """The changes that make the rows of a post agree with its texts."""

    moves: list[tuple[Video, str, Reference]] = field(default_factory=list)  # a row, and its new text and video
    additions: list[tuple[str, Reference]] = field(default_factory=list)
    orphans: list[Video] = field(default_factory=list)  # rows whose video is in no text any more


def plan_changes(rows: Iterable[Video], references: ReferencesByText) -> RowChanges:
    """Compare the rows of a post with the videos in its texts. Attached videos are ignored.

    A video that moves to another text, or gets another start, keeps its row.
    """
    rows = [row for row in rows if row.text]
    changes = RowChanges(orphans=[row for row in rows if row.reference not in references.get(row.text, ())])
    existing = {(row.text, row.reference) for row in rows}
    in_texts = [(text, reference) for text, several in references.items() for reference in several]
    for text, reference in in_texts:
        if (text, reference) in existing:
            continue
        if row := _find_orphan(changes.orphans, text, reference):
            changes.orphans.remove(row)
            changes.moves.append((row, text, reference))
        else:
            changes.additions.append((text, reference))
    return changes


def _find_orphan(orphans: Sequence[Video], text: str, reference: Reference) -> Video | None:
    """Find the row for a video that is new in a text: the same video with the same start, or with another one."""
    same = [row for row in orphans if row.reference == reference]
    other_start = [
        row for row in orphans if row.text == text and row.reference.without_start == reference.without_start
    ]
    return next(iter(same + other_start), None)


@transaction.atomic
def synchronise_rows(post: Post) -> None:
    """Make the rows of `post` agree with its stored texts.

    An orphaned row is deleted, unless the host typed something into it: only the host may discard that.
    """
    changes = plan_changes(Video.objects.select_for_update().filter(post=post), references_by_text(post))
    for row, text, reference in changes.moves:
        assign(row, text, reference)
        row.save()
    for text, reference in changes.additions:
        assign(row := Video(post=post), text, reference)
        row.save()
        metadata.schedule_fetch(row)
    for row in changes.orphans:
        if not row.has_typed_values:
            row.delete()


def assign(row: Video, text: str, reference: Reference) -> None:
    """Make `row` describe the video `reference` in one text of its post."""
    row.text, row.part, row.page_url = text, PARTS[Text(text)], reference.watch_url
    row.reference = reference


def references_by_text(post: Post) -> dict[str, list[Reference]]:
    """Return the videos in the stored texts of `post`; those of the repost in every wording that may be shown."""
    stored = Post.objects.only("introduction_html", "body_html").get(pk=post.pk)
    return {
        Text.INTRODUCTION: placeholders.references(stored.introduction_html),
        Text.BODY: placeholders.references(stored.body_html),
        Text.WORDS: references_in_repost(post),
    }


def references_in_repost(post: Post, *, typed: str | None = None) -> list[Reference]:
    """Return the videos in the reposted words: in the stored or `typed` text, and in all wordings that may be shown.

    Those are the wording that is shown, the one that the author confirmed, and those in open requests to the author.
    """
    repost = Repost.objects.select_related("shown", "covered").filter(post=post.pk).first() if post.pk else None
    references = rendering.videos_in(typed if typed is not None else repost.text if repost else "")
    if repost:
        open_requests = repost.requests.filter(answered_at=None).select_related("wording")
        wordings = [repost.shown, repost.covered, *(request.wording for request in open_requests)]
        for wording in filter(None, wordings):
            references += placeholders.references(wording.html)
    return list(dict.fromkeys(references))


def shown_videos(post: Post) -> list[Video]:
    """Return the videos that readers see, attached or in a text; those of the repost only while its words are shown.

    A row alone shows nothing, because it may belong to a text that is not shown yet.
    """
    words = post.passage.public_html if post.passage else ""
    references: dict[str, list[Reference]] = {
        Text.INTRODUCTION: placeholders.references(post.introduction_html),
        Text.BODY: placeholders.references(post.body_html),
        Text.WORDS: placeholders.references(words),
    }
    has_words = post.passage is not None and post.passage.is_in_force
    return [
        video
        for video in post.videos.all()
        if (video.reference in references[video.text] if video.text else video.part == Video.Part.POST or has_words)
    ]


def insert_videos(html: str, videos: Iterable[Video], *, text: str, template: str) -> str:
    """Replace the placeholders in a stored text with its videos, each rendered by `template`.

    A placeholder without a row, as in a preview, shows what its reference alone says. A video that occurs twice in the
    text has one anchor.
    """
    rows = {row.reference: row for row in videos if row.text == text}
    anchored: set[Reference] = set()

    def render(reference: Reference) -> str:
        row = rows.get(reference) or _unsaved_row(text, reference)
        is_first = reference not in anchored
        anchored.add(reference)
        return render_to_string(template, {"video": row, "in_text": True, "has_anchor": bool(row.pk and is_first)})

    return placeholders.replace(html, render)


def _unsaved_row(text: str, reference: Reference) -> Video:
    row = Video()
    row.text, row.page_url, row.reference = text, reference.watch_url, reference
    return row
