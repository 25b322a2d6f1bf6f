"""What waits for moderators: how it is read in the queue, and by whom."""

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


# --- Reading


def test_what_has_waited_longest_comes_first_with_what_is_needed_to_decide(
    desk: Client, say: Say, held: Say, own_post: Post
) -> None:
    root = say("A question that was asked.", name="Quentin")
    first, second = held("First *word*.", name="Ann"), held("Second word.", to=root, name="Bea")
    Comment.objects.filter(pk=first.pk).update(score=3, findings=[{"code": "It has 3 links.", "score": 3}])
    html = page(desk, QUEUE)
    assert html.index("Ann") < html.index("Bea")
    assert "First <em>word</em>." in html
    words = text_of(html)
    assert "Waiting (2)" in words
    assert "in reply to Quentin (published)" in words
    assert "A question that was asked." in words
    assert "The rules found (3 points)" in words
    assert own_post.get_absolute_url() in html
    assert decide_url(second) in html


def test_each_kind_has_its_own_page(desk: Client, say: Say) -> None:
    for state in steps.HELD:
        as_if_held(say(f"This is {state}."), state)
    say("This is published.")
    for state in steps.HELD:
        html = page(desk, f"{QUEUE}?state={state}")
        assert [other for other in (*steps.HELD, "published") if f"This is {other}." in html] == [state]


def test_mistakes_are_found_at_the_end_of_what_was_decided(desk: Client, say: Say) -> None:
    for name in ("Old", "New"):
        as_if_held(say("Spam.", name=name), State.SPAM)
    html = page(desk, f"{QUEUE}?state=spam")
    assert html.index("New") < html.index("Old")


@pytest.mark.parametrize("state", ["pending", "spam"])
def test_all_are_reached_page_by_page(desk: Client, say: Say, state: str) -> None:
    expected = [as_if_held(say(f"Comment {number}."), state).pk for number in range(53)]
    found: list[int] = []
    address = f"{QUEUE}?state={state}"
    for _page in range(3):
        answer = desk.get(address)
        found += [card.comment.pk for card in answer.context["cards"]]
        address = answer.context["next"]
    assert address == ""
    assert found == (expected if state == "pending" else expected[::-1])
    assert "From the beginning" in answer.content.decode()


def test_the_queue_costs_the_same_for_one_and_for_many(
    desk: Client, say: Say, held: Say, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root = say("Root.")
    address = f"{QUEUE}?done={uuid4()}"

    def fill(number: int) -> None:
        comment = held(str(number), to=root)
        Comment.objects.filter(pk=comment.pk).update(
            email=f"{number}@reader.example", email_confirmed_at=clock.now(), network_key=bytes([number]) * 32
        )

    fill(0)
    # session · user · blog · permissions 2 · comments with posts and what they answer · bans · networks · addresses ·
    # what was done · count
    with django_assert_num_queries(11):
        desk.get(address)
    for number in range(1, 25):
        fill(number)
    with django_assert_num_queries(11) as queries:
        assert len(desk.get(address).context["cards"]) == 25
    assert not any('"body"' in query["sql"] or "OFFSET" in query["sql"] for query in queries.captured_queries)


def test_an_address_that_was_only_typed_is_never_called_proved(desk: Client, held: Say) -> None:
    typed, proved, none = held("Typed.", name="Ty"), held("Proved.", name="Pru"), held("None.", name="Nan")
    Comment.objects.filter(pk__in=[typed.pk, proved.pk]).update(email="ada@private.example")
    Comment.objects.filter(pk=proved.pk).update(email_confirmed_at=clock.now())
    told = {card.comment.pk: (card.email_status, card.address) for card in desk.get(QUEUE).context["cards"]}
    assert told == {
        typed.pk: ("e-mail address not confirmed", ""),
        proved.pk: ("e-mail address confirmed", ""),
        none.pk: ("no e-mail address", ""),
    }
    assert "ada@private.example" not in page(desk, QUEUE)


def test_what_else_came_from_the_same_hand_is_counted(desk: Client, say: Say, held: Say) -> None:
    key = b"n" * 32
    waiting, other, spam = held("Now."), say("Before."), as_if_held(say("Buy."), State.SPAM)
    Comment.objects.filter(pk__in=[waiting.pk, other.pk, spam.pk]).update(network_key=key)
    Comment.objects.filter(pk__in=[waiting.pk, other.pk]).update(
        email="ada@private.example", email_confirmed_at=clock.now()
    )
    Comment.objects.filter(pk=spam.pk).update(email="ada@private.example")  # somebody else typed her address
    [card] = desk.get(QUEUE).context["cards"]
    assert (card.network, card.address) == ("1 published, 1 refused", "1 published")


def test_an_empty_queue_says_so(desk: Client, own_post: Post) -> None:
    assert "Nothing waits." in page(desk, QUEUE)
    assert "There is no spam." in page(desk, f"{QUEUE}?state=spam")


@pytest.mark.parametrize("attack", [*ATTACKS.values()], ids=[*ATTACKS])
def test_attacks_are_harmless_where_moderators_read(desk: Client, say: Say, own_post: Post, attack: str) -> None:
    """As text, name, web page, address, reason, finding and title of the post, in the queue and on the page of one."""
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
    for address in (QUEUE, decide_url(comment)):
        assert_harmless(page(desk, address), page=True)
        html, batch = act(
            desk, address, action=f"reject:{comment.pk}" if address == QUEUE else "approve", reason=attack
        )
        assert_harmless(html, page=True)
        assert batch
    for address in (decide_url(comment), decide_url(root), f"{QUEUE}?state=rejected", "/admin/"):
        assert_harmless(page(desk, address), page=True)


# --- Who may, and what is no way to ask


def test_strangers_and_staff_without_permission_see_nothing(client: Client, held: Say) -> None:
    comment = held("Secret so far.")
    nobody = staff("nobody")
    for address in (QUEUE, decide_url(comment)):
        assert "/admin/login/" in client.get(address)["Location"]
        for method in (nobody.get, nobody.post):
            assert method(address).status_code == 403
        assert "/admin/login/" in client.post(address, {"action": "approve"})["Location"]
    assert state_of(comment) == State.PENDING


def test_who_may_only_look_is_offered_no_button_and_presses_none(held: Say) -> None:
    comment = held("Readable.")
    looker = staff("looker", "view_comment")
    for address in (QUEUE, decide_url(comment)):
        html = page(looker, address)
        assert "Readable." in html
        assert 'name="action"' not in html
        for sent in ({"action": f"approve:{comment.pk}"}, {"action": "approve"}, {"undo": str(uuid4())}):
            assert looker.post(address, sent).status_code == 403
        assert looker.post(address, {"action": "erase", "for_good": "on"}).status_code == 403
        assert looker.post(address, {"action": "hold", "mode": "refuse"}).status_code == 403
    assert state_of(comment) == State.PENDING
    assert not Ban.objects.exists()


def test_a_post_without_a_token_is_refused(held: Say, moderator: User) -> None:
    comment = held()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(moderator)
    for address in (QUEUE, decide_url(comment)):
        assert careful.post(address, {"action": f"approve:{comment.pk}"}).status_code == 403
    assert state_of(comment) == State.PENDING


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_looking_changes_nothing(desk: Client, held: Say, own_post: Post, method: str) -> None:
    comment = held()
    batch = uuid4()
    before = CommentEvent.objects.count()
    for address in (QUEUE, decide_url(comment)):
        for query in (f"action=approve:{comment.pk}", "action=approve", f"undo={batch}", "action=erase&for_good=on"):
            asked = f"{address}?{query}&_method=POST&selected={comment.pk}"
            getattr(desk, method)(asked, headers={"X-HTTP-Method-Override": "POST"})
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
def test_forged_forms_do_nothing_and_are_no_error(desk: Client, held: Say, sent: dict[str, object]) -> None:
    comment = held()
    if sent.get("selected") == "all":
        sent = {**sent, "selected": comment.pk}
    html, batch = act(desk, QUEUE, **sent)
    assert "Nothing was" in html
    assert batch == ""
    assert (state_of(comment), CommentEvent.objects.count()) == (State.PENDING, 1)


@pytest.mark.parametrize("value", ["", "x", "\0", "%00", LONE_SURROGATE.encode("utf-8", "ignore").decode(), "9" * 400])
def test_forged_addresses_are_no_error(desk: Client, held: Say, value: str) -> None:
    comment = held("Here.")
    for key in ("state", "after", "done", "select"):
        assert "Here." in desk.get(QUEUE, {key: value}).content.decode()
    assert desk.get(decide_url(comment), {"done": value}).status_code == 200
