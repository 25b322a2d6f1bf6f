"""Sent email as its receiver sees it, parsed by the standard library."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from django.core.mail import EmailMessage as SentMessage


def received(sent: SentMessage) -> EmailMessage:
    """The message after transport, with decoded headers."""
    return message_from_bytes(sent.message().as_bytes(), policy=policy.default)


def text_of(sent: SentMessage) -> str:
    body = received(sent).get_body(("plain",))
    assert body
    return str(body.get_content())


def path_in(sent: SentMessage) -> str:
    """The path of the link in an email that asks an author for permission."""
    found = re.findall(r"^https?://[^/\s]+(/grant/\S+)$", text_of(sent), re.MULTILINE)
    assert len(found) == 1, text_of(sent)
    return str(found[0])
