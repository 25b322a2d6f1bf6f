"""Bans: of writers because of a comment, of words and domains by hand."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from comments.models import Ban, Comment
from comments.moderation import banning
from comments.moderation.banning import (
    NETWORK_KEY_LIFETIME,
    ban_writer,
    email_key,
    find_by_comment,
    find_for_rules,
    lift,
    normalize_domain,
)
from comments.moderation.steps import erase
from core import clock
from tests.attacks import ATTACKS, assert_harmless
from tests.comments.conftest import Say
from tests.comments.moderator_pages import page, staff

BANS = "/admin/comments/ban/"
KEY = b"n" * 32


@pytest.fixture
def nag(held: Say) -> Comment:
    """A comment with a confirmed email and a network."""
    comment = held(name="Nag")
    columns = {"email": "Nag+blog@Reader.example", "email_confirmed_at": clock.now(), "network_key": KEY}
    Comment.objects.filter(pk=comment.pk).update(**columns)
    comment.refresh_from_db()
    return comment


def kinds_for(network_keys: list[bytes], email: str) -> list[str]:
    """The kinds of the bans that a writer meets."""
    of_writer, _of_words = find_for_rules(network_keys, email)
    return [ban.kind for ban in of_writer]


# --- Writers


def test_a_writer_is_banned_by_email_for_good_and_by_network_for_thirty_days(nag: Comment, moderator: User) -> None:
    bans = ban_writer(nag, by=moderator, reason="every day")
    assert [(ban.kind, ban.mode, ban.until) for ban in bans] == [
        ("email", "hold", None),
        ("network", "hold", nag.created_at + timedelta(days=30)),
    ]
    assert {(ban.comment, ban.created_by, ban.reason) for ban in bans} == {(nag, moderator, "every day")}
    assert kinds_for([KEY], "") == ["network"]
    assert kinds_for([], "nag@reader.example") == ["email"]
    assert kinds_for([b"o" * 32], "other@reader.example") == []


def test_an_email_that_was_only_typed_is_never_refused(nag: Comment, moderator: User) -> None:
    Comment.objects.filter(pk=nag.pk).update(email_confirmed_at=None)
    nag.refresh_from_db()
    assert [ban.kind for ban in ban_writer(nag, by=moderator, mode=Ban.Mode.REFUSE)] == ["network"]
    assert kinds_for([], "nag@reader.example") == []


def test_only_keyed_hashes_of_a_writer_are_stored(nag: Comment, moderator: User) -> None:
    [email, _network] = ban_writer(nag, by=moderator)
    assert bytes(email.key or b"") == email_key("NAG@reader.example")
    assert "nag" not in f"{email.value}{email.reason}{email}".casefold()


def test_a_second_ban_changes_the_first(nag: Comment, moderator: User) -> None:
    first = ban_writer(nag, by=moderator)
    until = clock.now() + timedelta(days=3)
    again = ban_writer(nag, by=moderator, mode=Ban.Mode.REFUSE, until=until, reason="threats")
    assert [ban.pk for ban in again] == [ban.pk for ban in first]
    assert Ban.objects.count() == 2
    assert {(ban.mode, ban.until, ban.reason) for ban in Ban.objects.all()} == {("refuse", until, "threats")}


def test_a_distant_end_applies_to_the_email_only(nag: Comment, moderator: User) -> None:
    until = clock.now() + timedelta(days=365)
    [email, network] = ban_writer(nag, by=moderator, until=until)
    assert (email.until, network.until) == (until, nag.created_at + NETWORK_KEY_LIFETIME)


def test_a_network_whose_key_has_expired_is_not_banned(held: Say, nag: Comment, moderator: User) -> None:
    old = clock.now() - NETWORK_KEY_LIFETIME
    Comment.objects.filter(pk=nag.pk).update(created_at=old)
    nag.refresh_from_db()
    assert [ban.kind for ban in ban_writer(nag, by=moderator)] == ["email"]
    Comment.objects.filter(pk=nag.pk).update(email="")
    nag.refresh_from_db()
    assert not banning.can_ban_writer(nag)
    assert ban_writer(nag, by=moderator) == []


def test_a_ban_expires_and_can_be_lifted(nag: Comment, moderator: User) -> None:
    bans = ban_writer(nag, by=moderator)
    with clock.standing_at(nag.created_at + NETWORK_KEY_LIFETIME):
        assert find_by_comment([nag])[nag.pk] == [bans[0]]
    lift(bans[0])
    assert find_by_comment([nag])[nag.pk] == [bans[1]]


def test_the_bans_of_many_writers_are_found_in_one_query(
    nag: Comment, held: Say, moderator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = held("Another network.")
    bans = ban_writer(nag, by=moderator)
    with django_assert_num_queries(1):
        assert find_by_comment([other, nag]) == {other.pk: [], nag.pk: bans}
    with django_assert_num_queries(0):
        assert find_by_comment([other]) == {other.pk: []}


# --- Domains and words


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("Evil.Example", "evil.example"),
        (" https://www.Évil.example/path?q#f ", "xn--vil-9la.example"),
        ("*.evil.example", "evil.example"),
        (".evil.example.", "evil.example"),
        ("http://user:pw@evil.example:80/x", "evil.example"),
        ("www.com", "www.com"),
        ("//evil.example", "evil.example"),
        ("203.0.113.5", "203.0.113.5"),
    ],
)
def test_a_domain_is_normalized(typed: str, domain: str) -> None:
    assert normalize_domain(typed) == domain


@pytest.mark.parametrize(
    "typed", ["", "com", "a b.example", "a..b", "[::1]", "javascript:alert(1)", "http://", "x" * 64 + ".example", "‮.‮"]
)
def test_other_text_is_refused_as_a_domain(typed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its message is never shown
        normalize_domain(typed)


def add(desk: Client, **sent: str) -> tuple[str, Ban | None]:
    defaults = {"kind": "word", "value": "casino", "mode": "hold", "until_0": "", "until_1": "", "reason": ""}
    answer = desk.post(f"{BANS}add/", defaults | sent, follow=True)
    assert answer.status_code == 200
    return answer.content.decode(), Ban.objects.order_by("-pk").first()


def test_words_and_domains_are_stored_normalized(desk: Client, moderator: User) -> None:
    _html, ban = add(desk, value="  Online \t Casino ", mode="refuse", reason="again and again")
    assert ban is not None
    assert (ban.kind, ban.value, ban.mode, ban.created_by) == ("word", "Online Casino", "refuse", moderator)
    _html, ban = add(desk, kind="domain", value="https://WWW.Evil.example/buy")
    assert ban is not None
    assert (ban.kind, ban.value) == ("domain", "evil.example")
    html = page(desk, BANS)
    assert "Online Casino" in html
    assert "evil.example" in html


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"value": ""}, "This field is required."),
        ({"value": "\u200d"}, "Please enter a word."),
        ({"value": "\u202e"}, "Please enter a word."),
        ({"value": "x" * 201}, "at most 200 characters"),
        ({"value": "a\0b"}, "Null characters are not allowed."),
        ({"kind": "domain", "value": "com"}, "This is not a domain."),
        ({"kind": "domain", "value": "x" * 200}, "This is not a domain."),
        ({"kind": "network"}, "Select a valid choice."),
        ({"kind": "email", "value": "a@b.example"}, "Select a valid choice."),
        ({"kind": ""}, "This field is required."),
        ({"mode": "shout"}, "Select a valid choice."),
        ({"until_0": "2020-01-01", "until_1": "12:00"}, "This is in the past."),
        ({"until_0": "9999-12-31", "until_1": "23:59"}, "Use a year from 1900 to 2999."),
        ({"value": "CASINO already"}, "This is on the list already."),
    ],
    ids=str,
)
def test_invalid_bans_are_not_added(desk: Client, moderator: User, sent: dict[str, str], error: str) -> None:
    Ban.objects.create(kind="word", value="Casino Already")
    html, _ban = add(desk, **sent)
    assert error in html
    assert Ban.objects.count() == 1


def test_a_link_cannot_prefill_a_ban(desk: Client, moderator: User) -> None:
    assert "forged" not in page(desk, f"{BANS}add/?value=forged&reason=forged&kind=network&until=x")


def test_only_mode_end_and_reason_of_a_writers_ban_can_change(desk: Client, nag: Comment, moderator: User) -> None:
    [email, network] = ban_writer(nag, by=moderator)
    html = page(desk, f"{BANS}{email.pk}/change/")
    assert f"/admin/comments/comment/{nag.pk}/decide/" in html
    assert 'name="value"' not in html
    sent = {"kind": "word", "value": "forged", "mode": "refuse", "until_0": "", "until_1": "", "reason": "worse"}
    assert desk.post(f"{BANS}{email.pk}/change/", sent).status_code == 302
    email.refresh_from_db()
    assert (email.kind, email.value, email.mode, email.until, email.reason) == ("email", "", "refuse", None, "worse")
    answer = desk.post(f"{BANS}{network.pk}/change/", sent)
    assert "this ban has to end by then" in answer.content.decode()
    answer = desk.post(f"{BANS}{network.pk}/change/", sent | {"until_0": "2999-01-01", "until_1": "00:00"})
    assert "this ban has to end by then" in answer.content.decode()
    network.refresh_from_db()
    assert network.mode == "hold"


def test_deleting_a_ban_lifts_it(desk: Client, nag: Comment, moderator: User) -> None:
    [email, network] = ban_writer(nag, by=moderator)
    assert desk.post(f"{BANS}{email.pk}/delete/", {"post": "yes"}).status_code == 302
    assert kinds_for([KEY], nag.email) == ["network"]
    answer = desk.post(BANS, {"action": "lift", "_selected_action": network.pk}, follow=True)
    assert "1 ban was lifted." in answer.content.decode()
    assert not Ban.objects.exists()
    assert Comment.objects.filter(pk=nag.pk).exists()


def test_the_list_of_bans_does_not_name_the_writer_of_an_erased_comment(
    desk: Client, nag: Comment, moderator: User
) -> None:
    ban_writer(nag, by=moderator)
    erase(nag, by=moderator)
    html = page(desk, BANS)
    assert "Nag" not in html
    assert nag.public_id in html


def test_view_permission_for_comments_does_not_open_the_bans(nag: Comment, moderator: User) -> None:
    [email, _network] = ban_writer(nag, by=moderator)
    viewer = staff("viewer", "view_comment")
    for url in (BANS, f"{BANS}add/", f"{BANS}{email.pk}/change/", f"{BANS}{email.pk}/delete/"):
        assert viewer.get(url).status_code == 403
        assert viewer.post(url, {"post": "yes", "action": "lift", "_selected_action": email.pk}).status_code == 403
    assert Ban.objects.count() == 2


@pytest.mark.parametrize("selected", ["x", "\0", str(10**40), "-1", ""])
def test_forged_selections_cause_no_error(desk: Client, nag: Comment, moderator: User, selected: str) -> None:
    ban_writer(nag, by=moderator)
    assert desk.post(BANS, {"action": "lift", "_selected_action": selected}, follow=True).status_code == 200
    assert Ban.objects.count() == 2


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_in_the_list_of_bans(desk: Client, nag: Comment, moderator: User, attack: str) -> None:
    stored = attack.replace("\0", "")
    Comment.objects.filter(pk=nag.pk).update(name=stored[:80])
    nag.refresh_from_db()
    ban_writer(nag, by=moderator, reason=stored[:300])
    word = Ban.objects.create(kind="word", value=stored[:200], reason=stored[:300])
    for url in (BANS, f"{BANS}{word.pk}/change/", f"{BANS}{word.pk - 1}/change/", f"{BANS}{word.pk}/delete/"):
        assert_harmless(page(desk, url), page=True)
