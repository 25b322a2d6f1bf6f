"""Asking for mail and ending it: one question, one button, and nothing told to whoever tries out addresses."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.test import Client

from blog import clock, publishing, worker
from blog.models import Post, Work
from comments import letters, moderation, subscribing, tokens
from comments.models import Comment, Letter, Subscription
from comments.subscribing import ask_to_confirm
from comments.tokens import Purpose
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.mailbox import received
from tests.comments.conftest import Say
from tests.comments.postbox import OWN_PAGE, REA, SAM, bare, follow, one_line, path_in, to, whole, with_address
from tests.comments.test_races import at_once
from tests.comments.test_tokens import NONSENSE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WORDS = "A violet remark that nobody but me knows."


def page_of(post: Post) -> str:
    return f"/comments/subscribe/{post.pk}/"


def ask(browser: Client, post: Post, email: str = REA, **more: str) -> Any:
    return browser.post(page_of(post), {"email": email} | more, headers=OWN_PAGE)


def question(mailoutbox: list[EmailMessage]) -> str:
    """The path of the link in the last mail that asks."""
    worker.run_due()
    return path_in(mailoutbox[-1], "confirm-address")


def as_held(comment: Comment, *codes: str) -> Comment:
    findings = [{"code": code, "score": 1} for code in codes]
    Comment.objects.filter(pk=comment.pk).update(
        state="pending", shown=False, published_at=None, findings=findings, source=WORDS
    )
    comment.refresh_from_db()
    return comment


# --- Asking without writing -----------------------------------------------------------------------------------------


def test_the_way_to_the_form_stands_in_the_discussion(client: Client, own_post: Post) -> None:
    page = client.get(own_post.get_absolute_url()).content.decode()
    assert f'href="{page_of(own_post)}"' in page
    assert 'href="/comments/yours/"' in page
    form = client.get(page_of(own_post))
    assert form["Cache-Control"] == "no-store"
    assert form["Referrer-Policy"] == "same-origin"
    assert "noindex" in form["X-Robots-Tag"]
    assert not form.cookies


def test_a_wish_is_asked_about_and_in_force_after_the_button(
    client: Client, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    sent = ask(client, own_post, "Rea@Reader.example")
    assert (sent.status_code, sent["Location"]) == (303, f"{page_of(own_post)}?sent")
    wish = Subscription.objects.get()
    assert (wish.email, wish.scope, wish.comment, wish.confirmed_at) == (REA, "post", None, None)
    path = question(mailoutbox)
    assert to(mailoutbox) == [REA]
    text = one_line(mailoutbox[0])
    assert "tell you of all new comments on “Own Post”" in text
    assert "good for 3 days" in text
    assert received(mailoutbox[0])["Subject"] == "Is this your address? Marginalia"
    assert "that is me" in client.get(path).content.decode()
    wish.refresh_from_db()
    assert wish.confirmed_at is None
    assert "we tell you of new comments on this post" in client.post(path).content.decode()
    wish.refresh_from_db()
    assert wish.confirmed_at == clock.now()


def test_a_thread_can_be_meant_by_any_comment_in_it(client: Client, own_post: Post, say: Say) -> None:
    root = say()
    reply = say("Yes.", to=root)
    page = client.get(f"{page_of(own_post)}?thread={reply.public_id}").content.decode()
    assert "What is said in this thread" in page
    assert f'value="{root.public_id}"' in page
    ask(client, own_post, scope="thread", thread=reply.public_id)
    assert Subscription.objects.get().comment == root
    ask(client, own_post, SAM, scope="post", thread=reply.public_id)
    assert Subscription.objects.get(email=SAM).comment is None


@pytest.mark.parametrize("thread", ["", "x", "0" * 11, "z" * 11, "'\"><script>", "9" * 400, "\x00"])
def test_a_thread_that_is_not_there_means_the_post(client: Client, own_post: Post, thread: str) -> None:
    assert client.get(page_of(own_post), {"thread": thread}).status_code == 200
    assert ask(client, own_post, scope="thread", thread=thread).status_code == 303
    assert Subscription.objects.get().scope == "post"


def test_a_scope_that_does_not_exist_is_refused(client: Client, own_post: Post, say: Say) -> None:
    thread = say().public_id
    for scope in ("replies", "all", "", "'--", "\x00"):
        assert ask(client, own_post, scope=scope, thread=thread).status_code == 400
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("typed", ["", "rea", "%@%", f"{REA}\r\nBcc: {SAM}", f"{REA}, {SAM}", "a@b", "\x00@x.example"])
def test_what_is_no_address_comes_back_with_a_word(client: Client, own_post: Post, typed: str) -> None:
    answer = ask(client, own_post, typed)
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert not Letter.objects.exists()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_in_every_field(client: Client, own_post: Post, attack: str) -> None:
    for page in (
        ask(client, own_post, attack, scope=attack, thread=attack),
        client.post(page_of(own_post), {"email": attack, "thread": attack}),
        client.get(page_of(own_post), {"thread": attack}),
        client.post("/comments/yours/", {"email": attack}),
    ):
        assert_harmless(page.content.decode(), page=True)


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}]
)
def test_from_elsewhere_it_is_asked_again_with_a_token(own_post: Post, headers: dict[str, str]) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(page_of(own_post), {"email": REA}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert REA in page
    assert "One more step" in page
    assert not Letter.objects.exists()
    token = browser.cookies["csrftoken"].value
    form = {"email": REA, "csrfmiddlewaretoken": token}
    assert browser.post(f"{page_of(own_post)}confirm/", {"email": REA}).status_code == 403
    assert not Letter.objects.exists()
    assert browser.post(f"{page_of(own_post)}confirm/", form).status_code == 303
    assert Letter.objects.count() == 1


def test_where_nothing_is_said_any_more_there_is_nothing_to_tell(client: Client, own_post: Post) -> None:
    own_post.discussion.__class__.objects.update(state="readonly")
    assert "is closed" in client.get(page_of(own_post)).content.decode()
    assert ask(client, own_post).status_code == 409
    assert page_of(own_post) not in client.get(own_post.get_absolute_url()).content.decode()
    own_post.discussion.__class__.objects.update(state="hidden")
    assert client.get(page_of(own_post)).status_code == 404
    assert ask(client, own_post).status_code == 404
    own_post.discussion.__class__.objects.update(state="open")
    publishing.withdraw(own_post, note="")
    assert ask(client, own_post).status_code == 404
    assert client.get("/comments/subscribe/99999999999999999999/").status_code == 404
    assert not Letter.objects.exists()


# --- What can be seen from outside ----------------------------------------------------------------------------------


def test_known_or_not_the_answer_is_the_same(client: Client, own_post: Post, say: Say) -> None:
    """A5: every state in which an address can be."""
    root = say()
    follow(root, "confirmed@reader.example")
    Subscription.objects.create(discussion=own_post.discussion, scope="post", email="unconfirmed@reader.example")
    with_address(root, "writer@reader.example", proved=True)
    seen = set()
    for name in ("confirmed", "unconfirmed", "writer", "nobody"):
        browser = Client()
        sent = ask(browser, own_post, f"{name}@reader.example")
        page = browser.get(sent["Location"])
        seen.add((sent.status_code, sent.content, str(sent.headers), bare(page), str(page.headers), len(sent.cookies)))
    assert len(seen) == 1


def test_as_much_is_done_for_an_address_that_is_known(client: Client, own_post: Post, say: Say) -> None:
    follow(say(), "confirmed@reader.example")
    counts = []
    for name in ("confirmed", "nobody"):
        before = Letter.objects.count(), Work.objects.count()
        ask(client, own_post, f"{name}@reader.example")
        counts.append((Letter.objects.count() - before[0], Work.objects.count() - before[1]))
    assert counts == [(1, 1), (1, 1)]


def test_who_has_confirmed_is_sent_nothing_more(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    wish = follow(say())
    ask(client, own_post)
    worker.run_due()
    assert mailoutbox == []
    assert Subscription.objects.get() == wish


def test_over_the_limit_nothing_is_sent_and_nothing_else_is_said(
    client: Client, own_post: Post, mailoutbox: list[EmailMessage], noon: datetime
) -> None:
    """N2, N3: an address counts however it is written."""
    variants = [REA, "REA@Reader.example", "rea+1@reader.example", "Rea+2@reader.example", "rea+3@READER.example"]
    answers = {(ask(client, own_post, email)["Location"]) for email in variants}
    assert answers == {f"{page_of(own_post)}?sent"}
    client.post("/comments/yours/", {"email": REA})
    worker.run_due()
    assert len(mailoutbox) == letters.MOST_TO_ONE_ADDRESS
    assert not Subscription.objects.filter(email="rea+3@reader.example").exists()
    ask(client, own_post, SAM)  # as far as others are concerned
    worker.run_due()
    assert to(mailoutbox)[-1] == SAM
    with clock.standing_at(noon + DAY):
        ask(client, own_post)
        worker.run_due()
    assert to(mailoutbox)[-1] == REA


def test_signs_of_the_database_widen_no_limit_and_narrow_none(client: Client, own_post: Post) -> None:
    for email in ("%@reader.example", "r_a@reader.example", "r%@reader.example", "\\@reader.example"):
        ask(client, own_post, email)
    assert Letter.objects.count() in (3, 4)  # whether the last one is an address, Django decides
    ask(client, own_post, REA)
    assert Letter.objects.filter(email=REA).count() == 1


def test_one_network_can_ask_ten_times_an_hour(client: Client, own_post: Post, noon: datetime) -> None:
    for number in range(12):
        assert ask(client, own_post, f"reader{number}@reader.example")["Location"].endswith("?sent")
    assert Letter.objects.count() == Subscription.objects.count() == letters.MOST_FROM_ONE_NETWORK
    client.post("/comments/yours/", {"email": SAM})
    assert not Letter.objects.filter(email=SAM).exists()
    browser = Client(REMOTE_ADDR="198.51.100.7")
    ask(browser, own_post, SAM)
    assert Letter.objects.filter(email=SAM).exists()
    with clock.standing_at(noon + HOUR):
        ask(client, own_post, "late@reader.example")
    assert Letter.objects.filter(email="late@reader.example").exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_way_around_the_limit(own_post: Post) -> None:
    together = threading.Barrier(6)

    def hurry() -> None:
        together.wait()
        subscribing.subscribe(
            discussion=own_post.discussion, scope=Subscription.Scope.POST, email=REA, address_key=b"x" * 32
        )

    at_once(*[hurry] * 6)
    assert Letter.objects.count() == letters.MOST_TO_ONE_ADDRESS
    assert Subscription.objects.count() == 1


# --- Confirming -----------------------------------------------------------------------------------------------------


def test_a_comment_with_an_address_is_asked_about_without_its_words(
    say: Say, mailoutbox: list[EmailMessage], client: Client
) -> None:
    """Who reads the mail may be somebody else, and the comment may be spam."""
    comment = with_address(say(WORDS, name="Violetta Visible"), scope="replies")
    path = question(mailoutbox)
    for said in (whole(mailoutbox[0]), client.get(path).content.decode(), client.post(path).content.decode()):
        assert "violet" not in said.casefold()
    comment.refresh_from_db()
    assert comment.email_confirmed_at == clock.now()
    wish = Subscription.objects.get()
    assert (wish.comment, wish.scope, wish.confirmed_at) == (comment, "replies", clock.now())


def test_one_letter_asks_about_the_comment_and_the_wish(say: Say, mailoutbox: list[EmailMessage]) -> None:
    root = say()
    with_address(say("Yes.", to=root), scope="thread")
    question(mailoutbox)
    assert len(mailoutbox) == 1
    assert Subscription.objects.get().comment == root
    assert "what is said in one thread under “Own Post”" in one_line(mailoutbox[0])


def test_an_address_without_a_wish_is_asked_about_alone(say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say())
    question(mailoutbox)
    assert not Subscription.objects.exists()
    assert "We are to tell" not in one_line(mailoutbox[0])


@pytest.mark.parametrize("scope", ["everything", "'; --", "\x00"])
def test_a_wish_that_does_not_exist_is_none(say: Say, scope: str) -> None:
    with_address(say(), scope=scope)
    assert not Subscription.objects.exists()


def test_a_proved_address_needs_no_mail(say: Say, own_post: Post, mailoutbox: list[EmailMessage]) -> None:
    Subscription.objects.create(discussion=own_post.discussion, scope="post", email=REA)
    with_address(say(), scope="post", proved=True)
    worker.run_due()
    assert mailoutbox == []
    assert not Letter.objects.exists()
    assert Subscription.objects.get().confirmed_at == clock.now()


def test_a_comment_without_an_address_asks_nobody(say: Say) -> None:
    with transaction.atomic():
        ask_to_confirm(say(), "post")
    assert not Subscription.objects.exists()
    assert not Letter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_comment_that_is_not_stored_after_all_asks_nobody(say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = say()
    with transaction.atomic():
        with_address(comment, scope="post")
        transaction.set_rollback(True)
    worker.run_due()
    assert mailoutbox == []
    assert not Letter.objects.exists()


def test_the_browser_that_confirmed_asks_without_a_mail(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say())
    client.post(question(mailoutbox))
    sent = ask(client, own_post)
    assert sent["Location"] == f"{page_of(own_post)}?done"
    assert "you get these mails from now on" in client.get(sent["Location"]).content.decode()
    assert Subscription.objects.get().confirmed_at == clock.now()
    assert ask(client, own_post, SAM)["Location"].endswith("?sent")
    assert Subscription.objects.get(email=SAM).confirmed_at is None


def test_from_elsewhere_the_cookie_is_not_read(
    client: Client, own_post: Post, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    with_address(say())
    client.post(question(mailoutbox))
    client.post(page_of(own_post), {"email": REA}, headers={"Sec-Fetch-Site": "cross-site"})
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_opening_the_link_confirms_nothing(
    client: Client, say: Say, mailoutbox: list[EmailMessage], method: str
) -> None:
    """C8: programs that look through mail open every link."""
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    answer = getattr(client, method)(path)
    client.get(path, {"_method": "POST"}, headers={"X-HTTP-Method-Override": "POST"})
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None
    assert Subscription.objects.get().confirmed_at is None
    assert "address" not in answer.cookies


def test_the_button_needs_the_token_of_its_page(say: Say, mailoutbox: list[EmailMessage]) -> None:
    """Else another site could give this browser the proof of an address of its own."""
    with_address(say())
    path = question(mailoutbox)
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(path).status_code == 403
    browser.get(path)
    assert browser.post(path, {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}).status_code == 200


def test_the_link_works_again_for_three_days_and_changes_nothing_more(
    client: Client, say: Say, mailoutbox: list[EmailMessage], noon: datetime
) -> None:
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    client.post(path)
    with clock.standing_at(noon + 3 * DAY):
        other = Client()
        assert other.post(path).status_code == 200
        assert "address" in other.cookies
    comment.refresh_from_db()
    assert comment.email_confirmed_at == noon
    with clock.standing_at(noon + 3 * DAY + timedelta(seconds=1)):
        late = Client()
        assert (late.get(path).status_code, late.post(path).status_code) == (404, 404)
        assert "address" not in late.cookies


@pytest.mark.parametrize("purpose", [Purpose.ACCESS, Purpose.UNSUBSCRIBE])
def test_no_other_token_confirms(client: Client, say: Say, purpose: Purpose) -> None:
    """A2."""
    comment = with_address(say())
    token = tokens.mint(purpose, [comment.pk, 0])
    assert client.post(f"/comments/confirm-address/{token}/").status_code == 404
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None


@pytest.mark.parametrize("page", ["confirm-address", "yours"])
@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_a_link_that_never_was_leads_nowhere(client: Client, page: str, token: str) -> None:
    assert client.get(f"/comments/{page}/{token}/").status_code == 404
    assert client.post(f"/comments/{page}/{token}/").status_code == 404


def test_after_the_erasure_nothing_can_be_confirmed(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    comment = with_address(say())
    path = question(mailoutbox)
    moderation.erase(comment)
    assert client.post(path).status_code == 404
    assert client.cookies.get("address") is None
    comment.refresh_from_db()
    assert comment.email_confirmed_at is None


def test_the_comment_can_be_confirmed_after_the_wish_is_gone(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    comment = with_address(say(), scope="post")
    path = question(mailoutbox)
    Subscription.objects.all().delete()
    assert client.post(path).status_code == 200
    comment.refresh_from_db()
    assert comment.email_confirmed_at


# --- Letting somebody known through ---------------------------------------------------------------------------------


def test_who_is_known_waits_no_longer(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    with_address(say("An earlier one."), proved=True)
    held = with_address(as_held(say("New."), "first"))
    client.get(path := question(mailoutbox))
    held.refresh_from_db()
    assert held.state == "pending"
    assert "To your comment" in client.post(path).content.decode()
    held.refresh_from_db()
    assert (held.state, held.shown, held.published_at) == ("published", True, clock.now())
    event = held.events.last()
    assert event
    assert (event.actor, event.reason) == (None, "The address was confirmed, and its owner is known here.")
    assert Work.objects.filter(job="announce-comment", argument=str(held.pk)).exists()


@pytest.mark.parametrize("codes", [["links"], ["first", "links"], []])
def test_what_waits_for_another_reason_waits_on(
    client: Client, say: Say, mailoutbox: list[EmailMessage], codes: list[str]
) -> None:
    with_address(say("An earlier one."), proved=True)
    held = with_address(as_held(say("New."), *codes))
    client.post(question(mailoutbox))
    held.refresh_from_db()
    assert (held.state, held.email_confirmed_at) == ("pending", clock.now())


def test_who_is_new_waits_on(client: Client, say: Say, mailoutbox: list[EmailMessage]) -> None:
    """S4, finding 9: a typed address of somebody known is no proof, nor is a comment that nobody approved."""
    with_address(say("Typed, not proved."))
    with_address(as_held(say("Held, too."), "first"), proved=True)
    held = with_address(as_held(say("New."), "first"))
    page = client.post(question(mailoutbox)).content.decode()
    held.refresh_from_db()
    assert held.state == "pending"
    assert "may be waiting for a moderator" in page


# --- Ending ---------------------------------------------------------------------------------------------------------


def way_out(*wishes: Subscription, letter: int = 0) -> str:
    token = tokens.mint(Purpose.UNSUBSCRIBE, [letter, *(wish.pk for wish in wishes)])
    return f"/comments/unsubscribe/{token}/"


def test_a_mail_program_ends_it_with_one_post(say: Say) -> None:
    """RFC 8058: no cookie, no token, no second page; and answered alike the second time."""
    wish, other = follow(say()), follow(say("Two."), SAM)
    program = Client(enforce_csrf_checks=True)
    answers = [program.post(way_out(wish), {"List-Unsubscribe": "One-Click"}) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert not any(answer.cookies for answer in answers)
    assert list(Subscription.objects.all()) == [other]


def test_people_see_first_what_it_is_about(client: Client, say: Say, own_post: Post) -> None:
    wish = follow(say())
    page = client.get(way_out(wish)).content.decode()
    assert own_post.title in page
    assert "Nothing has been changed yet" in page
    assert "You no longer get" in client.post(way_out(wish), {"stop": "yes"}).content.decode()
    assert "You no longer get" in client.get(way_out(wish)).content.decode()


@pytest.mark.parametrize("method", ["get", "head", "options", "put"])
def test_opening_the_way_out_ends_nothing(client: Client, say: Say, method: str) -> None:
    """N4."""
    wish = follow(say())
    getattr(client, method)(way_out(wish))
    client.get(way_out(wish), {"all": "yes", "List-Unsubscribe": "One-Click"})
    assert Subscription.objects.get() == wish


def test_the_way_out_never_closes(client: Client, say: Say, noon: datetime) -> None:
    wish = follow(say())
    path = way_out(wish)
    with clock.standing_at(noon + 3650 * DAY):
        client.post(path)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("token", [token for token in NONSENSE if token.isprintable() and token.strip(".")])
def test_nonsense_ends_nothing_and_is_answered_politely(client: Client, say: Say, token: str) -> None:
    follow(say())
    answer = client.post(f"/comments/unsubscribe/{token}/", {"all": "yes"})
    assert answer.status_code == 200
    assert "could not read this link" in answer.content.decode()
    assert client.get(f"/comments/unsubscribe/{token}/").status_code == 404
    assert Subscription.objects.count() == 1


def test_all_mail_to_an_address_can_be_stopped(client: Client, say: Say) -> None:
    first, second, other = follow(say()), follow(say("Two."), scope="thread"), follow(say("Three."), SAM)
    Letter.objects.create(kind="news", email=REA)
    page = client.post(way_out(first), {"stop": "yes"}).content.decode()
    assert "Stop all mail to this address" in page
    assert Subscription.objects.filter(pk=second.pk).exists()
    assert "No mail about comments goes" in client.post(way_out(second), {"all": "yes"}).content.decode()
    assert list(Subscription.objects.all()) == [other]
    assert not Letter.objects.exists()


def test_the_letter_still_knows_whom_to_leave_alone(client: Client, say: Say) -> None:
    first, second = follow(say()), follow(say("Two."), scope="thread")
    letter = Letter.objects.create(kind="news", email=REA, closed_at=clock.now(), sent_at=clock.now())
    path = way_out(first, letter=letter.pk)
    assert "Stop all mail to this address" in client.post(path, {"stop": "yes"}).content.decode()
    client.post(path, {"all": "yes"})
    assert not Subscription.objects.filter(pk=second.pk).exists()


def test_another_token_ends_nothing(client: Client, say: Say) -> None:
    """N4, A2: neither one for another purpose, nor one for another's subscription."""
    wish, other = follow(say()), follow(say("Two."), SAM)
    for purpose in (Purpose.CONFIRM, Purpose.ACCESS):
        client.post(f"/comments/unsubscribe/{tokens.mint(purpose, [0, wish.pk])}/")
    client.post(way_out(other))
    assert Subscription.objects.get() == wish


def test_no_title_of_a_hidden_post_stands_on_these_pages(
    client: Client, say: Say, own_post: Post, mailoutbox: list[EmailMessage]
) -> None:
    wish = follow(say(), SAM)
    with_address(say("Two."), scope="post")
    path = question(mailoutbox)
    Post.objects.filter(pk=own_post.pk).update(status="draft")
    for page in (path, way_out(wish)):
        assert own_post.title not in client.get(page).content.decode()
        assert own_post.title not in client.post(page).content.decode()


def test_pages_behind_links_are_nobodys_but_the_readers(
    client: Client, say: Say, mailoutbox: list[EmailMessage]
) -> None:
    wish = follow(say(), SAM)
    with_address(say("Two."))
    for path in (question(mailoutbox), way_out(wish)):
        for page in (client.get(path), client.post(path)):
            assert page["Cache-Control"] == "no-store"
            assert page["Referrer-Policy"] == "same-origin"
            assert "noindex" in page["X-Robots-Tag"]
            assert_harmless(page.content.decode(), page=True)


def test_the_database_takes_each_wish_once(own_post: Post, say: Say) -> None:
    for _time in range(2):
        with_address(say(str(_time)), f"r{_time}@reader.example")
        subscribing.subscribe(
            discussion=own_post.discussion, scope=Subscription.Scope.POST, email=REA, address_key=None
        )
    assert Subscription.objects.count() == 1
    assert connection.vendor in ("sqlite", "postgresql")
