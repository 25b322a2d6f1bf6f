"""Known ways to evade the rules, each of them closed."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from blog.models import Post
from comments.models import Ban, Comment, SpamToken
from comments.moderation import banning, steps
from comments.posting import revising
from comments.posting.authorship import Commenter
from comments.posting.submission import submit
from core.tasks import worker
from tests.comments.conftest import Say
from tests.comments.mailbox import OWN_PAGE, REA, follow, to, with_address

State = Comment.State


def send(browser: Client, post: Post, **fields: str) -> Any:
    sent = {"name": "Rea Reader", "text": "A remark."} | fields
    return browser.post(f"/comments/new/{post.pk}/", sent, headers=OWN_PAGE)


def the_comment() -> Comment:
    return Comment.objects.get()


def test_markup_does_not_hide_a_banned_word(own_post: Post) -> None:
    Ban.objects.create(kind=Ban.Kind.WORD, value="casino")
    send(Client(), own_post, text="Come to my cas**in**o.")
    assert the_comment().state == State.PENDING


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("café", "cafe\u200d\u0301"),
        ("café", "cafe\u034f\u0301"),
        ("café", "cafe\ufeff\u0301"),
        ("über", "u\u00ad\u0308ber"),
        ("casino", "cas\U000e0100ino"),
        ("casino", "cas\U000e0080ino"),
        ("casino", "cas\u2065ino"),
        ("casino", "cas\ufff0ino"),
        ("casino", "cas\u2800ino"),
    ],
)
def test_invisible_characters_do_not_hide_a_banned_word(own_post: Post, word: str, written: str) -> None:
    Ban.objects.create(kind=Ban.Kind.WORD, value=word)
    send(Client(), own_post, text=f"Come to my {written}.")
    assert the_comment().state == State.PENDING


def test_a_banned_writer_is_recognised_by_the_proved_email(own_post: Post, moderator: User, say: Say) -> None:
    """Typing no email does not help. As a known writer they would not even wait with links."""
    nag = with_address(say(), "nag@reader.example", proved=True)
    banning.ban_writer(nag, by=moderator)
    writer = Commenter(proved_email="nag@reader.example")
    comment = submit(post_id=own_post.pk, name="Nag", text="A remark.", commenter=writer)
    assert (comment.state, comment.findings[0]["code"]) == (State.PENDING, "banned")


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 40])
@pytest.mark.django_db
def test_a_long_text_under_a_post_number_too_large_for_the_database(number: str, client: Client) -> None:
    sent = {"name": "Rea Reader", "text": "These are more than forty characters of text."}
    assert client.post(f"/comments/new/{number}/", sent, headers=OWN_PAGE).status_code == 404


def test_an_edit_unlearns_the_old_text(held: Say, moderator: User) -> None:
    """Otherwise it could never be unlearned: an erasure knows only the latest text."""
    comment = held("Words of Reas own.")
    steps.approve(comment, by=moderator)
    assert SpamToken.objects.filter(token="reas").exists()
    revising.edit(Comment.objects.get(), text="Something else.")
    assert not SpamToken.objects.exists()
    assert the_comment().learned_as == ""
    steps.mark_spam(the_comment(), by=moderator)
    steps.erase(the_comment())
    assert not SpamToken.objects.exists()


def test_a_comment_requeued_before_its_announcement_is_announced_once_approved(
    say: Say, moderator: User, mailoutbox: list[Any]
) -> None:
    follow(say("Root."), REA, "post")
    comment = say("Hello.")
    revising.edit(comment, text="Look: https://shop.example/")
    worker.run_due()
    assert not mailoutbox
    for _time in range(2):  # nobody is notified twice
        steps.approve(comment, by=moderator)
        worker.run_due()
        steps.mark_spam(comment, by=moderator)
    assert to(mailoutbox) == [REA]
