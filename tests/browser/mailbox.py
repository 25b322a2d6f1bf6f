"""Emails sent by the worker of a running site."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.browser.conftest import Site, wait_until


def messages_to(site: Site, to: str) -> list[EmailMessage]:
    """All messages sent to an email address so far, the oldest first."""
    files = sorted((site.data / "mail").glob("*"), key=lambda file: file.stat().st_mtime_ns)
    parts = [part for file in files for part in file.read_bytes().split(b"-" * 79 + b"\n") if part.strip()]
    messages = [message_from_bytes(part, policy=policy.default) for part in parts]
    return [message for message in messages if message["To"] == to]


def next_message(site: Site, to: str, known: int) -> EmailMessage:
    """Wait for the message that follows the first `known` ones."""
    wait_until(lambda: len(messages_to(site, to)) > known, f"message number {known + 1} to {to}")
    return messages_to(site, to)[known]


def link_in(message: EmailMessage, start: str) -> str:
    """Return the path of the only link with this prefix. It must be alone on its line."""
    body = message.get_body(("plain",))
    assert body
    found = re.findall(rf"^https?://[^/\s]+({start}\S*)$", body.get_content(), re.MULTILINE)
    assert len(found) == 1, body.get_content()
    return str(found[0])
