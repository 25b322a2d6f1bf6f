"""Mail as its addressee finds it: in what the worker of a running site has sent."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.browser.conftest import Site, wait_until


def mails(site: Site, to: str) -> list[EmailMessage]:
    """All mail that an address has got so far, the oldest first."""
    files = sorted((site.data / "mail").glob("*"), key=lambda file: file.stat().st_mtime_ns)
    parts = [part for file in files for part in file.read_bytes().split(b"-" * 79 + b"\n") if part.strip()]
    messages = [message_from_bytes(part, policy=policy.default) for part in parts]
    return [message for message in messages if message["To"] == to]


def next_mail(site: Site, to: str, known: int) -> EmailMessage:
    """The mail that comes after the first `known` ones."""
    wait_until(lambda: len(mails(site, to)) > known, f"mail number {known + 1} to {to}")
    return mails(site, to)[known]


def link_in(message: EmailMessage, beginning: str) -> str:
    """The path of the one link, alone on its line, that begins so."""
    body = message.get_body(("plain",))
    assert body
    found = re.findall(rf"^https?://[^/\s]+({beginning}\S*)$", body.get_content(), re.MULTILINE)
    assert len(found) == 1, body.get_content()
    return str(found[0])
