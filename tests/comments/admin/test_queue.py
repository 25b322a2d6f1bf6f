"""The moderation queue: its content, its pages, and who may see it."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Post
from comments.models import Ban, Comment, CommentEvent, Discussion
from comments.moderation import steps
from core import clock
from tests.attacks import ATTACKS, LONE_SURROGATE, assert_harmless
from tests.comments.conftest import Say
from tests.comments.held_comments import as_if_held
from tests.comments.moderator_pages import QUEUE, act, decide_url, page, staff, state_of, text_of

State = Comment.State


# --- Content


def test_the_oldest_waiting_comment_comes_first_with_its_context(
    desk: Client, say: Say, held: Say, own_post: Post
) -> None:
    root = say("A question that was asked.", name="Quentin")
    first, second = held("First *word*.", name="Ann"), held("Second word.", to=root, name="Bea")
    Comment.objects.filter(pk=first.pk).update(score=3, findings=[{"code": "It has 3 links.", "score": 3}])
    html = page(desk, QUEUE)
    assert html.index("Ann") < html.index("Bea")
    assert "First <em>word</em>." in html
    text = text_of(html)
    assert "Waiting (2)" in text
    assert "in reply to Quentin (published)" in text
    assert "A question that was asked." in text
    assert "The rules found (3 points)" in text
    assert own_post.get_absolute_url() in html
    assert decide_url(second) in html


def test_each_state_has_its_own_tab(desk: Client, say: Say) -> None:
    for state in steps.HELD:
        as_if_held(say(f"This is {state}."), state)
    say("This is published.")
    for state in steps.HELD:
        html = page(desk, f"{QUEUE}?state={state}")
        assert [other for other in (*steps.HELD, "published") if f"This is {other}." in html] == [state]


def test_decided_comments_are_listed_newest_first(desk: Client, say: Say) -> None:
    for name in ("Old", "New"):
        as_if_held(say("Spam.", name=name), State.SPAM)
    html = page(desk, f"{QUEUE}?state=spam")
    assert html.index("New") < html.index("Old")


@pytest.mark.parametrize("state", ["pending", "spam"])
def test_paging_reaches_every_comment(desk: Client, say: Say, state: str) -> None:
    expected = [as_if_held(say(f"Comment {number}."), state).pk for number in range(53)]
    found: list[int] = []
    url = f"{QUEUE}?state={state}"
    for _page in range(3):
        answer = desk.get(url)
        found += [card.comment.pk for card in answer.context["cards"]]
        url = answer.context["next_url"]
    assert url == ""
    assert found == (expected if state == "pending" else expected[::-1])
    assert "From the beginning" in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_queue(
    desk: Client, say: Say, held: Say, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root = say("Root.")
    url = f"{QUEUE}?done={uuid4()}"

    def fill(number: int) -> None:
        comment = held(str(number), to=root)
        Comment.objects.filter(pk=comment.pk).update(
            email=f"{number}@reader.example", email_confirmed_at=clock.now(), network_key=bytes([number]) * 32
        )

    fill(0)
    # session · user · blog · permissions 2 · comments with posts and parents · bans · networks · emails · batch · count
    with django_assert_num_queries(11):
        desk.get(url)
    for number in range(1, 25):
        fill(number)
    with django_assert_num_queries(11) as queries:
        assert len(desk.get(url).context["cards"]) == 25
    assert not any('"body"' in query["sql"] or "OFFSET" in query["sql"] for query in queries.captured_queries)


def test_an_email_that_was_only_typed_is_never_shown_as_confirmed(desk: Client, held: Say) -> None:
    typed, proved, none = held("Typed.", name="Ty"), held("Proved.", name="Pru"), held("None.", name="Nan")
    Comment.objects.filter(pk__in=[typed.pk, proved.pk]).update(email="ada@private.example")
    Comment.objects.filter(pk=proved.pk).update(email_confirmed_at=clock.now())
    shown = {card.comment.pk: (card.email_status, card.same_email) for card in desk.get(QUEUE).context["cards"]}
    assert shown == {
        typed.pk: ("e-mail address not confirmed", ""),
        proved.pk: ("e-mail address confirmed", ""),
        none.pk: ("no e-mail address", ""),
    }
    assert "ada@private.example" not in page(desk, QUEUE)


def test_other_comments_of_the_same_writer_are_counted(desk: Client, say: Say, held: Say) -> None:
    key = b"n" * 32
    waiting, other, spam = held("Now."), say("Before."), as_if_held(say("Buy."), State.SPAM)
    Comment.objects.filter(pk__in=[waiting.pk, other.pk, spam.pk]).update(network_key=key)
    Comment.objects.filter(pk__in=[waiting.pk, other.pk]).update(
        email="ada@private.example", email_confirmed_at=clock.now()
    )
    Comment.objects.filter(pk=spam.pk).update(email="ada@private.example")  # somebody else typed her address
    [card] = desk.get(QUEUE).context["cards"]
    assert (card.same_network, card.same_email) == ("1 published, 1 refused", "1 published")


def test_an_empty_queue_has_a_message(desk: Client, own_post: Post) -> None:
    assert "No comment is waiting." in page(desk, QUEUE)
    assert "There is no spam." in page(desk, f"{QUEUE}?state=spam")


@pytest.mark.parametrize("attack", [*ATTACKS.values()], ids=[*ATTACKS])
def test_attacks_are_harmless_on_the_pages_of_moderators(desk: Client, say: Say, own_post: Post, attack: str) -> None:
    """As text, name, website, email, reason, finding and post title, in the queue and on the page of one comment."""
    Post.objects.filter(pk=own_post.pk).update(title=attack.replace("\0", "")[:300])
    Discussion.objects.update(hold="nothing")
    root = say(attack, name="Root")
    comment = as_if_held(say(attack, name="Name", to=root))
    stored = attack.replace("\0", "")
    Comment.objects.filter(pk__in=[root.pk, comment.pk]).update(
        name=stored[:80],
        url=stored[:200],
        email=stored[:200],
        language=stored[:30],
        findings=[{"code": stored, "score": 1}],
    )
    comment.revisions.create(source=stored)
    for url in (QUEUE, decide_url(comment)):
        assert_harmless(page(desk, url), page=True)
        html, batch = act(desk, url, action=f"reject:{comment.pk}" if url == QUEUE else "approve", reason=attack)
        assert_harmless(html, page=True)
        assert batch
    for url in (decide_url(comment), decide_url(root), f"{QUEUE}?state=rejected", "/admin/"):
        assert_harmless(page(desk, url), page=True)


# --- Permissions and unexpected requests


def test_strangers_and_staff_without_permission_see_nothing(client: Client, held: Say) -> None:
    comment = held("Secret so far.")
    nobody = staff("nobody")
    for url in (QUEUE, decide_url(comment)):
        assert "/admin/login/" in client.get(url)["Location"]
        for method in (nobody.get, nobody.post):
            assert method(url).status_code == 403
        assert "/admin/login/" in client.post(url, {"action": "approve"})["Location"]
    assert state_of(comment) == State.PENDING


def test_view_permission_offers_no_button_and_allows_no_action(held: Say) -> None:
    comment = held("Readable.")
    viewer = staff("viewer", "view_comment")
    for url in (QUEUE, decide_url(comment)):
        html = page(viewer, url)
        assert "Readable." in html
        assert 'name="action"' not in html
        for sent in ({"action": f"approve:{comment.pk}"}, {"action": "approve"}, {"undo": str(uuid4())}):
            assert viewer.post(url, sent).status_code == 403
        assert viewer.post(url, {"action": "erase", "for_good": "on"}).status_code == 403
        assert viewer.post(url, {"action": "hold", "mode": "refuse"}).status_code == 403
    assert state_of(comment) == State.PENDING
    assert not Ban.objects.exists()


def test_a_post_without_a_token_is_refused(held: Say, moderator: User) -> None:
    comment = held()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(moderator)
    for url in (QUEUE, decide_url(comment)):
        assert careful.post(url, {"action": f"approve:{comment.pk}"}).status_code == 403
    assert state_of(comment) == State.PENDING


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_safe_methods_change_nothing(desk: Client, held: Say, own_post: Post, method: str) -> None:
    comment = held()
    batch = uuid4()
    before = CommentEvent.objects.count()
    for url in (QUEUE, decide_url(comment)):
        for query in (f"action=approve:{comment.pk}", "action=approve", f"undo={batch}", "action=erase&for_good=on"):
            target = f"{url}?{query}&_method=POST&selected={comment.pk}"
            getattr(desk, method)(target, headers={"X-HTTP-Method-Override": "POST"})
    assert (state_of(comment), CommentEvent.objects.count()) == (State.PENDING, before)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"action": ""},
        {"action": "approve"},
        {"action": "approve:"},
        {"action": "approve:0"},
        {"action": "approve:-1"},
        {"action": f"approve:{2**53}"},
        {"action": f"approve:{10**30}"},
        {"action": "approve:١٢٣"},
        {"action": "approve:\0"},
        {"action": "approve:1:2"},
        {"action": "restore", "selected": "all"},
        {"action": "__init__", "selected": "all"},
        {"action": "erase", "selected": "all"},
        {"action": "approve", "selected": ["1", "x", "\0", str(10**40), "9" * 5000]},
        {"undo": "x"},
        {"undo": "\0"},
        {"undo": "00000000-0000-0000-0000-000000000000"},
        {"undo": "{" * 5000},
    ],
    ids=str,
)
def test_forged_forms_do_nothing_and_cause_no_error(desk: Client, held: Say, sent: dict[str, object]) -> None:
    comment = held()
    if sent.get("selected") == "all":
        sent = {**sent, "selected": comment.pk}
    html, batch = act(desk, QUEUE, **sent)
    assert "Nothing was" in html
    assert batch == ""
    assert (state_of(comment), CommentEvent.objects.count()) == (State.PENDING, 1)


@pytest.mark.parametrize("value", ["", "x", "\0", "%00", LONE_SURROGATE.encode("utf-8", "ignore").decode(), "9" * 400])
def test_forged_query_strings_cause_no_error(desk: Client, held: Say, value: str) -> None:
    comment = held("Here.")
    for key in ("state", "after", "done", "select"):
        assert "Here." in desk.get(QUEUE, {key: value}).content.decode()
    assert desk.get(decide_url(comment), {"done": value}).status_code == 200
