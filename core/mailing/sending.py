"""Mail of the house: plain text, in a stated language, without anything that would report back who read it."""

import re
from collections.abc import Mapping
from email.utils import formataddr, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from core.site import Site, override_locale

NO_MORE: Mapping[str, str] = {}


def send(
    template: str,
    context: dict[str, Any],
    *,
    to: str,
    site: Site,
    language: str = "",
    reply_to: str = "",
    name: str = "",
    headers: Mapping[str, str] = NO_MORE,
) -> None:
    """Send one mail, made of `emails/<template>_subject.txt` and `emails/<template>.txt`, and wait until it is gone.

    It speaks `language`, or else that of the site. Two mails of one `name` have one Message-ID: where the same had to
    be sent twice, a reader's program can tell. Raises what the mail server makes of it.
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


def quoted(words: str) -> str:
    """Somebody's words marked line by line, as mail does it: none of them can pass for ours."""
    return "\n".join(f"> {line}".rstrip() for line in words.splitlines())


def _sender(site: Site) -> str:
    """The site's address under the site's title."""
    return formataddr((_one_line(site.title), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def _one_line(text: str) -> str:
    """A header ends at a line end: what came after one would be a header of its own."""
    return " ".join(text.split())
