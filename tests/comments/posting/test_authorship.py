"""The badges “host” and “moderator”: for who is signed in, on the comment that was sent so, and for no name."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from blog.models import Person, Post
from comments.models import Comment
from comments.posting import authorship
from comments.posting.authorship import looks
from core.privacy.networks import network_key
from tests.conftest import MakePost

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


def signed_in(user: User | None) -> Client:
    browser = Client(enforce_csrf_checks=True)
    if user:
        browser.force_login(user)
    return browser


def comment(browser: Client, post: Post, name: str = "Somebody", text: str = "A remark.", parent: str = "") -> Comment:
    sent = {"name": name, "text": text, "parent": parent, "badge": "host", "user": "1"}
    response = browser.post(f"/comments/new/{post.pk}/", sent, headers=OWN_PAGE)
    assert response.status_code == 303
    return Comment.objects.latest("pk")


def labels(post: Post) -> list[str]:
    """The badges on the post's page."""
    page = Client().get(post.get_absolute_url()).content.decode()
    return [part.partition("<")[0] for part in page.split('class="comment-badge">')[1:]]


def test_the_host_comments_with_a_badge(host: Person, own_post: Post) -> None:
    said = comment(signed_in(host.user), own_post)
    assert (said.badge, said.user) == ("host", host.user)
    assert labels(own_post) == ["host"]


def test_a_moderator_comments_with_a_badge(moderator: User, own_post: Post) -> None:
    said = comment(signed_in(moderator), own_post)
    assert (said.badge, said.user) == ("moderator", moderator)
    assert labels(own_post) == ["moderator"]


def test_the_host_of_another_post_is_no_host_here(host: Person, make_post: MakePost) -> None:
    user = User.objects.create_user("second")
    other = Person.objects.create(name="Second Author", slug="second", user=user)
    post = make_post("theirs", author=other)
    assert comment(signed_in(user), post).badge == "host"
    assert comment(signed_in(user), make_post("not-theirs")).badge == ""


@pytest.mark.parametrize("name", ["Somebody", "Eldon Host", "moderator", "host"])
def test_who_is_not_signed_in_gets_none(own_post: Post, moderator: User, name: str) -> None:
    said = comment(Client(), own_post, name)
    assert (said.badge, said.user, said.name) == ("", None, name)
    assert labels(own_post) == []


def test_an_account_without_rights_gets_none_and_is_not_stored(own_post: Post) -> None:
    said = comment(signed_in(User.objects.create_user("reader")), own_post)
    assert (said.badge, said.user) == ("", None)


def test_a_reply_inherits_nothing(host: Person, own_post: Post) -> None:
    said = comment(signed_in(host.user), own_post)
    assert comment(Client(), own_post, parent=said.public_id).badge == ""
    assert labels(own_post) == ["host"]


def test_the_badge_stays_when_the_account_goes(moderator: User, own_post: Post) -> None:
    said = comment(signed_in(moderator), own_post)
    moderator.delete()
    said.refresh_from_db()
    assert (said.badge, said.user) == ("moderator", None)


IMITATIONS = [
    "Eldon Host",
    "ELDON  HOST",
    "Ｅｌｄｏｎ Ｈｏｓｔ",
    "Eldon-Host.",
    "Eldоn Hоst",
    "EIdon Host",
    "Éldon Höst",
    "E1d0n Host",
]


@pytest.mark.parametrize("name", IMITATIONS)
def test_who_signs_with_the_name_of_another_gets_no_badge_and_nothing_else(
    host: Person, moderator: User, own_post: Post, name: str
) -> None:
    said = comment(signed_in(moderator), own_post, name)
    assert (said.badge, said.user, said.name) == ("", None, " ".join(name.split()))


@pytest.mark.parametrize("name", IMITATIONS)
def test_ones_own_name_may_be_written_in_any_way(host: Person, own_post: Post, name: str) -> None:
    assert comment(signed_in(host.user), own_post, name).badge == "host"


def test_the_host_does_not_sign_as_the_original_author(
    host: Person, permitted_repost: Post, original_author: Person
) -> None:
    browser = signed_in(host.user)
    assert comment(browser, permitted_repost, original_author.name).badge == ""
    assert comment(browser, permitted_repost, "Eldon").badge == "host"


def test_two_entries_for_the_same_person_take_no_badge_away(host: Person, make_post: MakePost) -> None:
    Person.objects.create(name=host.name, slug="again", user=User.objects.create_user("again"))
    assert comment(signed_in(host.user), make_post(), host.name).badge == "host"


@pytest.mark.parametrize("other", ["Elton Host", "Eldon Hostess", "Host Eldon", "", "…"])
def test_other_names_look_different(other: str) -> None:
    assert looks(other) != looks("Eldon Host")


def test_a_session_is_read_only_after_the_origin_is_proven(
    host: Person, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[HttpRequest] = []
    writer = authorship.writer

    def noted(request: HttpRequest, *, post_id: int, name: str) -> authorship.Writer:
        read.append(request)
        return writer(request, post_id=post_id, name=name)

    monkeypatch.setattr(authorship, "writer", noted)
    browser, words = signed_in(host.user), {"name": "Eldon", "text": "A remark."}
    for sent in (words, words | {"action": "preview"}):
        browser.post(f"/comments/new/{own_post.pk}/", sent, headers={"Sec-Fetch-Site": "cross-site"})
    browser.get(f"/comments/new/{own_post.pk}/")
    assert (read, Comment.objects.count()) == ([], 0)
    comment(browser, own_post)
    assert len(read) == 1


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}], ids=str)
def test_pages_before_the_proof_are_the_same_for_who_is_signed_in(
    host: Person, own_post: Post, headers: dict[str, str]
) -> None:
    browser = signed_in(host.user)
    said = comment(browser, own_post)
    for address in (own_post.get_absolute_url(), said.get_absolute_url(), f"/comments/version/{own_post.pk}/"):
        page = browser.get(address, headers=headers)
        assert page.content == Client().get(address).content
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")


def test_a_stranger_who_says_the_same_first_takes_no_badge_away(host: Person, own_post: Post) -> None:
    comment(Client(), own_post)
    assert comment(signed_in(host.user), own_post).badge == "host"


def test_a_strangers_comment_costs_few_queries(
    noon: datetime, own_post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Client()
    network_key(RequestFactory().get("/"))  # the first of a minute asks for the keys
    # who has a name here · bans of the sender and of words · words of the filter
    # savepoint · post with discussion · twin · pace · insert · event · subscribers · discussion · release
    with django_assert_num_queries(12):
        comment_sent = browser.post(
            f"/comments/new/{own_post.pk}/", {"name": "Rea", "text": "A remark."}, headers=OWN_PAGE
        )
    assert comment_sent.status_code == 303


def test_of_an_endless_name_only_the_beginning_is_looked_at(
    host: Person, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Composing 80,000 marks takes four seconds, and badges are looked at before the length is."""
    seen: list[str] = []

    def noted(name: str) -> str:
        seen.append(name)
        return looks(name)

    monkeypatch.setattr(authorship, "looks", noted)
    sent = {"name": "a" + "\u0301\u0316" * 40_000, "text": "A remark."}
    assert signed_in(host.user).post(f"/comments/new/{own_post.pk}/", sent, headers=OWN_PAGE).status_code == 400
    assert seen
    assert max(map(len, seen)) <= 2 * Comment.NAME_LENGTH


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_number_that_no_database_holds_is_no_post(moderator: User, number: int) -> None:
    for address in (f"/comments/new/{number}/", f"/comments/version/{number}/"):
        assert Client().get(address).status_code == 404
    browser = Client()
    browser.force_login(moderator)
    for address in (f"/comments/new/{number}/", f"/comments/confirm/{number}/"):
        sent = browser.post(address, {"name": "Somebody", "text": "A remark."}, headers=OWN_PAGE)
        assert sent.status_code == 404
