"""What waits for moderators, read and decided on in the queue."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog import clock
from blog.models import Person, Post
from comments import moderation
from comments.models import Ban, Comment, CommentEvent, Discussion
from tests.attacks import ATTACKS, LONE_SURROGATE, assert_harmless
from tests.comments.conftest import Say
from tests.comments.held import as_if_held
from tests.comments.moderators import QUEUE, act, decide_url, page, staff, text_of
from tests.comments.wholeness import assert_whole, shown

State = Comment.State


def state_of(comment: Comment) -> str:
    return Comment.objects.get(pk=comment.pk).state


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
    for state in moderation.HELD:
        as_if_held(say(f"This is {state}."), state)
    say("This is published.")
    for state in moderation.HELD:
        html = page(desk, f"{QUEUE}?state={state}")
        assert [other for other in (*moderation.HELD, "published") if f"This is {other}." in html] == [state]


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
            email=f"{number}@reader.example", email_confirmed_at=clock.now(), address_key=bytes([number]) * 32
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
    Comment.objects.filter(pk__in=[waiting.pk, other.pk, spam.pk]).update(address_key=key)
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


# --- Deciding


@pytest.mark.parametrize(
    ("name", "state", "sentence"),
    [
        ("approve", State.PUBLISHED, "1 comment was approved."),
        ("reject", State.REJECTED, "1 comment was rejected."),
        ("spam", State.SPAM, "1 comment was marked as spam."),
    ],
)
def test_a_card_is_decided_on_with_one_button(
    desk: Client, held: Say, own_post: Post, moderator: User, name: str, state: str, sentence: str
) -> None:
    comment, other = held("This one."), held("Another.")
    sent = {"action": f"{name}:{comment.pk}", f"reason-{comment.pk}": "we\0ll  known", "selected": other.pk}
    html, _batch = act(desk, QUEUE, **sent)
    assert sentence in html
    assert (state_of(comment), state_of(other)) == (state, State.PENDING)
    event = comment.events.last()
    assert event is not None
    assert (event.actor, event.reason) == (moderator, "well known")
    assert_whole(own_post)


def test_many_are_decided_on_at_once_and_undone_at_once(desk: Client, held: Say, own_post: Post) -> None:
    comments = [held(str(number)) for number in range(4)]
    html, batch = act(
        desk, QUEUE, action="spam", selected=[comment.pk for comment in comments[:3]], reason="a campaign"
    )
    assert "3 comments were marked as spam." in html
    assert f'name="undo" value="{batch}"' in html
    assert CommentEvent.objects.filter(batch=batch, reason="a campaign").count() == 3
    html, _none = act(desk, QUEUE, undo=batch)
    assert "Undone: 3 comments are again what they were." in html
    assert {state_of(comment) for comment in comments} == {State.PENDING}
    html, _none = act(desk, QUEUE, undo=batch)
    assert "Nothing was undone" in html
    assert_whole(own_post)


def test_undo_leaves_alone_what_somebody_changed_meanwhile(
    desk: Client, held: Say, own_post: Post, host: Person
) -> None:
    assert host.user
    mine, theirs = held("Mine."), held("Theirs.")
    _html, batch = act(desk, QUEUE, action="approve", selected=[mine.pk, theirs.pk])
    moderation.remove(theirs, by=host.user, reason="")
    html, _none = act(desk, QUEUE, undo=batch)
    assert "Undone: 1 comment is again what it was." in html
    assert (state_of(mine), state_of(theirs)) == (State.PENDING, State.REMOVED)
    assert_whole(own_post)


def test_the_second_of_two_moderators_is_told_and_changes_nothing(
    desk: Client, held: Say, own_post: Post, moderator: User
) -> None:
    comment, late = held("Both read it."), held("Only one decides.")
    act(desk, QUEUE, action=f"approve:{comment.pk}")
    second = staff("second", "view_comment", "change_comment")
    html, batch = act(second, QUEUE, action=f"approve:{comment.pk}")
    assert "0 comments were approved. Somebody else was faster" in html
    assert batch == ""
    html, batch = act(second, QUEUE, action="approve", selected=[comment.pk, late.pk])
    assert "1 comment was approved." in html
    assert "1 comment was left as it is" in html
    assert CommentEvent.objects.filter(to_state=State.PUBLISHED).count() == 2
    assert Discussion.objects.get(pk=own_post.pk).count == 2
    assert_whole(own_post)


def test_what_is_approved_under_a_hidden_comment_waits_unseen_for_that(
    desk: Client, say: Say, held: Say, own_post: Post, moderator: User
) -> None:
    root = say("Root.")
    reply = held("Reply.", to=root)
    moderation.remove_with_replies(root, by=moderator, reason="")
    act(desk, QUEUE, action=f"approve:{reply.pk}")
    assert (state_of(reply), shown(own_post)) == (State.PUBLISHED, [])
    assert "a comment above it hides its replies" in page(desk, decide_url(reply))
    assert_whole(own_post)
    moderation.restore(root, by=moderator, reason="")
    assert shown(own_post) == ["Root.", "Reply."]
    assert_whole(own_post)


def test_one_stays_on_the_page_where_one_was(desk: Client, say: Say) -> None:
    comments = [as_if_held(say(str(number)), State.SPAM) for number in range(27)]
    second = desk.get(f"{QUEUE}?state=spam").context["next"]
    answer = desk.post(second, {"action": f"approve:{comments[0].pk}"})
    assert answer["Location"].startswith(second)
    html = page(desk, answer["Location"])
    assert "1 comment was approved." in html
    assert f'action="{second.replace("&", "&amp;")}"' in html


def test_all_on_a_page_are_selected_without_a_script(desk: Client, held: Say) -> None:
    for number in range(3):
        held(str(number))
    assert page(desk, QUEUE).count(" checked") == 0
    assert page(desk, f"{QUEUE}?select=all").count(" checked") == 3


def test_a_person_is_held_from_the_queue_and_the_button_goes(desk: Client, held: Say, moderator: User) -> None:
    comment = held("Me again.", name="Nag")
    Comment.objects.filter(pk=comment.pk).update(email="nag@reader.example")
    assert f'value="hold:{comment.pk}"' in page(desk, QUEUE)
    html, _none = act(desk, QUEUE, action=f"hold:{comment.pk}", **{f"reason-{comment.pk}": "every day"})
    assert "What comes from Nag waits for a moderator from now on. Known by: e-mail address." in html
    assert f'value="hold:{comment.pk}"' not in html
    assert "is always held" in html
    ban = Ban.objects.get()
    assert (ban.mode, ban.until, ban.reason, ban.created_by) == (Ban.Mode.HOLD, None, "every day", moderator)
    assert state_of(comment) == State.PENDING


def test_nobody_is_held_who_would_not_be_known_again(desk: Client, held: Say) -> None:
    comment = held()
    assert "hold:" not in page(desk, QUEUE)
    html, _none = act(desk, QUEUE, action=f"hold:{comment.pk}")
    assert "Nothing is known by which this person would be met again." in html
    assert not Ban.objects.exists()


def test_the_enter_key_decides_nothing(desk: Client, held: Say) -> None:
    """The first button of a form is the one that it presses."""
    comment = held()
    for address in (QUEUE, decide_url(comment)):
        html = page(desk, address)
        start = html.index('class="queue"' if address == QUEUE else 'class="decide-acts"')
        form = html[start:]
        assert form[form.index("<button") :].startswith('<button type="submit" hidden disabled></button>')


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
