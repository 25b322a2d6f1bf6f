"""The list of all comments in the admin."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from blog.models import Post
from comments.admin.actions import ACTIONS
from comments.models import Comment, Discussion
from comments.moderation import steps
from tests.attacks import ATTACKS, assert_harmless
from tests.comments.conftest import Say
from tests.comments.held_comments import as_if_held
from tests.comments.moderator_pages import LIST, decide_url, staff
from tests.comments.thread_integrity import assert_whole, shown


def act(desk: Client, action: str, *comments: Comment, reason: str = "") -> str:
    sent = {"action": action, "reason": reason, "_selected_action": [comment.pk for comment in comments]}
    return desk.post(LIST, sent, follow=True).content.decode()


def test_a_moderator_removes_and_restores_with_a_reason(desk: Client, say: Say, own_post: Post) -> None:
    rude, ruder = say("Rude."), say("Ruder.")
    assert "2 comments were removed." in act(desk, "remove", rude, ruder, reason="insults")
    assert "0 comments were removed." in act(desk, "remove", rude)
    assert Discussion.objects.get(pk=own_post.pk).count == 0
    assert "1 comment was restored." in act(desk, "restore", rude)
    assert [event.reason for event in rude.events.all()] == ["", "insults", ""]


def test_a_moderator_removes_a_branch_and_restores_it_in_two_ways(desk: Client, say: Say, own_post: Post) -> None:
    root = say("Root.")
    say("Reply.", to=root)
    assert "1 comment was removed with all replies." in act(desk, "remove_with_replies", root)
    assert shown(own_post) == []
    assert "The replies to 1 comment are shown again." in act(desk, "show_replies", root)
    assert shown(own_post) == ["Root.", "Reply."]
    act(desk, "remove_with_replies", root)
    assert "1 comment was restored." in act(desk, "restore", root)
    root.refresh_from_db()
    assert (root.state, shown(own_post)) == (Comment.State.PUBLISHED, ["Root.", "Reply."])
    assert "Replies hidden." in desk.get(decide_url(root)).content.decode()


def test_an_action_of_the_list_can_be_undone_there(desk: Client, say: Say, own_post: Post) -> None:
    rude, fine, other = say("Rude."), say("Fine."), say("Other.")
    sent = {"action": "remove", "reason": "", "_selected_action": [rude.pk, fine.pk]}
    answer = desk.post(f"{LIST}?state__exact=published&q=.", sent, follow=True)
    html = answer.content.decode()
    batch = answer.context["done"].batch
    assert "2 comments were removed." in html
    assert f'name="undo" value="{batch}"' in html
    assert [row.pk for row in answer.context["cl"].result_list] == [other.pk]  # the filter is kept
    answer = desk.post(answer.request["PATH_INFO"] + "?q=Rude", {"undo": str(batch)}, follow=True)
    assert "Undone: 2 comments are back in their previous state." in answer.content.decode()
    assert [row.pk for row in answer.context["cl"].result_list] == [rude.pk]
    assert shown(own_post) == ["Rude.", "Fine.", "Other."]
    assert 'name="undo"' not in act(desk, "restore", rude)


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_works_on_many_comments(desk: Client, say: Say, own_post: Post, name: str) -> None:
    """A comment for which the action is impossible is left alone, with a message."""
    before = {"approve": "pending", "reject": "pending", "restore": "removed", "show_replies": "removed"}
    changed = [say(f"Changed {number}.") for number in range(2)]
    left = say("Left.")
    for comment in changed:
        _bring(comment, before.get(name, "published"), hides=name == "show_replies")
    _bring(left, "erased", hides=name == "remove_with_replies")
    html = act(desk, name, *changed, left)
    assert escape(ACTIONS[name].summary(2) % {"count": 2}) in html
    assert "1 comment was left as it is" in html
    assert_whole(own_post)


def _bring(comment: Comment, state: str, *, hides: bool) -> None:
    by = User.objects.get(username="moderator")
    if state == "pending":
        as_if_held(comment)
    if state == "removed":
        steps.remove(comment, by=by, reason="")
    if hides:
        steps.remove_with_replies(comment, by=by, reason="")
    if state == "erased":
        steps.erase(comment, by=by)


@pytest.mark.parametrize("selected", ["x", "\0", "", "-1", str(2**63), str(10**40), "9" * 5000])
def test_forged_selections_cause_no_error(desk: Client, say: Say, own_post: Post, selected: str) -> None:
    say("Fine.")
    for name in (*ACTIONS, "delete_selected", "x", "\0", ""):
        sent = {"action": name, "_selected_action": selected, "post": "yes"}
        assert desk.post(LIST, sent, follow=True).status_code == 200
    for batch in (selected, "x", "\0"):
        assert "Nothing was undone" in desk.post(LIST, {"undo": batch}, follow=True).content.decode()
        assert desk.get(LIST, {"done": batch}).status_code == 200
    assert shown(own_post) == ["Fine."]


INVALID = ["discussion=x", "discussion=0", "state__exact=x", "state__exact=%00", "id__in=x", "p=x", "q=%00", "e=1"]
HUGE = ["discussion", "id", "id__in", "p"]


@pytest.mark.parametrize("query", [*INVALID, *(f"{name}={10**30}" for name in HUGE)])
def test_forged_filters_cause_no_error(desk: Client, say: Say, query: str) -> None:
    say("Fine.")
    assert desk.get(f"{LIST}?{query}", follow=True).status_code == 200


def test_view_permission_offers_no_action(client: Client, say: Say, own_post: Post) -> None:
    comment = say("Fine.")
    viewer = User.objects.create_user("reader", password="reads and reads", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_comment"))
    client.force_login(viewer)
    for action in ACTIONS:
        assert f'value="{action}"' not in client.get(LIST).content.decode()
        act(client, action, comment)
    assert shown(own_post) == ["Fine."]


def test_a_row_links_to_the_page_of_the_comment_and_nobody_edits_it(desk: Client, say: Say) -> None:
    comment = say("Word *for* word.")
    assert decide_url(comment) in desk.get(LIST).content.decode()
    assert desk.get(f"{LIST}{comment.pk}/change/")["Location"] == decide_url(comment)
    for number in ("x", "0", "9" * 40):
        assert desk.get(f"{LIST}{number}/change/").status_code == 404
    assert desk.post(f"{LIST}{comment.pk}/change/", {"source": "Mine now."}).status_code == 403
    assert desk.get(f"{LIST}{comment.pk}/delete/").status_code == 403
    assert desk.get(f"{LIST}add/").status_code == 403
    assert staff("nobody").get(f"{LIST}{comment.pk}/change/").status_code == 403


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_in_the_admin(desk: Client, say: Say, attack: str) -> None:
    comment = say(attack, name=attack[:80])
    for url in (LIST, f"{LIST}?q=a", f"{LIST}{comment.pk}/history/"):
        assert_harmless(desk.get(url).content.decode(), page=True)


def test_the_number_of_queries_does_not_grow_with_the_list(
    desk: Client, say: Say, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        say(str(number))
    # session · user · blog · permissions 2 · result count · comments with posts · date hierarchy 2
    with django_assert_max_num_queries(9) as queries:
        assert desk.get(LIST).status_code == 200
    assert not any('"body"' in query["sql"] for query in queries.captured_queries)


def test_a_comment_is_found_by_the_whole_email_of_its_writer(desk: Client, say: Say) -> None:
    """People who ask for their data give their email. Part of an email finds nobody."""
    comment = say("Mine.")
    Comment.objects.filter(pk=comment.pk).update(email="ann@reader.example")
    assert "Mine." in desk.get(f"{LIST}?q=Ann@reader.example").content.decode()
    assert "Mine." not in desk.get(f"{LIST}?q=reader.example").content.decode()
