"""The HTML of a thread.

Made by plain formatting, because comments are most of a post's page: for 200 of them it takes 3.6 ms, where
`format_html`, which looks at every part anew, takes 8.1; and 0.4 where the articles were made before. So here is the
rule by hand: of what people wrote, names and languages are escaped where they are taken from the comment; the text was
sanitised when it was stored.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from html import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django_stubs_ext import StrPromise

from comments.models import Comment
from comments.threads import ids
from comments.threads.rows import PUBLISHED, Row, Shown
from core.urls import path_to

ARTICLES_KEPT = 10_000  # 15 MB in each process
Sentences = Mapping[str, StrPromise]
_BY_A_MODERATOR = gettext_lazy("This comment was removed by a moderator.")
GONE_BECAUSE: Sentences = {
    Comment.State.PENDING: gettext_lazy("This comment was changed and waits for a moderator."),
    Comment.State.SPAM: _BY_A_MODERATOR,
    Comment.State.REJECTED: _BY_A_MODERATOR,
    Comment.State.REMOVED: _BY_A_MODERATOR,
    Comment.State.DELETED: gettext_lazy("This comment was deleted by its author."),
    Comment.State.ERASED: gettext_lazy("This comment was erased."),
}
BADGES: Sentences = {
    Comment.Badge.HOST: pgettext_lazy("badge", "host"),
    Comment.Badge.MODERATOR: pgettext_lazy("badge", "moderator"),
}


def thread(rows: Sequence[Row], *, can_reply: bool) -> list[str]:
    """Nested lists of articles, in the language and the time zone in force: pieces of safe HTML. Replies can be folded
    away.
    """
    language = get_language()
    written = _written(language, timezone.get_current_timezone_name(), can_reply)
    parts = ['<ol class="thread">\n']
    for row in rows:
        comment = row.comment
        before, behind = _around_words(written, comment, row.answered, row.level, row.is_context)
        parts += (before, row.html, behind) if comment.state == PUBLISHED else (before, behind)
        if row.replies:
            name = None if comment.state != PUBLISHED else comment.name
            parts.append(_replies_open(name, row.replies if row.is_whole else 0, language))
        else:
            parts.append("</li>\n" + "</ol></details></li>\n" * (row.closes - 1))
    parts.append("</ol>\n")
    return parts


class _Written:
    """What all articles share, found once: asking for addresses and translations takes longer than both."""

    def __init__(self, *, can_reply: bool) -> None:
        self.can_reply = can_reply
        self.before_id, _id, self.behind_id = path_to("comment", 0).partition(ids.encode(0))
        self.reply, self.to_whom = _("Reply"), _("to %(name)s")
        self.level, self.level_below = _("reply, level %(level)d"), _("reply to %(name)s, level %(level)d")
        self.edited = f'\n<span class="comment-edited">{_("edited")}</span>'

    def article(self, comment: Shown, answered: Shown | None, level: int, *, is_context: bool) -> tuple[str, str]:
        """What stands before its words, and what behind them. A tombstone has none.

        For screen readers an article is named by its parts: who wrote it, their badges, and when.
        """
        id, name, gone = comment.public_id, escape(comment.name), comment.is_tombstone
        kind = (" comment-context" if is_context else "") + (" comment-gone" if gone else "")
        author = _tombstone(comment, id) if gone else _author(comment, id, name)
        place = self.place(comment, answered, level) if level > 1 else ""
        edited = self.edited if comment.edited_at and not gone else ""
        before, behind = ("", "") if gone else self.body(comment, id, name)
        head = f"""<li>
<article class="comment{kind}" id="c-{id}" tabindex="-1" aria-labelledby="c-{id}-by c-{id}-at">
<header>{author}{place}
<a class="comment-time" href="{self.before_id}{id}{self.behind_id}">{_time(id, comment.moment)}</a>{edited}</header>
{before}"""
        return head, f"{behind}</article>\n"

    def place(self, comment: Shown, answered: Shown | None, level: int) -> str:
        """In words for those who see no indent; and for all, whom it answers where the indent cannot say."""
        if answered is None or answered.is_tombstone:
            return f'\n<span class="visually-hidden">{self.level % {"level": level}}</span>'
        name = escape(answered.name)
        where = self.level_below % {"name": name, "level": level}
        words = f'\n<span class="visually-hidden">{where}</span>'
        if comment.reply_to_id is None:
            return words
        to_whom = self.to_whom % {"name": name}
        return f'{words}\n<a class="comment-answers" href="#c-{answered.public_id}">{to_whom}</a>'

    def body(self, comment: Shown, id: str, name: str) -> tuple[str, str]:
        language = f' lang="{escape(comment.language)}"' if comment.language else ""
        before, behind = f'<div class="comment-body prose" dir="auto"{language}>', "</div>\n"
        if not self.can_reply:
            return before, behind
        address = f"{path_to('comment-new', comment.discussion_id)}?parent={id}"
        to_whom = self.to_whom % {"name": name}
        return (
            before,
            f"""{behind}<p class="comment-acts"><a rel="nofollow" href="{address}">{self.reply}\
<span class="visually-hidden">
{to_whom}</span></a></p>
""",
        )


@lru_cache
def _written(language: str, zone: str, can_reply: bool) -> _Written:
    """For the `language` and the `zone` in force; the days of articles depend on the zone, too."""
    return _Written(can_reply=can_reply)


@lru_cache(maxsize=ARTICLES_KEPT)
def _around_words(
    written: _Written,
    comment: Shown,
    answered: Shown | None,
    level: int,
    is_context: bool,
) -> tuple[str, str]:
    """An article without its words. Kept, because it takes 40 µs, 25 of them for the time, and to find it takes 1.

    It cannot be stale: the key is all that it is made of. The words are neither in it nor in what is kept, for they
    may be long.
    """
    return written.article(comment, answered, level, is_context=is_context)


def _author(comment: Shown, id: str, name: str) -> str:
    labels = [_("original author")] if comment.is_by_original_author else []
    if comment.badge:
        labels.append(str(BADGES[comment.badge]))
    badges = "".join(f' <span class="comment-badge">{label}</span>' for label in labels)
    return f'<span id="c-{id}-by"><bdi class="comment-author">{name}</bdi>{badges}</span>'


def _tombstone(comment: Shown, id: str) -> str:
    return f'<span class="comment-author" id="c-{id}-by">{GONE_BECAUSE[comment.state]}</span>'


def _time(id: str, moment: datetime) -> str:
    words = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return f'<time id="c-{id}-at" datetime="{moment.isoformat(timespec="seconds")}">{words}</time>'


@lru_cache(maxsize=ARTICLES_KEPT)
def _replies_open(name: str | None, count: int, language: str) -> str:
    """The beginning of a list of replies, in the `language` in force. Kept, because finding a plural takes long."""
    summary = _replies_in_words(name, count)
    return f'<details class="comment-replies" open><summary>{summary}</summary>\n<ol class="replies">\n'


def _replies_in_words(name: str | None, count: int) -> str:
    """What a list of replies that can be folded away is called: replies to `name`, where that may be said. Of those on
    several pages no number is known, and `count` is 0.
    """
    if name is None:
        return ngettext("%(count)d reply", "%(count)d replies", count) % {"count": count} if count else _("Replies")
    if not count:
        return _("Replies to %(name)s") % {"name": escape(name)}
    numbered = ngettext("%(count)d reply to %(name)s", "%(count)d replies to %(name)s", count)
    return numbered % {"count": count, "name": escape(name)}
