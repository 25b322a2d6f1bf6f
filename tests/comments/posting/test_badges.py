"""The badge “original author”: only on a comment sent with a valid proof, and only as long as the proof is valid."""

from collections.abc import Callable
from datetime import timedelta
from http.cookies import Morsel

import pytest
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Credit, PermissionRequest, Person, Post, Repost, Wording
from blog.permissions import proof_of_authorship, steps
from comments.models import Comment
from comments.posting.authorship import Commenter
from comments.posting.submission import submit
from comments.threads import ids
from core import clock
from tests.conftest import MakeRepost

HOST = "Eldon Host"
BADGE = "original author"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


def say_yes(post: Post, person: Person) -> PermissionRequest:
    """The author gives permission by the mailed link."""
    repost = Repost.objects.get(post=post)
    wording = Wording.objects.of(repost)
    steps.confirm(repost, wording=wording, domain="private.example", conditions={})
    return PermissionRequest.objects.create(
        repost=repost,
        person=person,
        email=person.contact_email,
        wording=wording,
        answered_at=clock.now(),
        answer=PermissionRequest.Answer.YES,
    )


def cookie_of(asked: PermissionRequest) -> "Morsel[str]":
    response = HttpResponse()
    proof_of_authorship.set_cookie(response, asked)
    (cookie,) = response.cookies.values()
    return cookie


def browser_of(asked: PermissionRequest) -> Client:
    """The browser in which the author proved the authorship."""
    browser, cookie = Client(enforce_csrf_checks=True), cookie_of(asked)
    browser.cookies[cookie.key] = cookie.value
    return browser


def comment(browser: Client, post: Post, text: str = "I wrote that.", **fields: str) -> Comment:
    data = {"name": "Ada Colleague", "text": text} | fields
    response = browser.post(f"/comments/new/{post.pk}/", data, headers=OWN_PAGE)
    assert response.status_code == 303
    return Comment.objects.get(pk=ids.decode(response["Location"].partition("#c-")[2]))


def badges(post: Post) -> int:
    return Client().get(post.get_absolute_url()).content.decode().count(BADGE)


@pytest.fixture
def asked(noon: object, permitted_repost: Post, original_author: Person) -> PermissionRequest:
    """The request to the author of the permitted repost, answered with yes an hour ago."""
    with clock.standing_at(clock.now() - timedelta(hours=1)):
        return say_yes(permitted_repost, original_author)


def test_a_proved_author_comments_with_the_badge(asked: PermissionRequest, permitted_repost: Post) -> None:
    posted = comment(browser_of(asked), permitted_repost, name="A. C.")
    page = Client().get(permitted_repost.get_absolute_url()).content.decode()
    article = page.split(f'id="c-{posted.public_id}"')[1].split("</article>")[0]
    assert f">{BADGE}</span>" in article
    assert "A. C." in article
    assert posted.person == asked.person
    assert BADGE in Client().get(posted.get_absolute_url()).content.decode()


def test_the_badge_is_part_of_the_accessible_name(asked: PermissionRequest, permitted_repost: Post) -> None:
    posted = comment(browser_of(asked), permitted_repost)
    page = Client().get(permitted_repost.get_absolute_url()).content.decode()
    labels = page.split(f'id="c-{posted.public_id}"')[1].split('aria-labelledby="')[1].split('"')[0].split()
    assert all(f'id="{label}"' in page for label in labels)
    assert BADGE in page.split(f'id="{labels[0]}"')[1].split("</header>")[0]


def test_a_stranger_who_types_the_same_name_or_email_gets_no_badge(
    asked: PermissionRequest, permitted_repost: Post, original_author: Person
) -> None:
    comment(Client(), permitted_repost, email=original_author.contact_email, person=str(original_author.pk))
    assert badges(permitted_repost) == 0


def test_replies_inherit_no_badge(asked: PermissionRequest, permitted_repost: Post) -> None:
    posted = comment(browser_of(asked), permitted_repost)
    comment(Client(), permitted_repost, "So do I.", parent=posted.public_id)
    assert badges(permitted_repost) == 1
    reply_form = Client().get(f"/comments/new/{permitted_repost.pk}/", {"parent": posted.public_id})
    assert reply_form.content.decode().count(BADGE) == 1


def test_the_confirm_page_gives_the_badge_only_with_its_token(asked: PermissionRequest, permitted_repost: Post) -> None:
    browser, values = browser_of(asked), {"name": "Ada", "text": "I wrote that."}
    shown = browser.post(f"/comments/new/{permitted_repost.pk}/", values, headers={"Sec-Fetch-Site": "cross-site"})
    assert not Comment.objects.exists()
    confirm = f"/comments/confirm/{permitted_repost.pk}/"
    assert browser.post(confirm, values).status_code == 403
    assert not Comment.objects.exists()
    browser.post(confirm, values | {"csrfmiddlewaretoken": str(shown.context["csrf_token"])})
    assert badges(permitted_repost) == 1


def test_the_cookie_is_not_read_before_the_origin_is_proven(
    asked: PermissionRequest, permitted_repost: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    proven_author = proof_of_authorship.proven_author

    def record(request: HttpRequest, post_id: int) -> Person | None:
        read.append(post_id)
        return proven_author(request, post_id)

    monkeypatch.setattr(proof_of_authorship, "proven_author", record)
    browser = browser_of(asked)
    browser.get(permitted_repost.get_absolute_url())
    browser.get(f"/comments/new/{permitted_repost.pk}/")
    browser.post(f"/comments/new/{permitted_repost.pk}/", {"name": "Ada", "text": "I wrote that."})
    assert read == []
    comment(browser, permitted_repost)
    assert read == [permitted_repost.pk]


def test_public_pages_are_the_same_with_and_without_the_cookie(
    asked: PermissionRequest, permitted_repost: Post
) -> None:
    browser = browser_of(asked)
    posted = comment(browser, permitted_repost)
    for path in (permitted_repost.get_absolute_url(), posted.get_absolute_url()):
        page = browser.get(path)
        assert page.content == Client().get(path).content
        assert not page.cookies
        assert "Cookie" not in page.get("Vary", "")


def revoke(repost: Repost) -> None:
    steps.revoke(repost)


def decline(repost: Repost) -> None:
    steps.decline(repost)


def disown(repost: Repost) -> None:
    steps.disown(repost)


def dispute(repost: Repost) -> None:
    steps.mark_disputed(repost, by=HOST, disputed=True)


def withdraw(repost: Repost) -> None:
    steps.withdraw(repost, by=HOST)


def return_to_a_statement_by_the_host(repost: Repost) -> None:
    repost.text = "Other words."
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    steps.release(repost, by=HOST)


def credit_somebody_else(repost: Repost) -> None:
    Credit.objects.filter(post=repost.post).update(person=repost.post.author)


def credit_as_translator(repost: Repost) -> None:
    Credit.objects.filter(post=repost.post).update(role="translator")


@pytest.mark.parametrize(
    "end",
    [
        revoke,
        decline,
        disown,
        dispute,
        withdraw,
        return_to_a_statement_by_the_host,
        credit_somebody_else,
        credit_as_translator,
    ],
)
def test_an_ended_claim_gives_no_badge_and_removes_earlier_ones(
    end: Callable[[Repost], None], asked: PermissionRequest, permitted_repost: Post
) -> None:
    browser = browser_of(asked)
    posted = comment(browser, permitted_repost)
    assert badges(permitted_repost) == 1
    end(Repost.objects.get(pk=asked.repost_id))
    assert badges(permitted_repost) == 0
    assert BADGE not in Client().get(posted.get_absolute_url()).content.decode()
    assert comment(browser, permitted_repost, "Still me.").person is None
    assert badges(permitted_repost) == 0


@pytest.mark.parametrize("end", [revoke, decline, disown, return_to_a_statement_by_the_host])
def test_a_new_permission_does_not_revive_an_old_claim(
    end: Callable[[Repost], None], asked: PermissionRequest, permitted_repost: Post, original_author: Person
) -> None:
    """The first e-mail address may have been wrong, so comments sent with that proof stay without a badge."""
    old = browser_of(asked)
    comment(old, permitted_repost)
    end(Repost.objects.get(pk=asked.repost_id))
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        anew = browser_of(say_yes(permitted_repost, original_author))
        assert comment(old, permitted_repost, "Me again.").person is None
        assert badges(permitted_repost) == 0
        comment(anew, permitted_repost, "The real one.")
        assert badges(permitted_repost) == 1


def test_editing_the_repost_after_the_permission_removes_no_badge(
    asked: PermissionRequest, permitted_repost: Post
) -> None:
    comment(browser_of(asked), permitted_repost)
    repost = Repost.objects.get(pk=asked.repost_id)
    repost.text = "Other words."
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    assert repost.state == "stale"
    assert badges(permitted_repost) == 1


def test_a_proof_is_valid_for_its_own_post_only(
    asked: PermissionRequest, permitted_repost: Post, original_author: Person, make_repost: MakeRepost
) -> None:
    other = make_repost("another")
    say_yes(other, original_author)
    browser, cookie = browser_of(asked), cookie_of(asked)
    other_name = cookie.key.replace(str(permitted_repost.pk), str(other.pk))
    assert other_name != cookie.key
    # Not even if we had signed it with the other name: the request was about the text of one post.
    browser.cookies[other_name] = signing.get_cookie_signer(salt=other_name + proof_of_authorship.SALT).sign(
        str(asked.pk)
    )
    assert comment(browser, other).person is None
    assert comment(browser, permitted_repost).person == original_author


def forged(asked: PermissionRequest) -> str:
    return f"{asked.pk}:{'x' * 43}"


def signed_with_another_salt(asked: PermissionRequest) -> str:
    return signing.get_cookie_signer(salt=f"claim-{asked.repost.post_id}other").sign(str(asked.pk))


def of_a_deleted_request(asked: PermissionRequest) -> str:
    asked.repost.requests.filter(pk=asked.pk).delete()
    return cookie_of(asked).value


def of_an_open_request(asked: PermissionRequest) -> str:
    asked.repost.requests.update(answer="", answered_at=None)
    return cookie_of(asked).value


def of_a_refusal(asked: PermissionRequest) -> str:
    asked.repost.requests.update(answer="no")
    return cookie_of(asked).value


@pytest.mark.parametrize(
    "make", [forged, signed_with_another_salt, of_a_deleted_request, of_an_open_request, of_a_refusal]
)
def test_only_the_cookie_of_a_permission_gives_a_badge(
    make: Callable[[PermissionRequest], str], asked: PermissionRequest, permitted_repost: Post
) -> None:
    browser = Client()
    browser.cookies[cookie_of(asked).key] = make(asked)
    assert comment(browser, permitted_repost).person is None


@pytest.mark.parametrize("value", ["", "x", ":", "1:2:3", "9" * 4000], ids=range(5))
def test_a_broken_cookie_does_not_prevent_a_comment(
    asked: PermissionRequest, permitted_repost: Post, value: str
) -> None:
    browser = Client()
    browser.cookies[cookie_of(asked).key] = value
    assert comment(browser, permitted_repost).person is None


@pytest.mark.parametrize("is_https", [False, True])
def test_the_cookie_is_sent_to_comment_pages_only(asked: PermissionRequest, is_https: bool, settings: Settings) -> None:
    settings.IS_HTTPS = is_https
    cookie = cookie_of(asked)
    assert cookie["path"] == "/comments/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert bool(cookie["secure"]) == is_https
    assert cookie["max-age"] == 365 * 86400
    assert "ada" not in cookie.value.lower()


def test_a_stranger_who_posts_the_same_text_first_does_not_take_the_badge_away(
    asked: PermissionRequest, permitted_repost: Post
) -> None:
    comment(Client(), permitted_repost, "I wrote that.")
    comment(browser_of(asked), permitted_repost, "I wrote that.")
    assert badges(permitted_repost) == 1


def test_a_removed_comment_shows_no_badge(asked: PermissionRequest, permitted_repost: Post) -> None:
    posted = comment(browser_of(asked), permitted_repost)
    comment(Client(), permitted_repost, "So do I.", parent=posted.public_id)
    Comment.objects.filter(pk=posted.pk).update(state="removed")
    assert badges(permitted_repost) == 0


def test_deleting_a_person_removes_the_badge_and_keeps_the_comment(
    asked: PermissionRequest, permitted_repost: Post
) -> None:
    person = Person.objects.create(name="Bo Writer", slug="bo-writer")
    posted = submit(post_id=permitted_repost.pk, name="Bo", text="And I.", commenter=Commenter(person=person))
    person.delete()
    posted.refresh_from_db()
    assert posted.person is None


def test_badges_need_no_query(
    asked: PermissionRequest, permitted_repost: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    posted = comment(browser_of(asked), permitted_repost)
    client = Client()
    with django_assert_num_queries(5):  # post · tags · credits · videos · comments
        client.get(permitted_repost.get_absolute_url())
    with django_assert_num_queries(2):  # the comment with its post · replies
        client.get(posted.get_absolute_url())


def test_a_comment_without_the_cookie_needs_no_query_for_badges(
    permitted_repost: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert proof_of_authorship.proven_author(RequestFactory().post("/"), permitted_repost.pk) is None
