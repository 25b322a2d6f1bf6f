"""Mail about comments as readers get it, and comments with an e-mail address."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.core.mail import EmailMessage
from django.db import transaction

from comments.mailing import subscriptions
from comments.models import Comment, Subscription
from core import clock
from core.tasks import queue, worker
from tests.blog.mailbox import received, text_of

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
REA = "rea@reader.example"
SAM = "sam@reader.example"


def path_in(sent: EmailMessage, page: str) -> str:
    """The path of the only link to /comments/<page>/…, which must be alone on its line."""
    found = re.findall(rf"^https?://[^/\s]+(/comments/{page}/\S+)$", text_of(sent), re.MULTILINE)
    assert len(found) == 1, text_of(sent)
    return str(found[0])


def question(mailoutbox: Sequence[EmailMessage]) -> str:
    """The path of the link in the last message that asks to confirm an e-mail address."""
    worker.run_due()
    return path_in(mailoutbox[-1], "confirm-address")


def one_line(sent: EmailMessage) -> str:
    """The text of a message with every run of white space made one space."""
    return " ".join(text_of(sent).split())


def whole(sent: EmailMessage) -> str:
    """Everything that a reader can see of a message: decoded headers and text."""
    message = received(sent)
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), text_of(sent)])


def to(sent: Iterable[EmailMessage]) -> list[str]:
    return [message.to[0] for message in sent]


def with_address(comment: Comment, email: str = REA, *, scope: str = "", proved: bool = False) -> Comment:
    """Make the comment one that was sent with an e-mail address and a subscription to `scope`."""
    with transaction.atomic():
        comment.email, comment.email_confirmed_at = email, clock.now() if proved else None
        comment.save(update_fields=["email", "email_confirmed_at"])
        subscriptions.request_confirmation(comment, scope)
    return comment


def follow(comment: Comment, email: str = REA, scope: str = "post") -> Subscription:
    """Create a confirmed subscription to the replies to `comment`, to its thread or to its post."""
    return Subscription.objects.create(
        discussion=comment.discussion,
        scope=scope,
        comment=None if scope == "post" else comment,
        email=email,
        confirmed_at=clock.now(),
    )


def announce(*comments: Comment) -> None:
    """Run everything that follows the publication of comments, up to the mail that is due now."""
    for comment in comments:
        queue.enqueue("announce-comment", str(comment.pk))
    worker.run_due()


def bare(response: Any) -> str:
    """A page without its CSRF token, which is new in each response."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def rows_holding(secret: str) -> list[str]:
    """The tables in which some row holds these characters, as text or as bytes."""
    return sorted(
        {
            model._meta.label
            for model in apps.get_models(include_auto_created=True)
            for row in model._default_manager.values()
            for value in row.values()
            if secret.casefold() in _as_text(value).casefold()
        }
    )


def _as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return str(value)
