"""The host's permission steps: each has a page, a button, and the states in which it is possible."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from blog.admin.permission_steps import STEPS
from blog.models import PermissionEvent, PermissionRequest, Post, Repost
from blog.permissions import steps
from core import clock
from core.models import Task
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import change_url, confirm, resubmission, staff, step_url
from tests.conftest import GUEST_MARK, MakeRepost


def make_stale(post: Post) -> None:
    confirm(post.repost)
    post.repost.text = "Edited words."
    post.repost.save()
    steps.assert_by_host(post.repost, by="Eldon Host")


def revoke_after_a_yes(post: Post) -> None:
    confirm(post.repost)
    steps.revoke(post.repost)


STATES: dict[str, tuple[Callable[[Post], Any], set[str]]] = {
    "asserted": (lambda post: None, {"ask", "end", "withdraw"}),
    "confirmed": (lambda post: confirm(post.repost), {"release", "end", "withdraw"}),
    "confirmed for a time": (
        lambda post: confirm(post.repost, author_end=date(2030, 1, 31)),
        {"ask", "release", "end", "withdraw"},
    ),
    "stale": (make_stale, {"ask", "release", "end", "withdraw"}),
    "withdrawn": (lambda post: steps.withdraw(post.repost, by="Eldon Host"), {"ask", "restore"}),
    "declined": (lambda post: steps.decline(post.repost), {"ask"}),
    "disputed": (lambda post: steps.disown(post.repost), {"ask", "stand-by", "withdraw"}),
    "revoked": (revoke_after_a_yes, {"ask"}),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_offers_exactly_the_possible_steps(desk: Client, permitted_repost: Post, state: str) -> None:
    """A GET never changes anything, and an impossible step is not taken even if it is posted."""
    reach_state, expected = STATES[state]
    reach_state(permitted_repost)
    page = desk.get(change_url(permitted_repost)).content.decode()
    assert {name for name in STEPS if step_url(permitted_repost, name) in page} == expected
    before = Repost.objects.values().get()
    for name in STEPS:
        response = desk.get(step_url(permitted_repost, name))
        assert response.status_code == (200 if name in expected else 302)
        if name not in expected:
            refused = desk.post(step_url(permitted_repost, name), {"note": "x"}, follow=True).content.decode()
            assert "Nothing was done" in refused
    assert Repost.objects.values().get() == before


def test_asking_the_author_shows_the_words_and_the_recipient_first(desk: Client, permitted_repost: Post) -> None:
    page = desk.get(step_url(permitted_repost, "ask")).content.decode()
    assert "Ada Colleague &lt;ada@private.example&gt;" in page
    assert GUEST_MARK in page
    assert not PermissionRequest.objects.exists()
    page = desk.post(step_url(permitted_repost, "ask"), follow=True).content.decode()
    assert "is on its way" in page
    assert "about to be sent" in page
    request = PermissionRequest.objects.get()
    assert request.email == "ada@private.example"
    assert Task.objects.get(job="send-request").argument == str(request.pk)
    assert PermissionEvent.objects.latest("number").kind == "requested"


def test_an_author_without_an_email_address_cannot_be_asked_and_the_page_says_why(
    desk: Client, permitted_repost: Post
) -> None:
    person = permitted_repost.credits.get().person
    person.contact_email = ""
    person.save()
    for send in (desk.get, desk.post):
        page = send(step_url(permitted_repost, "ask"), follow=True).content.decode()
        assert "address is not known" in page
    assert not PermissionRequest.objects.exists()


def test_the_author_is_asked_at_most_three_times_a_day(desk: Client, permitted_repost: Post) -> None:
    for _number in range(3):
        desk.post(step_url(permitted_repost, "ask"))
    page = desk.post(step_url(permitted_repost, "ask"), follow=True).content.decode()
    assert "Wait until tomorrow" in page
    assert PermissionRequest.objects.count() == 3


def test_releasing_says_what_it_means_and_shows_the_edited_words(desk: Client, permitted_repost: Post) -> None:
    make_stale(permitted_repost)
    assert "no longer counts" in desk.get(step_url(permitted_repost, "release")).content.decode()
    assert "confirmed" not in desk.post(step_url(permitted_repost, "release"), follow=True).context["record"].state
    repost = Repost.objects.get()
    assert (repost.state, repost.level) == ("asserted", 1)
    assert "Edited words" in repost.public_html


def test_standing_by_a_credit_needs_a_reason_and_shows_a_refused_one_again(
    desk: Client, permitted_repost: Post
) -> None:
    steps.disown(permitted_repost.repost)
    page = desk.post(step_url(permitted_repost, "stand-by"), {"note": ""}).content.decode()
    assert "the ledger needs a reason" in page
    assert 'aria-invalid="true"' in page
    assert Repost.objects.get().state == "disputed"
    long = "She signed it. " * 40
    page = desk.post(step_url(permitted_repost, "stand-by"), {"note": long}).content.decode()
    assert long.strip() in page
    desk.post(step_url(permitted_repost, "stand-by"), {"note": "She signed the letter."})
    repost = Repost.objects.get()
    assert (repost.state, repost.events.latest("number").note) == ("asserted", "She signed the letter.")


def test_an_end_is_set_moved_and_removed(desk: Client, permitted_repost: Post) -> None:
    url = step_url(permitted_repost, "end")
    desk.post(url, {"last_day": "2031-01-31"})
    assert Repost.objects.get().expires_on == date(2031, 1, 31)
    assert 'value="2031-01-31"' in desk.get(url).content.decode()
    desk.post(url, {"last_day": ""})
    assert Repost.objects.get().ends_at is None
    yesterday = clock.now().date() - timedelta(days=1)
    page = desk.post(url, {"last_day": yesterday.isoformat()}, follow=True).content.decode()
    assert "Ended as agreed" in page
    assert step_url(permitted_repost, "end") in page  # it can be extended
    assert not Repost.objects.in_force().exists()


@pytest.mark.parametrize("invalid", ["31 January", "0001-01-01", "9999-12-31", "2031-02-30", "a\x00b"])
def test_an_invalid_date_is_refused(desk: Client, permitted_repost: Post, invalid: str) -> None:
    response = desk.post(step_url(permitted_repost, "end"), {"last_day": invalid})
    assert response.status_code == 200
    assert "Please correct the error" in response.content.decode()
    assert Repost.objects.get().expires_on is None


def test_the_page_to_set_an_end_names_the_end_that_the_author_set(desk: Client, permitted_repost: Post) -> None:
    confirm(permitted_repost.repost, author_end=date(2030, 5, 1))
    assert "May 1, 2030" in desk.get(step_url(permitted_repost, "end")).content.decode()


def test_settling_a_dispute_removes_the_label(desk: Client, permitted_repost: Post) -> None:
    steps.mark_disputed(permitted_repost.repost, by="Eldon Host", disputed=True)
    page = desk.get(change_url(permitted_repost)).content.decode()
    assert "The page says that the attribution is disputed" in page
    desk.post(step_url(permitted_repost, "settle"))
    assert not Repost.objects.get().is_disputed
    assert PermissionEvent.objects.latest("number").kind == "settled"


@pytest.mark.parametrize("name", STEPS)
def test_a_step_needs_the_permission_to_change_reposts_and_a_csrf_token(permitted_repost: Post, name: str) -> None:
    url = step_url(permitted_repost, name)
    onlooker = staff("view_post", "change_post", "view_repost", "view_evidence")
    before = Repost.objects.values().get()
    for send in (onlooker.get, onlooker.post):
        assert send(url).status_code == 403
    assert "/admin/login/" in Client().post(url)["Location"]
    host = Client(enforce_csrf_checks=True)
    host.force_login(permitted_repost.author.user)  # type: ignore[arg-type]
    assert host.post(url, {"note": "x"}).status_code == 403
    assert Repost.objects.values().get() == before


def test_a_post_without_a_repost_has_no_steps(desk: Client, own_post: Post) -> None:
    assert desk.get(step_url(own_post, "withdraw")).status_code == 404
    assert "The permission on record" not in desk.get(change_url(own_post)).content.decode()


def test_the_form_of_a_post_still_saves_after_every_step(desk: Client, make_repost: MakeRepost) -> None:
    for number, (reach_state, _steps) in enumerate(STATES.values()):
        post = make_repost(f"post-{number}")
        reach_state(post)
        state = Repost.objects.get(post=post).state
        assert desk.post(change_url(post), resubmission(desk, post, summary="In short.")).status_code == 302
        assert Repost.objects.get(post=post).state == state


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_survives_in_a_reason(desk: Client, permitted_repost: Post, attack: str) -> None:
    page = desk.post(step_url(permitted_repost, "withdraw"), {"note": attack}, follow=True).content.decode()
    assert_harmless(page, page=True)
    assert_harmless(desk.get(reverse("admin:blog_permissionevent_changelist")).content.decode(), page=True)
    assert_harmless(Client().get(permitted_repost.get_absolute_url()).content.decode(), page=True)
