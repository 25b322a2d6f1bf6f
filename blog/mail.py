"""Mail of the house: plain text, in a stated language, without anything that would report back who read it."""

import re
from email.utils import formataddr, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone, translation

from blog.models import Blog, Post


def send(
    template: str, context: dict[str, Any], *, to: str, blog: Blog, language: str = "", reply_to: str = ""
) -> None:
    """Send one mail, made of `emails/<template>_subject.txt` and `emails/<template>.txt`, and wait until it is gone.

    It speaks `language`, or else that of the blog. Raises what the mail server makes of it.
    """
    with translation.override(language or blog.language), timezone.override(blog.zone):
        subject = render_to_string(f"emails/{template}_subject.txt", context)
        text = render_to_string(f"emails/{template}.txt", context)
    message = EmailMessage(
        subject=_one_line(subject),
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=_sender(blog),
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": make_msgid(domain=settings.SITE.hostname), "Auto-Submitted": "auto-generated"},
    )
    message.send()


def address_of_host(post: Post) -> str:
    """Where the host of `post` reads mail: the login of its author, else that of the blog's owner. May be empty."""
    for person in (post.author, post.blog.owner):
        if person and (found := (person.user.email if person.user else "") or person.contact_email):
            return found
    return ""


def _sender(blog: Blog) -> str:
    """The site's address under the blog's name."""
    return formataddr((_one_line(blog.title), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _one_line(text: str) -> str:
    """A header ends at a line end: what came after one would be a header of its own."""
    return " ".join(text.split())
