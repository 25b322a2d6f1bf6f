"""The text of notifications: only what readers can see, with the reason, and quotes that cannot imitate ours."""

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


def excerpts(mailoutbox: list[EmailMessage], email: str) -> list[str]:
    """The quoted lines of all emails to one receiver, in the order of sending."""
    found = [re.findall(r"^> (.*)$", text_of(sent), re.MULTILINE) for sent in mailoutbox if sent.to == [email]]
    return [line for lines in found for line in lines]


# --- Comments that readers cannot see ---------------------------------------------------------------------------------


def held(comment: Comment, by: User) -> None:
    Comment.objects.filter(pk=comment.pk).update(state="pending", shown=False)


def removed(comment: Comment, by: User) -> None:
    steps.remove(comment, by=by, reason="")


def spam(comment: Comment, by: User) -> None:
    steps.mark_spam(comment, by=by)


def deleted_by_its_writer(comment: Comment, by: User) -> None:
    steps.delete_by_writer(comment)


def erased(comment: Comment, by: User) -> None:
    steps.erase(comment)


def below_a_removed_comment(comment: Comment, by: User) -> None:
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
    deleted_by_its_writer,
    erased,
    below_a_removed_comment,
    in_a_hidden_discussion,
    under_a_draft,
    under_a_withdrawn_post,
]


@pytest.mark.parametrize("hide", UNREADABLE)
@pytest.mark.parametrize("when", ["before the announcement", "before the mail"])
def test_no_notification_contains_what_readers_cannot_see(
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


def test_removed_comments_are_left_out(say: Say, mailoutbox: list[EmailMessage], moderator: User) -> None:
    follow(say())
    gone, stays = say("Rude."), say("Kind.")
    for comment in (gone, stays):
        notifications.announce(comment)
    steps.remove(gone, by=moderator, reason="")
    worker.run_due()
    assert excerpts(mailoutbox, REA) == ["Kind."]
    assert received(mailoutbox[0])["Subject"] == "Rea Reader commented on “Own Post”"


def test_an_edited_comment_is_quoted_in_its_latest_wording(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    comment = say("Frist!")
    notifications.announce(comment)
    comment.source = "First!"
    comment.render()
    comment.save()
    worker.run_due()
    assert excerpts(mailoutbox, REA) == ["First!"]


def test_unsubscribing_drops_pending_notifications(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    subscription = follow(say())
    notifications.announce(say("New."))
    subscriptions.unsubscribe([subscription.pk])
    worker.run_due()
    assert mailoutbox == []
    assert not OutgoingEmail.objects.exists()


def test_an_approved_comment_is_announced(say: Say, mailoutbox: list[EmailMessage], moderator: User) -> None:
    follow(say())
    comment = say("New.")
    Comment.objects.filter(pk=comment.pk).update(state="pending", shown=False, published_at=None)
    steps.approve(comment, by=moderator)
    worker.run_due()
    assert excerpts(mailoutbox, REA) == ["New."]


# --- Contents ---------------------------------------------------------------------------------------------------------


def test_it_states_writer_comment_post_and_reason(say: Say, mailoutbox: list[EmailMessage]) -> None:
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
    assert "Sam Scholar commented on “Own Post” (Nov. 20, 2026, noon):" in text
    assert "\n> It depends.\n>\n> On what?\n>\n> on this\n" in text
    assert f"\nhttp://127.0.0.1:8000/comments/{comment.public_id}/\n" in text
    assert "You receive this because you subscribed to replies to your comment." in text
    assert "/comments/yours/\n" in text


def test_mail_programs_can_unsubscribe_with_one_click(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    """RFC 8058: from the header, with one POST."""
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


def test_the_unsubscribe_header_fits_all_subscriptions_of_a_message(
    say: Say, mailoutbox: list[EmailMessage], own_post: Post
) -> None:
    for number in range(50):
        root = say(f"Root {number}.")
        follow(root, scope="thread")
        notifications.announce(say("Yes.", to=root))
    worker.run_due()
    message = received(mailoutbox[0])
    url = message["List-Unsubscribe"].strip(" <>")
    assert " " not in url
    raw = mailoutbox[0].message().as_bytes()
    assert max(len(line) for line in raw.splitlines()) < 998
    Client().post(url.removeprefix("http://127.0.0.1:8000"))
    assert not Subscription.objects.exists()


def test_its_unsubscribe_link_ends_only_the_subscriptions_it_names(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root, other = say(), say("Other.")
    follow(root, scope="thread")
    stays = follow(other, scope="thread")
    announce(say("New.", to=root))
    Client().post(path_in(mailoutbox[0], "unsubscribe"))
    assert list(Subscription.objects.all()) == [stays]


def test_a_long_comment_is_shortened(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("word " * 1500))
    excerpt = " ".join(excerpts(mailoutbox, REA))
    assert 400 < len(excerpt) <= 500
    assert excerpt.endswith("…")


def test_a_comment_cannot_imitate_the_text_around_it(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    Discussion.objects.update(hold="nothing")
    evil = "x\n\n-- \n\nStop these e-mails:\nhttps://evil.example/comments/unsubscribe/x/"
    announce(say(f"```\n{evil}\n```"))
    assert "evil" not in path_in(mailoutbox[0], "unsubscribe")
    assert "\n> https://evil.example/" in text_of(mailoutbox[0])


@pytest.mark.parametrize(
    "attack", [*ATTACKS.values(), "a\nBcc: x@y.example", "a\r\n\r\nBody", "a\u2028Bcc: x", "=?utf-8?q?x?="]
)
def test_attacks_stay_within_their_line(
    say: Say, mailoutbox: list[EmailMessage], blog: Blog, own_post: Post, attack: str
) -> None:
    """X2, X3: in names, titles and comments, even if they were stored without validation."""
    follow(say())
    comment = say("New.")
    stored = attack.replace("\x00", "")
    comment.name, comment.source = stored[:80], stored
    comment.render()
    comment.save()
    Post.objects.update(title=stored[:300])
    Blog.objects.update(title=" ".join(stored.split())[:200])  # set by the host; the form accepts a single line only
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


def test_it_uses_the_language_and_time_zone_of_the_blog(say: Say, mailoutbox: list[EmailMessage]) -> None:
    Blog.objects.update(language="de", time_zone="Asia/Tokyo")
    follow(say())
    announce(say("New."))
    assert "20. November 2026 21:00" in text_of(mailoutbox[0])


def test_it_contains_no_tracking(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(say("New."))
    everything = whole(mailoutbox[0])
    assert set(re.findall(r"https?://([^/\s>]+)", everything)) == {"127.0.0.1:8000"}
    for header in ("Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To"):
        assert header not in received(mailoutbox[0])


def test_it_does_not_reveal_the_email_of_the_writer(say: Say, mailoutbox: list[EmailMessage]) -> None:
    follow(say())
    announce(with_address(say("New."), "secret@writer.example", proved=True))
    assert "secret" not in whole(mailoutbox[0])
