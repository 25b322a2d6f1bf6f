"""The HTML of a thread.

Made by plain formatting, because comments are most of a post's page: for 200 of them it takes 2.6 ms, where
`format_html`, which looks at every part anew, takes 8.1. So here is the rule by hand: of what people wrote, names and
languages are escaped where they are taken from the comment; the text was sanitised when it was stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django_stubs_ext import StrPromise

from comments import ids
from comments.models import Comment
from comments.threads import Row

# For screen readers an article is named by its parts: who wrote it, their badges, and when.
ARTICLE = """<li>
<article class="comment{kind}" id="c-{id}" tabindex="-1" aria-labelledby="c-{id}-by c-{id}-at">
<header>{author}{place}
<a class="comment-time" href="{url}"><time id="c-{id}-at" datetime="{machine_time}">{time}</time></a>{edited}</header>
{body}</article>
"""
AUTHOR = '<span id="c-{id}-by"><bdi class="comment-author">{name}</bdi>{badges}</span>'
BADGE = ' <span class="comment-badge">{label}</span>'
GONE = '<span class="comment-author" id="c-{id}-by">{sentence}</span>'
EDITED = '\n<span class="comment-edited">{label}</span>'
LEVEL = '\n<span class="visually-hidden">{words}</span>'
ANSWERS = '\n<a class="comment-answers" href="#c-{id}">{to_whom}</a>'
BODY = '<div class="comment-body prose" dir="auto"{language}>{html}</div>\n'
ACTS = """<p class="comment-acts"><a rel="nofollow" href="{url}">{reply}<span class="visually-hidden">
{to_whom}</span></a></p>
"""
REPLIES = '<details class="comment-replies" open><summary>{summary}</summary>\n<ol class="replies">\n'
END = "</li>\n"
END_OF_REPLIES = "</ol></details></li>\n"

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
        self.comment_url = reverse("comment", args=[0]).replace(ids.encode(0), "{id}")
        self.reply_url = f"{reverse('comment-new', args=[discussion_id])}?parent="
        self.reply, self.to_whom = _("Reply"), _("to %(name)s")
        self.level, self.level_below = _("reply, level %(level)d"), _("reply to %(name)s, level %(level)d")
        self.edited = EDITED.format(label=_("edited"))
        self.language, self.zone = get_language(), timezone.get_current_timezone_name()

    def parts(self, row: Row) -> Iterator[str]:
        yield self.article(row, escape(row.comment.name))
        if row.replies:
            yield REPLIES.format(summary=_replies_in_words(row))
        else:
            yield END + END_OF_REPLIES * (row.closes - 1)

    def article(self, row: Row, name: str) -> str:
        comment, gone = row.comment, row.comment.is_tombstone
        public_id, moment = comment.public_id, comment.published_at or comment.created_at
        return ARTICLE.format(
            id=public_id,
            kind=(" comment-context" if row.is_context else "") + (" comment-gone" if gone else ""),
            author=_tombstone(comment, public_id) if gone else _author(comment, public_id, name),
            place=self.place(row) if row.level > 1 else "",
            url=self.comment_url.format(id=public_id),
            machine_time=moment.isoformat(timespec="seconds"),
            time=_time(moment, self.language, self.zone),
            edited=self.edited if comment.edited_at and not gone else "",
            body="" if gone else self.body(comment, public_id, name),
        )

    def place(self, row: Row) -> str:
        """In words for those who see no indent; and for all, whom it answers where the indent cannot say."""
        answered = row.answered
        if answered is None or answered.is_tombstone:
            return LEVEL.format(words=self.level % {"level": row.level})
        name = escape(answered.name)
        words = LEVEL.format(words=self.level_below % {"name": name, "level": row.level})
        if row.comment.reply_to_id is None:
            return words
        return words + ANSWERS.format(id=answered.public_id, to_whom=self.to_whom % {"name": name})

    def body(self, comment: Comment, public_id: str, name: str) -> str:
        language = f' lang="{escape(comment.language)}"' if comment.language else ""
        words = BODY.format(language=language, html=comment.html)
        if not self.can_reply:
            return words
        to_whom = self.to_whom % {"name": name}
        return words + ACTS.format(url=self.reply_url + public_id, reply=self.reply, to_whom=to_whom)


def _author(comment: Comment, public_id: str, name: str) -> str:
    labels = [_("original author")] if vars(comment).get("is_by_original_author") else []
    if comment.badge:
        labels.append(str(BADGES[comment.badge]))
    return AUTHOR.format(id=public_id, name=name, badges="".join(BADGE.format(label=label) for label in labels))


def _tombstone(comment: Comment, public_id: str) -> str:
    return GONE.format(id=public_id, sentence=GONE_BECAUSE[comment.state])


def _replies_in_words(row: Row) -> str:
    """What a list of replies that can be folded away is called. Of those on several pages no number is known."""
    count, name = row.replies, escape(row.comment.name)
    if row.comment.is_tombstone:
        numbered = ngettext("%(count)d reply", "%(count)d replies", count)
        return numbered % {"count": count} if row.is_whole else _("Replies")
    if not row.is_whole:
        return _("Replies to %(name)s") % {"name": name}
    return ngettext("%(count)d reply to %(name)s", "%(count)d replies to %(name)s", count) % {
        "count": count,
        "name": name,
    }


@lru_cache(maxsize=4096)
def _time(moment: datetime, language: str, zone: str) -> str:
    """In the `language` and the `zone` in force. Kept, because it takes 25 µs, the rest of an article 13."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
