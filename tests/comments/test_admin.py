"""Moderation in the admin."""

import re
from html import unescape

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from blog.models import Person, Post
from comments.admin import CommentAdmin, DiscussionAdmin
from comments.models import Comment, Discussion
from tests.attacks import ATTACKS, assert_harmless
from tests.comments.conftest import Say
from tests.comments.wholeness import shown

LIST = "/admin/comments/comment/"


@pytest.fixture
def desk(client: Client, moderator: User) -> Client:
    """The browser of the moderator."""
    client.force_login(moderator)
    return client


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


def test_a_moderator_removes_a_branch_and_puts_it_back_in_two_ways(desk: Client, say: Say, own_post: Post) -> None:
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
    assert "hidden with it" in desk.get(f"{LIST}{root.pk}/change/").content.decode()


def test_the_message_leads_to_what_was_changed_so_that_it_can_be_undone(desk: Client, say: Say) -> None:
    rude, fine = say("Rude."), say("Fine.")
    page = act(desk, "remove", rude, fine)
    link = re.search(r'href="([^"]*id__in[^"]*)"', page)
    assert link
    listed = desk.get(unescape(link[1])).content.decode()
    assert "Rude." in listed
    assert "Fine." in listed
    assert "id__in" not in act(desk, "remove", rude)


def test_who_may_only_look_is_offered_no_action(client: Client, say: Say, own_post: Post) -> None:
    comment = say("Fine.")
    looker = User.objects.create_user("reader", password="reads and reads", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_comment"))
    client.force_login(looker)
    for action in map(str, CommentAdmin.actions):
        assert f'value="{action}"' not in client.get(LIST).content.decode()
        act(client, action, comment)
    assert shown(own_post) == ["Fine."]


def test_a_comment_is_read_with_its_history_and_cannot_be_edited(desk: Client, say: Say) -> None:
    comment = say("Word *for* word.")
    act(desk, "remove", comment, reason="off topic")
    html = desk.get(f"{LIST}{comment.pk}/change/").content.decode()
    assert "Word *for* word." in html
    assert "off topic" in html
    assert 'name="source"' not in html
    assert desk.post(f"{LIST}{comment.pk}/change/", {"source": "Mine now."}).status_code == 403
    assert desk.get(f"{LIST}{comment.pk}/delete/").status_code == 403
    assert desk.get(f"{LIST}add/").status_code == 403


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_in_the_admin(desk: Client, say: Say, attack: str) -> None:
    comment = say(attack, name=attack[:80])
    for address in (LIST, f"{LIST}?q=a", f"{LIST}{comment.pk}/change/"):
        assert_harmless(desk.get(address).content.decode(), page=True)


def test_the_list_costs_the_same_for_one_and_for_many(
    desk: Client, say: Say, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        say(str(number))
    # session · user · permissions 2 · result count · comments with posts · date hierarchy 2
    with django_assert_max_num_queries(9):
        assert desk.get(LIST).status_code == 200


def test_a_discussion_is_closed_in_the_admin(client: Client, host: Person, own_post: Post) -> None:
    assert host.user
    client.force_login(host.user)
    address = f"/admin/comments/discussion/{own_post.pk}/change/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"state": "readonly", "closes_at_0": "", "closes_at_1": ""}).status_code == 302
    assert Discussion.objects.get(pk=own_post.pk).state == "readonly"


def test_closing_a_discussion_leaves_alone_what_is_counted_meanwhile(
    rf: RequestFactory, say: Say, own_post: Post
) -> None:
    read_before = Discussion.objects.get(pk=own_post.pk)
    say("Meanwhile.")
    read_before.state = "readonly"
    DiscussionAdmin(Discussion, site).save_model(rf.post("/"), read_before, form=None, change=True)
    discussion = Discussion.objects.get(pk=own_post.pk)
    assert (discussion.state, discussion.count) == ("readonly", 1)


def test_a_discussion_is_not_deleted_by_itself_but_with_its_post(client: Client, host: Person, own_post: Post) -> None:
    assert host.user
    client.force_login(host.user)
    address = f"/admin/comments/discussion/{own_post.pk}"
    assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert "deletelink" not in client.get(f"{address}/change/").content.decode()
    client.post(f"/admin/blog/post/{own_post.pk}/delete/", {"post": "yes"})
    assert not Discussion.objects.exists()
