"""The HTML of a thread.

Made by plain formatting, because comments are most of a post's page: for 200 of them it takes 3.6 ms, where
`format_html`, which looks at every part anew, takes 8.1. So here is the rule by hand: of what people wrote, names and
languages are escaped where they are taken from the comment; the text was sanitised when it was stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from html import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django_stubs_ext import StrPromise

from blog.linking import path_to
from comments import ids
from comments.models import Comment
from comments.threads import Row

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


def thread(rows: Sequence[Row], *, can_reply: bool) -> SafeString:
    """Nested lists of articles, in the language and the time zone in force. Replies can be folded away."""
    written = _Thread(rows[0].comment.discussion_id, can_reply=can_reply)
    parts = "".join(part for row in rows for part in written.parts(row))
    return mark_safe(f'<ol class="thread">\n{parts}</ol>\n')  # noqa: S308 - see above


class _Thread:
    """What all articles of a thread share, found once: asking for addresses and translations takes longer than both."""

    def __init__(self, discussion_id: int, *, can_reply: bool) -> None:
        self.can_reply = can_reply
        self.before_id, _id, self.behind_id = path_to("comment", 0).partition(ids.encode(0))
        self.reply_url = f"{path_to('comment-new', discussion_id)}?parent="
        self.reply, self.to_whom = _("Reply"), _("to %(name)s")
        self.level, self.level_below = _("reply, level %(level)d"), _("reply to %(name)s, level %(level)d")
        self.edited = f'\n<span class="comment-edited">{_("edited")}</span>'
        self.language, self.zone = get_language(), timezone.get_current_timezone_name()

    def parts(self, row: Row) -> Iterator[str]:
        yield self.article(row, escape(row.comment.name))
        if row.replies:
            summary = _replies_in_words(row)
            yield f'<details class="comment-replies" open><summary>{summary}</summary>\n<ol class="replies">\n'
        else:
            yield "</li>\n" + "</ol></details></li>\n" * (row.closes - 1)

    def article(self, row: Row, name: str) -> str:
        """For screen readers an article is named by its parts: who wrote it, their badges, and when."""
        comment, gone = row.comment, row.comment.is_tombstone
        id, moment = comment.public_id, comment.published_at or comment.created_at
        kind = (" comment-context" if row.is_context else "") + (" comment-gone" if gone else "")
        author = _tombstone(comment, id) if gone else _author(comment, id, name)
        place = self.place(row) if row.level > 1 else ""
        edited = self.edited if comment.edited_at and not gone else ""
        return f"""<li>
<article class="comment{kind}" id="c-{id}" tabindex="-1" aria-labelledby="c-{id}-by c-{id}-at">
<header>{author}{place}
<a class="comment-time" href="{self.before_id}{id}{self.behind_id}">{self.time(id, moment)}</a>{edited}</header>
{"" if gone else self.body(comment, id, name)}</article>
"""

    def time(self, id: str, moment: datetime) -> str:
        words = _time(moment, self.language, self.zone)
        return f'<time id="c-{id}-at" datetime="{moment.isoformat(timespec="seconds")}">{words}</time>'

    def place(self, row: Row) -> str:
        """In words for those who see no indent; and for all, whom it answers where the indent cannot say."""
        answered = row.answered
        if answered is None or answered.is_tombstone:
            return f'\n<span class="visually-hidden">{self.level % {"level": row.level}}</span>'
        name = escape(answered.name)
        level = self.level_below % {"name": name, "level": row.level}
        words = f'\n<span class="visually-hidden">{level}</span>'
        if row.comment.reply_to_id is None:
            return words
        to_whom = self.to_whom % {"name": name}
        return f'{words}\n<a class="comment-answers" href="#c-{answered.public_id}">{to_whom}</a>'

    def body(self, comment: Comment, id: str, name: str) -> str:
        language = f' lang="{escape(comment.language)}"' if comment.language else ""
        words = f'<div class="comment-body prose" dir="auto"{language}>{comment.html}</div>\n'
        if not self.can_reply:
            return words
        to_whom = self.to_whom % {"name": name}
        return f"""{words}<p class="comment-acts"><a rel="nofollow" href="{self.reply_url}{id}">{self.reply}\
<span class="visually-hidden">
{to_whom}</span></a></p>
"""


def _author(comment: Comment, id: str, name: str) -> str:
    labels = [_("original author")] if vars(comment).get("is_by_original_author") else []
    if comment.badge:
        labels.append(str(BADGES[comment.badge]))
    badges = "".join(f' <span class="comment-badge">{label}</span>' for label in labels)
    return f'<span id="c-{id}-by"><bdi class="comment-author">{name}</bdi>{badges}</span>'


def _tombstone(comment: Comment, id: str) -> str:
    return f'<span class="comment-author" id="c-{id}-by">{GONE_BECAUSE[comment.state]}</span>'


def _replies_in_words(row: Row) -> str:
    """What a list of replies that can be folded away is called. Of those on several pages no number is known."""
    count, name = row.replies, escape(row.comment.name)
    if row.comment.is_tombstone:
        numbered = ngettext("%(count)d reply", "%(count)d replies", count)
        return numbered % {"count": count} if row.is_whole else _("Replies")
    if not row.is_whole:
        return _("Replies to %(name)s") % {"name": name}
    return _replies_to(count, get_language()) % {"count": count, "name": name}


@lru_cache
def _replies_to(count: int, language: str) -> str:
    """In the `language` in force. Kept, because finding a plural takes a quarter of the time of a thread."""
    return ngettext("%(count)d reply to %(name)s", "%(count)d replies to %(name)s", count)


@lru_cache(maxsize=4096)
def _time(moment: datetime, language: str, zone: str) -> str:
    """In the `language` and the `zone` in force. Kept, because it takes 25 µs, the rest of an article 13."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
