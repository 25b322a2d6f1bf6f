"""Mail as a reader gets it: parsed from what was sent, by a parser that is not ours."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from django.core.mail import EmailMessage as SentMessage


def received(sent: SentMessage) -> EmailMessage:
    """The message behind the wire: headers decoded, the text unpacked when asked for."""
    return message_from_bytes(sent.message().as_bytes(), policy=policy.default)


def text_of(sent: SentMessage) -> str:
    body = received(sent).get_body(("plain",))
    assert body
    return str(body.get_content())


def path_in(sent: SentMessage) -> str:
    """The path of the author's link in a question."""
    found = re.findall(r"^https?://[^/\s]+(/grant/\S+)$", text_of(sent), re.MULTILINE)
    assert len(found) == 1, text_of(sent)
    return str(found[0])
