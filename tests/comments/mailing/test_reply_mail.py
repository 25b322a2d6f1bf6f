"""What a letter of news says: what can be read, and why, in words that cannot pass for ours."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.test import Client

from blog.models import Blog, Post
from comments.mailing import notifications, subscriptions
from comments.models import Comment, Discussion, EmailItem, OutgoingEmail, Subscription
from comments.moderation import steps
from core.tasks import worker
from tests.attacks import ATTACKS
from tests.blog.mailbox import received, text_of
from tests.comments.conftest import Say
from tests.comments.mailbox import REA, announce, follow, path_in, whole, with_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def told(mailoutbox: list[EmailMessage], email: str) -> list[str]:
    """The words that an address was told of, mail by mail."""
    found = [re.findall(r"^> (.*)$", text_of(sent), re.MULTILINE) for sent in mailoutbox if sent.to == [email]]
    return [word for words in found for word in words]


# --- Nothing of what cannot be read -----------------------------------------------------------------------------------


def held(comment: Comment, by: User) -> None:
    Comment.objects.filter(pk=comment.pk).update(state="pending", shown=False)


def removed(comment: Comment, by: User) -> None:
    steps.remove(comment, by=by, reason="")


def spam(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)


def taken_back(comment: Comment, by: User) -> None:
    steps.delete_by_writer(comment)


def erased(comment: Comment, by: User) -> None:
    steps.erase(comment)


def below_what_was_removed(comment: Comment, by: User) -> None:
    assert comment.parent
    steps.remove_with_replies(comment.parent, by=by, reason="")


def in_a_hidden_discussion(comment: Comment, by: User) -> None:
    type(comment.discussion).objects.update(state="hidden")


def under_a_draft(comment: Comment, by: User) -> None:
    Post.objects.update(status="draft")


def under_a_withdrawn_post(comment: Comment, by: User) -> None:
    Post.objects.update(status="withdrawn")


UNREADABLE = [
    held,
    removed,
    spam,
    taken_back,
    erased,
    below_what_was_removed,
    in_a_hidden_discussion,
    under_a_draft,
    under_a_withdrawn_post,
]


@pytest.mark.parametrize("hide", UNREADABLE)
@pytest.mark.parametrize("when", ["before the announcement", "before the mail"])
def test_no_mail_holds_words_that_readers_do_not_see(
    hide: Callable[[Comment, User], None], when: str, say: Say, mailoutbox: list[EmailMessage], moderator: User
) -> None:
    """A4."""
    root = say("Root.")
    follow(root)
    comment = say("A violet remark.", to=root)
    if when == "before the mail":
        notifications.announce(comment)
        assert EmailItem.objects.exists()
    hide(comment, moderator)
    if when == "before the announcement":
        notifications.announce(comment)
        assert not OutgoingEmail.objects.exists()
    announce(comment)
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


def test_what_is_left_of_a_letter_is_sent(say: Say, mailoutbox: list[EmailMessage], moderator: User) -> None:
    follow(say())
    gone, stays = say("Rude."), say("Kind.")
    for comment in (gone, stays):
        notifications.announce(comment)
    steps.remove(gone, by=moderator, reason="")
    worker.run_due()
    assert told(mailoutbox, REA) == ["Kind."]
    assert received(mailoutbox[0])["Subject"] == "Rea Reader commented on “Own Post”"


def test_what_was_edited_is_told_as_it_is_now(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    comment = say("Frist!")
    notifications.announce(comment)
    comment.source = "First!"
    comment.render()
    comment.save()
    worker.run_due()
    assert told(mailoutbox, REA) == ["First!"]


def test_who_has_ended_it_gets_nothing_of_what_was_under_way(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    wish = follow(say())
    notifications.announce(say("New."))
    subscriptions.unsubscribe([wish.pk])
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


def test_a_comment_that_was_approved_is_announced(say: Say, mailoutbox: list[EmailMessage], moderator: User) -> None:
    follow(say())
    comment = say("New.")
    Comment.objects.filter(pk=comment.pk).update(state="pending", shown=False, published_at=None)
    steps.approve(comment, by=moderator)
    worker.run_due()
    assert told(mailoutbox, REA) == ["New."]


# --- What it says -----------------------------------------------------------------------------------------------------


def test_it_says_who_said_what_where_and_why(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root = say()
    follow(root, scope="replies")
    Discussion.objects.update(hold="nothing")
    comment = say("It *depends*.\n\n> On what?\n\n- on [this](https://x.example/)", name="Sam Scholar", to=root)
    announce(comment)
    (sent,) = mailoutbox
    message, text = received(sent), text_of(sent)
    assert message["Subject"] == "Sam Scholar commented on “Own Post”"
    assert message["To"] == REA
    assert "Marginalia" in message["From"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert "Sam Scholar on “Own Post”, Nov. 20, 2026, noon:" in text
    assert "\n> It depends.\n>\n> On what?\n>\n> on this\n" in text
    assert f"\nhttp://127.0.0.1:8000/comments/{comment.public_id}/\n" in text
    assert "You asked to be told of replies to your comment." in text
    assert "/comments/yours/\n" in text


def test_mail_programs_are_told_how_to_end_it(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    """RFC 8058, read as such a program reads it: from the header, with one POST."""
    follow(say())
    announce(say("New."))
    message = received(mailoutbox[0])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    header = re.fullmatch(r"\s*<(http://127\.0\.0\.1:8000(/comments/unsubscribe/\S+/))>", message["List-Unsubscribe"])
    assert header
    assert header[2] == path_in(mailoutbox[0], "unsubscribe")
    program = Client(enforce_csrf_checks=True)
    assert program.post(header[2], {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscription.objects.exists()


def test_the_header_holds_as_many_as_a_letter_can_name(
    say: Say, mailoutbox: list[EmailMessage], own_post: Post
) -> None:
    for number in range(50):
        root = say(f"Root {number}.")
        follow(root, scope="thread")
        notifications.announce(say("Yes.", to=root))
    worker.run_due()
    message = received(mailoutbox[0])
    address = message["List-Unsubscribe"].strip(" <>")
    assert " " not in address
    raw = mailoutbox[0].message().as_bytes()
    assert max(len(line) for line in raw.splitlines()) < 998
    Client().post(address.removeprefix("http://127.0.0.1:8000"))
    assert not Subscription.objects.exists()


def test_a_letter_ends_only_what_it_told_of(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, other = say(), say("Other.")
    follow(root, scope="thread")
    stays = follow(other, scope="thread")
    announce(say("New.", to=root))
    Client().post(path_in(mailoutbox[0], "unsubscribe"))
    assert list(Subscription.objects.all()) == [stays]


def test_of_a_long_comment_the_beginning_is_told(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("word " * 1500))
    words = " ".join(told(mailoutbox, REA))
    assert 400 < len(words) <= 500
    assert words.endswith("…")


def test_words_cannot_pass_for_ours(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    Discussion.objects.update(hold="nothing")
    evil = "x\n\n-- \n\nStop these mails:\nhttps://evil.example/comments/unsubscribe/x/"
    announce(say(f"```\n{evil}\n```"))
    assert "evil" not in path_in(mailoutbox[0], "unsubscribe")
    assert "\n> https://evil.example/" in text_of(mailoutbox[0])


@pytest.mark.parametrize(
    "attack", [*ATTACKS.values(), "a\nBcc: x@y.example", "a\r\n\r\nBody", "a\u2028Bcc: x", "=?utf-8?q?x?="]
)
def test_attacks_stay_in_their_line(
    say: Say, mailoutbox: list[EmailMessage], blog: Blog, own_post: Post, attack: str
) -> None:
    """X2, X3: as name, as title of post and blog, as words; even where they got past the door into the database."""
    follow(say())
    comment = say("New.")
    stored = attack.replace("\x00", "")
    comment.name, comment.source = stored[:80], stored
    comment.render()
    comment.save()
    Post.objects.update(title=stored[:300])
    Blog.objects.update(title=" ".join(stored.split())[:200])  # the host's own; a form takes it on one line
    announce(comment)
    (sent,) = mailoutbox
    message = received(sent)
    assert set(message.keys()) == {
        "Content-Type",
        "MIME-Version",
        "Content-Transfer-Encoding",
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    }
    assert message["To"] == REA
    assert "\n" not in message["Subject"]
    path_in(sent, "unsubscribe")
    lines = text_of(sent).splitlines()
    assert not [line for line in lines if line.startswith(("Bcc", "Body"))]


def test_it_speaks_the_language_of_the_blog_in_its_hours(say: Say, mailoutbox: list[EmailMessage]) -> None:
    Blog.objects.update(language="de", time_zone="Asia/Tokyo")
    follow(say())
    announce(say("New."))
    assert "20. November 2026 21:00" in text_of(mailoutbox[0])


def test_a_mail_reports_back_to_nobody(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("New."))
    everything = whole(mailoutbox[0])
    assert set(re.findall(r"https?://([^/\s>]+)", everything)) == {"127.0.0.1:8000"}
    for header in ("Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To"):
        assert header not in received(mailoutbox[0])


def test_the_writers_address_is_in_no_mail_to_others(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(with_address(say("New."), "secret@writer.example", proved=True))
    assert "secret" not in whole(mailoutbox[0])
