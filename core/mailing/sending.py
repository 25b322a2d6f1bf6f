"""Mail of the house: plain text, in a stated language, without anything that would report back who read it."""

import re
from collections.abc import Mapping
from email.utils import formataddr, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from blog.models import Blog, Person, Post

NO_MORE: Mapping[str, str] = {}


def send(
    template: str,
    context: dict[str, Any],
    *,
    to: str,
    blog: Blog,
    language: str = "",
    reply_to: str = "",
    name: str = "",
    headers: Mapping[str, str] = NO_MORE,
) -> None:
    """Send one mail, made of `emails/<template>_subject.txt` and `emails/<template>.txt`, and wait until it is gone.

    It speaks `language`, or else that of the blog. Two mails of one `name` have one Message-ID: where the same had to
    be sent twice, a reader's program can tell. Raises what the mail server makes of it.
    """
    host = settings.SITE.hostname
    message_id = f"<{name}@{host}>" if name else make_msgid(domain=host)
    with translation.override(language or blog.language), timezone.override(blog.zone):
        subject = render_to_string(f"emails/{template}_subject.txt", context)
        text = render_to_string(f"emails/{template}.txt", context)
    message = EmailMessage(
        subject=_one_line(subject),
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=_sender(blog),
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", **headers},
    )
    message.send()


def address_of_host(post: Post) -> str:
    """Where the host of `post` reads mail: the login of its author, else that of the blog's owner. May be empty."""
    return address_of(post.author) or address_of(post.blog.owner)


def address_of(person: Person | None) -> str:
    """Where somebody reads mail: their login's address, else the one that is known of them. May be empty."""
    if person is None:
        return ""
    return (person.user.email if person.user else "") or person.contact_email


def quoted(words: str) -> str:
    """Somebody's words marked line by line, as mail does it: none of them can pass for ours."""
    return "\n".join(f"> {line}".rstrip() for line in words.splitlines())


def _sender(blog: Blog) -> str:
    """The site's address under the blog's name."""
    return formataddr((_one_line(blog.title), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _one_line(text: str) -> str:
    """A header ends at a line end: what came after one would be a header of its own."""
    return " ".join(text.split())
