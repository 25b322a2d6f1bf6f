"""Closed links: forged, expired, or overtaken by events. A closed link reveals nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from blog.models import Credit, PermissionRequest, Person, Post
from blog.permissions import steps
from blog.permissions.steps import State
from blog.publishing import lifecycle
from core import clock
from tests.blog.conftest import DAY, HOST, HOUR, Ask, assert_closed, current, page
from tests.conftest import NOON, MakeRepost

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.django_db
@pytest.mark.usefixtures("permitted_repost")
def test_a_forged_link_opens_nothing(client: Client) -> None:
    assert_closed(client, reverse("author-page", args=["A" * 43]), 404)


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["A" * 42, "A" * 44, "é" * 43, "A" * 42 + "!"])
def test_a_malformed_token_is_not_found(client: Client, token: str) -> None:
    assert client.get(f"/grant/{token}/").status_code == 404


@pytest.mark.django_db
def test_the_stored_digest_does_not_open_the_link(path: str, client: Client) -> None:
    digest = PermissionRequest.objects.get().tokens.get().digest
    assert_closed(client, f"/grant/{digest[:43]}/", 404)


@pytest.mark.django_db
def test_a_link_expires_after_thirty_days(path: str, client: Client, permitted_repost: Post) -> None:
    with clock.standing_at(NOON + 30 * DAY - HOUR):
        assert client.get(path).status_code == 200
    with clock.standing_at(NOON + 30 * DAY):
        assert_closed(client, path, 404)
        assert client.post(path, {"act": "yes"}).status_code == 404
    assert current(permitted_repost).state == State.ASSERTED


@pytest.mark.django_db
def test_after_a_yes_the_link_does_not_expire(granted: str, client: Client) -> None:
    with clock.standing_at(NOON + 3000 * DAY):
        assert client.get(granted).status_code == 200


@pytest.mark.django_db
def test_each_link_opens_only_its_own_request(
    make_repost: MakeRepost, client: Client, ask: Ask, path: str, permitted_repost: Post
) -> None:
    other = make_repost("other-repost", text="Quite different words.")
    other_path = ask(other)
    assert "Quite different words." in page(client, other_path)
    assert "Quite different words." not in page(client, path)
    client.post(other_path, {"act": "no"})
    assert current(other).state == State.DECLINED
    assert current(permitted_repost).state == State.ASSERTED


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["email", "credit"])
def test_a_person_who_is_no_longer_credited_cannot_answer(
    path: str, client: Client, original_author: Person, change: str
) -> None:
    if change == "email":
        Person.objects.filter(pk=original_author.pk).update(contact_email="right@private.example")
    else:
        Credit.objects.all().delete()
    assert_closed(client, path, 410)


@pytest.mark.django_db
def test_after_a_wrong_email_is_corrected_only_the_real_author_has_the_page(
    granted: str, client: Client, ask: Ask, permitted_repost: Post, original_author: Person
) -> None:
    Person.objects.filter(pk=original_author.pk).update(contact_email="right@private.example")
    with clock.standing_at(NOON + HOUR):
        authors = ask(permitted_repost)
        client.post(authors, {"act": "yes"})
        assert_closed(client, granted, 410)
        assert client.get(authors).status_code == 200


@pytest.mark.django_db
def test_an_old_request_does_not_bring_back_what_the_host_withdrew(
    path: str, client: Client, permitted_repost: Post, ask: Ask
) -> None:
    with clock.standing_at(NOON + HOUR):
        steps.withdraw(current(permitted_repost), by=HOST)
        assert_closed(client, path, 410)
        assert client.post(path, {"act": "yes"}).status_code == 410
        assert current(permitted_repost).state == State.WITHDRAWN
        steps.restore(current(permitted_repost), by=HOST)
        assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_the_link_of_a_withdrawn_post_is_closed(path: str, client: Client, permitted_repost: Post) -> None:
    lifecycle.withdraw(Post.objects.get(pk=permitted_repost.pk))
    assert_closed(client, path, 410)


@pytest.mark.django_db
def test_only_a_request_newer_than_the_end_can_revive_the_permission(
    client: Client, ask: Ask, permitted_repost: Post
) -> None:
    first, second = ask(permitted_repost), ask(permitted_repost)
    with clock.standing_at(NOON + HOUR):
        client.post(first, {"act": "yes"})
        assert_closed(client, second, 410)
        client.post(first, {"act": "end"})
        assert_closed(client, second, 410)
    with clock.standing_at(NOON + 2 * HOUR):
        new = ask(permitted_repost)
        client.post(new, {"act": "yes"})
        assert current(permitted_repost).state == State.CONFIRMED
        assert_closed(client, second, 410)


@pytest.mark.django_db
def test_a_request_between_the_yes_and_the_end_cannot_revive_the_permission(
    granted: str, client: Client, ask: Ask, permitted_repost: Post
) -> None:
    with clock.standing_at(NOON + HOUR):
        second = ask(permitted_repost)
    with clock.standing_at(NOON + 2 * HOUR):
        client.post(granted, {"act": "end"})
        assert_closed(client, second, 410)
        assert client.post(second, {"act": "yes"}).status_code == 410
    assert current(permitted_repost).state == State.REVOKED


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["no", "not_mine"])
def test_a_no_to_a_new_request_leaves_the_permission_revoked(
    granted: str, client: Client, ask: Ask, permitted_repost: Post, act: str
) -> None:
    client.post(granted, {"act": "end"})
    with clock.standing_at(NOON + HOUR):
        assert client.post(ask(permitted_repost), {"act": act}).status_code == 200
    assert current(permitted_repost).state == State.REVOKED
