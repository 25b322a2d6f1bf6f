"""The badges “host” and “moderator”: given for a session, on the comment sent with it, and never for a name."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from blog.models import Person, Post
from comments.models import Comment
from comments.posting import authorship
from comments.posting.authorship import confusable_skeleton
from core.privacy.networks import network_key
from tests.conftest import MakePost

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


def signed_in(user: User | None) -> Client:
    browser = Client(enforce_csrf_checks=True)
    if user:
        browser.force_login(user)
    return browser


def comment(browser: Client, post: Post, name: str = "Somebody", text: str = "A remark.", parent: str = "") -> Comment:
    data = {"name": name, "text": text, "parent": parent, "badge": "host", "user": "1"}
    response = browser.post(f"/comments/new/{post.pk}/", data, headers=OWN_PAGE)
    assert response.status_code == 303
    return Comment.objects.latest("pk")


def labels(post: Post) -> list[str]:
    """The badges on the post's page."""
    page = Client().get(post.get_absolute_url()).content.decode()
    return [part.partition("<")[0] for part in page.split('class="comment-badge">')[1:]]


def test_the_host_comments_with_a_badge(host: Person, own_post: Post) -> None:
    posted = comment(signed_in(host.user), own_post)
    assert (posted.badge, posted.user) == ("host", host.user)
    assert labels(own_post) == ["host"]


def test_a_moderator_comments_with_a_badge(moderator: User, own_post: Post) -> None:
    posted = comment(signed_in(moderator), own_post)
    assert (posted.badge, posted.user) == ("moderator", moderator)
    assert labels(own_post) == ["moderator"]


def test_the_host_of_another_post_gets_no_host_badge(host: Person, make_post: MakePost) -> None:
    user = User.objects.create_user("second")
    other = Person.objects.create(name="Second Author", slug="second", user=user)
    post = make_post("theirs", author=other)
    assert comment(signed_in(user), post).badge == "host"
    assert comment(signed_in(user), make_post("not-theirs")).badge == ""


@pytest.mark.parametrize("name", ["Somebody", "Eldon Host", "moderator", "host"])
def test_no_badge_without_a_session(own_post: Post, moderator: User, name: str) -> None:
    posted = comment(Client(), own_post, name)
    assert (posted.badge, posted.user, posted.name) == ("", None, name)
    assert labels(own_post) == []


def test_an_account_without_permissions_gets_no_badge_and_is_not_stored(own_post: Post) -> None:
    posted = comment(signed_in(User.objects.create_user("reader")), own_post)
    assert (posted.badge, posted.user) == ("", None)


def test_a_reply_inherits_no_badge(host: Person, own_post: Post) -> None:
    posted = comment(signed_in(host.user), own_post)
    assert comment(Client(), own_post, parent=posted.public_id).badge == ""
    assert labels(own_post) == ["host"]


def test_the_badge_stays_when_the_account_is_deleted(moderator: User, own_post: Post) -> None:
    posted = comment(signed_in(moderator), own_post)
    moderator.delete()
    posted.refresh_from_db()
    assert (posted.badge, posted.user) == ("moderator", None)


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
def test_signing_with_the_name_of_another_gives_no_badge_and_no_account(
    host: Person, moderator: User, own_post: Post, name: str
) -> None:
    posted = comment(signed_in(moderator), own_post, name)
    assert (posted.badge, posted.user, posted.name) == ("", None, " ".join(name.split()))


@pytest.mark.parametrize("name", IMITATIONS)
def test_ones_own_name_may_be_spelled_in_any_way(host: Person, own_post: Post, name: str) -> None:
    assert comment(signed_in(host.user), own_post, name).badge == "host"


def test_the_host_gets_no_badge_when_signing_as_the_original_author(
    host: Person, permitted_repost: Post, original_author: Person
) -> None:
    browser = signed_in(host.user)
    assert comment(browser, permitted_repost, original_author.name).badge == ""
    assert comment(browser, permitted_repost, "Eldon").badge == "host"


def test_two_people_with_the_same_name_do_not_take_the_badge_away(host: Person, make_post: MakePost) -> None:
    Person.objects.create(name=host.name, slug="again", user=User.objects.create_user("again"))
    assert comment(signed_in(host.user), make_post(), host.name).badge == "host"


@pytest.mark.parametrize("other", ["Elton Host", "Eldon Hostess", "Host Eldon", "", "…"])
def test_different_names_have_different_skeletons(other: str) -> None:
    assert confusable_skeleton(other) != confusable_skeleton("Eldon Host")


def test_a_session_is_read_only_after_the_origin_is_proven(
    host: Person, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[HttpRequest] = []
    identify = authorship.identify

    def record(request: HttpRequest, *, post_id: int, name: str) -> authorship.Commenter:
        read.append(request)
        return identify(request, post_id=post_id, name=name)

    monkeypatch.setattr(authorship, "identify", record)
    browser, values = signed_in(host.user), {"name": "Eldon", "text": "A remark."}
    for data in (values, values | {"action": "preview"}):
        browser.post(f"/comments/new/{own_post.pk}/", data, headers={"Sec-Fetch-Site": "cross-site"})
    browser.get(f"/comments/new/{own_post.pk}/")
    assert (read, Comment.objects.count()) == ([], 0)
    comment(browser, own_post)
    assert len(read) == 1


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}], ids=str)
def test_public_pages_are_the_same_for_a_signed_in_user(host: Person, own_post: Post, headers: dict[str, str]) -> None:
    browser = signed_in(host.user)
    posted = comment(browser, own_post)
    for path in (own_post.get_absolute_url(), posted.get_absolute_url(), f"/comments/version/{own_post.pk}/"):
        page = browser.get(path, headers=headers)
        assert page.content == Client().get(path).content
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")


def test_a_stranger_who_posts_the_same_text_first_does_not_take_the_badge_away(host: Person, own_post: Post) -> None:
    comment(Client(), own_post)
    assert comment(signed_in(host.user), own_post).badge == "host"


def test_a_strangers_comment_takes_few_queries(
    noon: datetime, own_post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Client()
    network_key(RequestFactory().get("/"))  # the first request of a minute reads the keys
    # protected names · bans of the sender and of words · words of the spam filter
    # savepoint · post with discussion · duplicate · pace · insert · event · subscribers · discussion · release
    with django_assert_num_queries(12):
        response = browser.post(f"/comments/new/{own_post.pk}/", {"name": "Rea", "text": "A remark."}, headers=OWN_PAGE)
    assert response.status_code == 303


def test_only_the_beginning_of_an_endless_name_is_compared(
    host: Person, own_post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Composing 80,000 marks takes four seconds, and names are compared before their length is checked."""
    compared: list[str] = []

    def record(name: str) -> str:
        compared.append(name)
        return confusable_skeleton(name)

    monkeypatch.setattr(authorship, "confusable_skeleton", record)
    data = {"name": "a" + "\u0301\u0316" * 40_000, "text": "A remark."}
    assert signed_in(host.user).post(f"/comments/new/{own_post.pk}/", data, headers=OWN_PAGE).status_code == 400
    assert compared
    assert max(map(len, compared)) <= 2 * Comment.NAME_LENGTH


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_number_too_large_for_the_database_is_no_post(moderator: User, number: int) -> None:
    for path in (f"/comments/new/{number}/", f"/comments/version/{number}/"):
        assert Client().get(path).status_code == 404
    browser = Client()
    browser.force_login(moderator)
    for path in (f"/comments/new/{number}/", f"/comments/confirm/{number}/"):
        response = browser.post(path, {"name": "Somebody", "text": "A remark."}, headers=OWN_PAGE)
        assert response.status_code == 404
