"""The author's answer: it counts once, with its conditions, and for the wording that was shown."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection
from django.test import Client

from blog.models import PermissionRequest, Post, Repost
from blog.permissions import author_requests, steps, verification
from blog.permissions.steps import Kind, State
from core import clock
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import HOST, HOUR, Ask, assert_closed, current, everything, page, step_kinds
from tests.conftest import GUEST_MARK, NOON

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.django_db
def test_a_yes_confirms_and_makes_the_link_the_authors_page(path: str, client: Client, permitted_repost: Post) -> None:
    response = client.post(path, {"act": "yes"})
    assert (response.status_code, response["Location"], response["Cache-Control"]) == (303, path, "no-store")
    repost = current(permitted_repost)
    assert (repost.state, repost.level, repost.confirmed_domain) == (State.CONFIRMED, 3, "private.example")
    assert (repost.confirmed_at, repost.covered) == (NOON, repost.shown)
    assert "On Nov. 20, 2026 you said yes" in page(client, path)


CONDITIONS = {
    "credit_wording": "Ada Colleague, University of Nowhere",
    "credit_link": "https://ada.example/about?a=1&b=2",
    "no_snippet": "on",
    "not_in_feeds": "on",
    "no_training": "on",
    "author_end": "2027-03-01",
}


@pytest.mark.django_db
def test_conditions_are_stored_and_shown(path: str, client: Client, permitted_repost: Post) -> None:
    client.post(path, {"act": "yes", **CONDITIONS})
    repost = current(permitted_repost)
    assert {name: getattr(repost, name) for name in Repost.CONDITIONS} == {
        **CONDITIONS,
        "no_snippet": True,
        "not_in_feeds": True,
        "no_training": True,
        "author_end": date(2027, 3, 1),
    }
    assert repost.ends_at
    assert set(repost.events.latest("number").terms["conditions"]) == set(Repost.CONDITIONS)
    shown = page(client, path)
    assert "Show my name as: Ada Colleague, University of Nowhere" in shown
    assert "My words must not be used to train AI" in shown
    assert "My permission ends after this day: March 1, 2027" in shown


@pytest.mark.django_db
def test_a_new_request_is_prefilled_with_the_current_conditions(
    path: str, client: Client, permitted_repost: Post, ask: Ask
) -> None:
    client.post(path, {"act": "yes", **CONDITIONS})
    with clock.standing_at(NOON + HOUR):
        again = ask(permitted_repost)
        form = client.get(again).context["conditions_form"]
        typed = {field.html_name: field.value() for field in form if field.value()}
        assert set(typed) == set(Repost.CONDITIONS)
        assert page(client, again).count('value="yes"') == 1
        client.post(again, {"act": "yes", **CONDITIONS, "credit_link": ""})
    repost = current(permitted_repost)
    assert (repost.no_training, repost.credit_link) == (True, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("author_end", "2026-11-19"),
        ("author_end", "9999-12-31"),
        ("author_end", "soon"),
        ("credit_link", "javascript:alert(1)"),
        ("credit_link", "https://a.example/" + "x" * 1000),
        ("credit_wording", "x" * 201),
    ],
)
def test_an_invalid_condition_is_shown_again_as_typed_and_nothing_is_granted(
    path: str, client: Client, permitted_repost: Post, field: str, value: str
) -> None:
    response = client.post(path, {"act": "yes", **CONDITIONS, field: value})
    assert response.status_code == 422
    assert current(permitted_repost).state == State.ASSERTED
    form = response.context["conditions_form"]
    assert list(form.errors) == [field]
    assert f'aria-describedby="id_{field}_helptext id_{field}_error"' in response.content.decode()
    assert form["credit_wording"].value() == ({**CONDITIONS, field: value})["credit_wording"]


@pytest.mark.django_db
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_in_a_condition_or_a_reason_are_harmless(
    path: str, client: Client, permitted_repost: Post, attack: str
) -> None:
    client.post(path, {"act": "yes", "credit_wording": attack[:200]})
    repost = current(permitted_repost)
    assert repost.state == State.CONFIRMED
    assert not any(character in repost.credit_wording for character in "\0\n\r\x02\u202e\u2066")
    assert_harmless(client.get(path).content.decode(), page=True)
    client.post(path, {"act": "end", "note": attack[:300]})
    assert current(permitted_repost).state == State.REVOKED
    assert_harmless(client.get(path).content.decode(), page=True)
    assert_harmless(client.get(permitted_repost.get_absolute_url()).content.decode(), page=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "state", "kind"),
    [("no", State.DECLINED, Kind.DECLINED), ("not_mine", State.DISPUTED, Kind.DISOWNED)],
)
def test_a_no_ends_the_permission_and_closes_the_link(
    path: str, client: Client, permitted_repost: Post, act: str, state: State, kind: Kind
) -> None:
    response = client.post(path, {"act": act})
    assert response.status_code == 200
    assert "Thank you" in response.content.decode()
    again = client.post(path, {"act": act})
    assert again.content == response.content
    assert step_kinds(permitted_repost)[-1] == kind
    assert step_kinds(permitted_repost).count(kind) == 1
    assert current(permitted_repost).state == state
    assert_closed(client, path, 410)
    assert client.post(path, {"act": "yes"}).status_code == 410
    assert current(permitted_repost).state == state


@pytest.mark.django_db
def test_a_second_yes_changes_nothing_not_even_conditions(granted: str, client: Client, permitted_repost: Post) -> None:
    before = everything()
    response = client.post(granted, {"act": "yes", "no_training": "on"})
    assert (response.status_code, response["Location"]) == (303, granted)
    assert everything() == before


@pytest.mark.django_db
def test_a_no_after_a_yes_is_refused(granted: str, client: Client, permitted_repost: Post) -> None:
    response = client.post(granted, {"act": "no"})
    assert response.status_code == 409
    assert "Withdraw your words" in response.content.decode()
    assert current(permitted_repost).state == State.CONFIRMED


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["", "maybe", "yes\0"])
def test_an_unknown_answer_changes_nothing(path: str, client: Client, permitted_repost: Post, act: str) -> None:
    before = everything()
    assert client.post(path, {"act": act}).status_code == 400
    assert everything() == before


@pytest.mark.django_db
def test_an_answer_without_a_csrf_token_is_refused(path: str, permitted_repost: Post) -> None:
    browser = Client(enforce_csrf_checks=True)
    for act in ("yes", "no", "not_mine"):
        assert browser.post(path, {"act": act}).status_code == 403
    assert current(permitted_repost).state == State.ASSERTED
    token = browser.get(path).context["csrf_token"]
    assert browser.post(path, {"act": "yes", "csrfmiddlewaretoken": str(token)}).status_code == 303
    assert current(permitted_repost).state == State.CONFIRMED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("acts", [("yes", "yes"), ("yes", "no"), ("no", "no")])
def test_only_one_of_two_simultaneous_answers_counts(
    path: str, permitted_repost: Post, acts: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find_by_token, both_have_read = author_requests.find_by_token, threading.Barrier(2, timeout=20)

    def find_and_wait(token: str) -> PermissionRequest | None:
        found = find_by_token(token)
        both_have_read.wait()
        return found

    monkeypatch.setattr(author_requests, "find_by_token", find_and_wait)

    def send(act: str) -> int:
        try:
            return Client().post(path, {"act": act}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(send, acts))
    assert all(status < 500 for status in statuses)
    assert acts[0] != acts[1] or statuses[0] == statuses[1]
    answers = [kind for kind in step_kinds(permitted_repost) if kind in (Kind.CONFIRMED, Kind.DECLINED)]
    assert len(answers) == 1
    assert verification.broken_rows(current(permitted_repost)) == []


@pytest.mark.django_db
def test_after_an_edit_the_author_sees_and_confirms_the_wording_of_the_request(
    path: str, client: Client, permitted_repost: Post
) -> None:
    repost = current(permitted_repost)
    repost.text = "Words nobody showed to Ada."
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    shown = page(client, path)
    assert "Eldon Host has edited the words since you were asked." in shown
    assert GUEST_MARK in shown
    assert "Words nobody showed" not in shown
    client.post(path, {"act": "yes"})
    repost = current(permitted_repost)
    assert repost.state == State.STALE
    assert GUEST_MARK in repost.public_html
    assert "Readers still see the wording that you said yes to." in page(client, path)
