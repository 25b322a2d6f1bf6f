"""The author's own page after a yes: ending the permission, correcting a name, claiming the badge."""

import pytest
from django.test import Client

from blog.models import Person, Post
from blog.permissions import steps, verification
from blog.permissions.steps import Kind, State
from tests.blog.conftest import HOST, Ask, confirm, current, everything, page, step_kinds
from tests.conftest import GUEST_MARK, MakeRepost

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.django_db
def test_opening_the_authors_page_changes_nothing(granted: str, client: Client) -> None:
    before = everything()
    for _time in range(5):
        client.get(granted)
        client.head(granted)
        client.post(granted, {"act": "consider_end"})
    assert everything() == before


@pytest.mark.django_db
def test_ending_needs_a_confirmation_and_counts_once(granted: str, client: Client, permitted_repost: Post) -> None:
    confirmation = client.post(granted, {"act": "consider_end"}).content.decode()
    assert "This cannot be undone here" in confirmation
    assert current(permitted_repost).state == State.CONFIRMED
    for _time in range(2):
        response = client.post(granted, {"act": "end", "note": "I have changed\nmy mind."})
        assert (response.status_code, response["Location"]) == (303, granted)
    repost = current(permitted_repost)
    assert (repost.state, repost.state_note) == (State.REVOKED, "I have changed my mind.")
    assert step_kinds(permitted_repost).count(Kind.REVOKED) == 1
    shown = page(client, granted)
    assert "withdrawn by their author" in shown
    assert GUEST_MARK not in shown
    assert 'value="consider_end"' not in shown
    public = client.get(permitted_repost.get_absolute_url()).content.decode()
    assert GUEST_MARK not in public
    assert "I have changed my mind." in public


@pytest.mark.django_db
def test_a_reason_that_is_too_long_is_shown_again_and_nothing_ends(
    granted: str, client: Client, permitted_repost: Post
) -> None:
    response = client.post(granted, {"act": "end", "note": "x" * 301})
    assert response.status_code == 422
    assert "x" * 301 in response.content.decode()
    assert current(permitted_repost).state == State.CONFIRMED


@pytest.mark.django_db
def test_a_licence_does_not_end_but_the_request_is_recorded_once(
    make_repost: MakeRepost, client: Client, ask: Ask
) -> None:
    post = make_repost(basis="licence", licence_url="https://creativecommons.org/licenses/by/4.0/")
    path = ask(post)
    client.post(path, {"act": "yes"})
    assert "Ask to take the words down" in page(client, path)
    for _time in range(2):
        client.post(path, {"act": "end"})
    assert step_kinds(post).count(Kind.REVOCATION_ASKED) == 1
    assert GUEST_MARK in current(post).public_html
    assert "You have asked to take the words down." in page(client, path)


@pytest.mark.django_db
def test_nothing_is_ended_before_a_yes(path: str, client: Client, permitted_repost: Post) -> None:
    assert client.post(path, {"act": "end"}).status_code == 409
    client.post(path, {"act": "correct_name", "name": "Somebody Else"})
    client.post(path, {"act": "claim_badge"})
    assert current(permitted_repost).state == State.ASSERTED
    assert not Person.objects.filter(name="Somebody Else").exists()


@pytest.mark.django_db
def test_a_corrected_name_appears_everywhere(
    granted: str, client: Client, permitted_repost: Post, make_repost: MakeRepost
) -> None:
    other = make_repost("other-repost")
    for post in (permitted_repost, other):
        confirm(current(post), credit_wording="Dr Ada Colleague")
    for _time in range(2):
        client.post(granted, {"act": "correct_name", "name": "  Ada\u202e Kollegin "})
    for post in (permitted_repost, other):
        shown = client.get(post.get_absolute_url()).content.decode()
        assert "Ada Kollegin" in shown
        assert "Ada Colleague" not in shown
        assert current(post).credit_wording == "Dr Ada Kollegin"
        assert step_kinds(post).count(Kind.CREDIT_CORRECTED) == 1
        assert list(verification.faults(current(post))) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "  \u202e ", "x" * 201])
def test_an_invalid_name_is_refused(granted: str, client: Client, name: str) -> None:
    assert client.post(granted, {"act": "correct_name", "name": name}).status_code == 422
    assert Person.objects.filter(name="Ada Colleague").exists()


@pytest.mark.django_db
def test_the_badge_cookie_is_set_for_the_comment_pages(granted: str, client: Client, permitted_repost: Post) -> None:
    assert 'value="claim_badge"' in page(client, granted)
    response = client.post(granted, {"act": "claim_badge"})
    assert response.status_code == 303
    assert response["Location"] == f"{permitted_repost.get_absolute_url()}#comments"
    assert [cookie["path"] for cookie in response.cookies.values()] == ["/comments/"]


@pytest.mark.django_db
def test_there_is_no_badge_after_the_end(granted: str, client: Client) -> None:
    client.post(granted, {"act": "end"})
    assert 'value="claim_badge"' not in page(client, granted)
    response = client.post(granted, {"act": "claim_badge"})
    assert response.status_code == 409
    assert not response.cookies or set(response.cookies) == {"csrftoken"}


@pytest.mark.django_db
def test_the_authors_page_shows_that_the_host_withdrew(granted: str, client: Client, permitted_repost: Post) -> None:
    steps.withdraw(current(permitted_repost), by=HOST, note="Legal advice.")
    shown = page(client, granted)
    assert "withdrawn by the host" in shown
    assert "Legal advice." in shown
    assert GUEST_MARK not in shown
