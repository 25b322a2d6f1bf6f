"""Sending email: plain text in a given language, without any tracking."""

import re
from collections.abc import Mapping
from email.utils import formataddr, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from core.site import Site, override_locale

NO_HEADERS: Mapping[str, str] = {}


def send(
    template: str,
    context: dict[str, Any],
    *,
    to: str,
    site: Site,
    language: str = "",
    reply_to: str = "",
    name: str = "",
    headers: Mapping[str, str] = NO_HEADERS,
) -> None:
    """Render `emails/<template>_subject.txt` and `emails/<template>.txt`, send the email, and wait until it is sent.

    The language is `language`, or else that of the site. `name` becomes the first part of the Message-ID, so that a
    mail program recognizes a message that had to be sent twice; without it the Message-ID is random. Raises OSError
    (SMTPException is one) if the mail server fails, and ValueError for an invalid receiver or header.
    """
    host = settings.SITE.hostname
    message_id = f"<{name}@{host}>" if name else make_msgid(domain=host)
    with override_locale(site, language):
        subject = render_to_string(f"emails/{template}_subject.txt", context)
        text = render_to_string(f"emails/{template}.txt", context)
    message = EmailMessage(
        subject=_one_line(subject),
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=_sender(site),
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", **headers},
    )
    message.send()


def quote(text: str) -> str:
    """Prefix every line with ">", so that a quoted text cannot imitate the text of the email around it."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _sender(site: Site) -> str:
    """The email address of the site, with the site's title as the display name."""
    return formataddr((_one_line(site.title), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _one_line(text: str) -> str:
    """Collapse whitespace, because text after a line break in a header would start another header."""
    return " ".join(text.split())
