"""Posting from a public page, the confirm page, and a comment's public page."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Blog, Post
from comments.models import Comment, Discussion
from comments.moderation.steps import remove
from comments.threads import ids
from comments.views.public import DOUBLE_CLICK
from core import clock
from tests.attacks import ATTACKS, assert_harmless
from tests.comments.conftest import Say
from tests.conftest import MakePost

FIELDS = {"name": "Rea Reader", "text": "A *remark* & more."}
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def browser() -> Client:
    """A client with CSRF checks, like a browser."""
    return Client(enforce_csrf_checks=True)


def send(client: Client, post: Post, headers: dict[str, str] = OWN_PAGE, **fields: str) -> Any:
    return client.post(f"/comments/new/{post.pk}/", FIELDS | fields, headers=headers)


ACCEPTED: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": settings.SITE_URL},
    {"Origin": "http://localhost:8123", "Host": "localhost:8123"},
]
NOT_PROVED: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": settings.SITE_URL},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Sec-Fetch-Site": "", "Origin": settings.SITE_URL},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": f"{settings.SITE_URL}.evil.example"},
    {"Origin": "http://localhost:9999", "Host": "localhost:8123"},
    {"Referer": f"{settings.SITE_URL}/"},
]


@pytest.mark.parametrize("headers", ACCEPTED, ids=str)
def test_a_form_from_our_own_page_needs_no_token_and_no_cookie(
    browser: Client, own_post: Post, headers: dict[str, str]
) -> None:
    response = send(browser, own_post, headers)
    comment = Comment.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/comments/{comment.public_id}/mine/#c-{comment.public_id}"
    assert response["Cache-Control"] == "no-store"
    assert [cookie["path"] for cookie in response.cookies.values()] == [f"/comments/{comment.public_id}/mine/"]


@pytest.mark.parametrize("headers", NOT_PROVED, ids=str)
def test_any_other_form_must_be_confirmed(browser: Client, own_post: Post, headers: dict[str, str]) -> None:
    response = send(browser, own_post, headers)
    assert response.status_code == 200
    assert not Comment.objects.exists()
    assert response["Cache-Control"] == "no-store"
    assertContains(response, "A *remark* &amp; more.")
    assertContains(response, f'action="/comments/confirm/{own_post.pk}/"')
    assertContains(response, "csrfmiddlewaretoken")


def assertContains(response: Any, text: str) -> None:
    assert text in response.content.decode()


def test_on_a_public_site_localhost_is_another_origin(browser: Client, own_post: Post, settings: Settings) -> None:
    settings.IS_LOCAL, settings.SITE_URL = False, "https://blog.example.org"
    send(browser, own_post, {"Origin": "http://localhost:8123", "Host": "localhost:8123"})
    assert not Comment.objects.exists()


def test_the_confirm_page_accepts_the_comment_only_with_its_token(browser: Client, say: Say, own_post: Post) -> None:
    root = say("Root.")
    confirm_page = send(browser, own_post, {"Sec-Fetch-Site": "none"}, parent=root.public_id)
    token = confirm_page.context["csrf_token"]
    values = FIELDS | {"parent": root.public_id}
    assert f'name="parent" value="{root.public_id}"' in confirm_page.content.decode()
    refused = browser.post(f"/comments/confirm/{own_post.pk}/", values)
    assert refused.status_code == 403
    assertContains(refused, "A *remark* &amp; more.")
    assert Comment.objects.count() == 1
    accepted = browser.post(f"/comments/confirm/{own_post.pk}/", values | {"csrfmiddlewaretoken": str(token)})
    assert accepted.status_code == 303
    assert Comment.objects.get(parent=root).source == FIELDS["text"]


def test_a_get_of_the_confirm_page_redirects_to_the_form(client: Client, own_post: Post) -> None:
    assert client.get(f"/comments/confirm/{own_post.pk}/")["Location"] == f"/comments/new/{own_post.pk}/"


def test_an_expired_admin_form_shows_the_typed_text(browser: Client, blog: Blog) -> None:
    long_text = "A long introduction.\nWith two lines."
    data = {"body": long_text, "password": "p" * 100, "csrfmiddlewaretoken": "x" * 64}
    response = browser.post("/admin/login/", data)
    assert response.status_code == 403
    assertContains(response, long_text)
    assert "p" * 100 not in response.content.decode()
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("fields", "field"), [({"text": ""}, "text"), ({"name": ""}, "name"), ({"text": "x" * 10_001}, "text")]
)
def test_a_refusal_keeps_the_text_and_shows_the_error_at_its_field(
    client: Client, own_post: Post, fields: dict[str, str], field: str
) -> None:
    response = send(client, own_post, OWN_PAGE, **fields)
    html = response.content.decode()
    assert response.status_code == 400
    assert f'id="comment-{field}_error"' in html
    assert 'aria-invalid="true"' in html
    assert f"comment-{field}_error" in html.split(f'name="{field}"')[1].split(">")[0]
    assert "autofocus" in html.split(f'name="{field}"')[1].split(">")[0]
    assert (FIELDS | fields)["text"].replace("&", "&amp;") in html


def test_a_closed_discussion_shows_the_text_of_a_late_comment(client: Client, own_post: Post) -> None:
    Discussion.objects.update(state="readonly")
    response = send(client, own_post)
    assert response.status_code == 409
    assertContains(response, "A *remark* &amp; more.")
    assertContains(response, "closed")
    assert "<form" not in response.content.decode()


def test_the_text_is_shown_if_the_post_was_withdrawn_meanwhile(client: Client, own_post: Post) -> None:
    Post.objects.update(status="withdrawn")
    response = send(client, own_post)
    assert response.status_code == 404
    assertContains(response, "A *remark* &amp; more.")
    assert own_post.title not in response.content.decode()
    assert client.get(f"/comments/new/{own_post.pk}/").status_code == 404


def test_a_reply_to_a_removed_comment_can_be_sent_as_a_new_comment(
    client: Client, say: Say, own_post: Post, moderator: User
) -> None:
    root = say("Root.")
    remove(root, by=moderator, reason="")
    for response in (
        send(client, own_post, parent=root.public_id),
        send(client, own_post, {}, parent=root.public_id),
        client.get(f"/comments/new/{own_post.pk}/?parent={root.public_id}"),
    ):
        html = response.content.decode()
        assert "no longer there" in html
        assert root.public_id not in html
        assert "Root." not in html
        assert "<form" in html


def test_the_reply_page_shows_the_comment_that_it_replies_to(client: Client, say: Say, own_post: Post) -> None:
    root = say("The point is this.")
    response = client.get(f"/comments/new/{own_post.pk}/", {"parent": root.public_id})
    assertContains(response, "The point is this.")
    assertContains(response, f'name="parent" value="{root.public_id}"')
    assert response["Cache-Control"] == "no-store"
    assert send(client, own_post, parent=root.public_id).status_code == 303
    assert Comment.objects.get(parent=root)


def test_a_form_page_does_not_show_comments_of_a_hidden_discussion(client: Client, say: Say, own_post: Post) -> None:
    root = say("The point is this.")
    Discussion.objects.update(state="hidden")
    response = client.get(f"/comments/new/{own_post.pk}/", {"parent": root.public_id})
    assert "The point is this." not in response.content.decode()


def test_a_comment_sent_twice_leads_to_the_same_page(client: Client, own_post: Post) -> None:
    assert send(client, own_post)["Location"] == send(client, own_post)["Location"]
    assert Comment.objects.count() == 1


def later() -> AbstractContextManager[None]:
    return clock.standing_at(clock.now() + DOUBLE_CLICK + timedelta(seconds=1))


def test_the_same_text_sent_later_leads_to_the_public_comment(client: Client, own_post: Post) -> None:
    """Somebody else in the same network may have copied the text, and must not get the cookie."""
    send(client, own_post)
    with later():
        again = send(Client(), own_post)
    assert again["Location"] == f"{own_post.get_absolute_url()}#c-{Comment.objects.get().public_id}"
    assert not again.cookies


def test_the_text_of_a_removed_comment_sent_again_leads_to_the_discussion(
    client: Client, own_post: Post, moderator: User
) -> None:
    send(client, own_post)
    remove(Comment.objects.get(), by=moderator, reason="")
    with later():
        assert send(client, own_post)["Location"] == f"{own_post.get_absolute_url()}#comments"


def test_a_comment_beyond_the_first_page_leads_to_its_own_page(
    client: Client, say: Say, own_post: Post, settings: Settings
) -> None:
    settings.COMMENTS_PER_PAGE = 2
    say("1")
    say("2")
    send(client, own_post)
    with later():
        comment = Comment.objects.latest("pk")
        assert send(client, own_post)["Location"] == f"{comment.get_absolute_url()}#c-{comment.public_id}"


def test_other_columns_cannot_be_set(client: Client, own_post: Post) -> None:
    send(client, own_post, state="removed", shown="", path="x", html="<script>", created_at="1999-01-01", language="xx")
    comment = Comment.objects.get()
    assert (comment.state, comment.shown, comment.created_at.year > 2020) == ("published", True, True)
    assert (comment.language, "<script>" in comment.html) == ("", False)


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_only_a_post_request_creates_a_comment(client: Client, own_post: Post, method: str) -> None:
    query = "&".join(f"{name}=x" for name in FIELDS)
    getattr(client, method)(f"/comments/new/{own_post.pk}/?{query}", headers=OWN_PAGE)
    getattr(client, method)(f"/comments/confirm/{own_post.pk}/?{query}", headers=OWN_PAGE)
    assert not Comment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "999999999999999999999999999999"])
def test_posts_that_do_not_exist_get_a_404(client: Client, number: str) -> None:
    assert client.get(f"/comments/new/{number}/").status_code == 404
    assert client.post(f"/comments/new/{number}/", FIELDS, headers=OWN_PAGE).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"text=%00%ff%ed%a0%80&name=%00", b"\xff\xfe&&&=", b"text=a&text=b&name=c&parent=%00"]
)
def test_broken_forms_cause_no_server_error(client: Client, own_post: Post, body: bytes) -> None:
    content_type = "application/x-www-form-urlencoded"
    response = client.post(f"/comments/new/{own_post.pk}/", body, content_type=content_type, headers=OWN_PAGE)
    assert response.status_code in (303, 400, 404)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_on_every_page(client: Client, say: Say, own_post: Post, attack: str) -> None:
    comment = say(attack, name=attack[:80])
    reply = {"parent": comment.public_id}
    for response in (
        client.get(comment.get_absolute_url()),
        client.get(f"/comments/new/{own_post.pk}/", reply),
        client.get(own_post.get_absolute_url()),
        send(client, own_post, {}, name=attack, text=attack, **reply),
        send(client, own_post, name=attack * 81, text=attack),
        client.post("/admin/login/", {"body": attack}),
    ):
        assert_harmless(response.content.decode(), page=True)


def test_a_comments_page_shows_its_parent_and_its_replies(
    client: Client, say: Say, own_post: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root = say("Question.")
    comment = say("Answer.", to=root)
    say("Thanks.", to=comment)
    say("Something else.")
    with django_assert_num_queries(2):  # the comment with its post · its ancestors and replies
        response = client.get(comment.get_absolute_url())
    html = response.content.decode()
    assert [text in html for text in ("Question.", "Answer.", "Thanks.", "Something else.")] == [True] * 3 + [False]
    assert f'<link rel="canonical" href="{own_post.permalink}">' in html
    assert 'content="noindex"' in html
    assert f"{own_post.get_absolute_url()}#c-{comment.public_id}" in html
    assert response["Cache-Control"].startswith("public")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_a_comments_page_is_the_same_for_everybody(client: Client, say: Say, own_post: Post, moderator: User) -> None:
    comment = say("A remark.")
    before = client.get(comment.get_absolute_url()).content
    client.force_login(moderator)
    assert client.get(comment.get_absolute_url()).content == before


@pytest.mark.parametrize("state", [state for state in Comment.State if state != Comment.State.PUBLISHED])
def test_a_comment_that_is_not_shown_has_no_page(client: Client, say: Say, state: str) -> None:
    comment = say("A remark.")
    Comment.objects.filter(pk=comment.pk).update(state=state, shown=False)
    response = client.get(comment.get_absolute_url())
    assert response.status_code == 404
    assert "A remark." not in response.content.decode()


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_comments_disappear_with_their_post(client: Client, say: Say, own_post: Post, status: str) -> None:
    comment = say("A remark.")
    Post.objects.update(status=status)
    assert client.get(comment.get_absolute_url()).status_code == 404


def test_a_removed_comment_with_replies_keeps_its_url(client: Client, say: Say, moderator: User) -> None:
    root = say("An insult.", name="Rude")
    say("Please not.", to=root)
    remove(root, by=moderator, reason="")
    html = client.get(root.get_absolute_url()).content.decode()
    assert "removed by a moderator" in html
    assert "insult" not in html
    assert "Rude" not in html


def test_a_url_may_be_typed_in_capitals(client: Client, say: Say) -> None:
    assert client.get(f"/comments/{say('A remark.').public_id.upper()}/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("public_id", ["0" * 11, "z" * 11, "u" * 11, ids.encode(ids.LIMIT - 1)])
def test_an_unknown_or_invalid_id_is_not_found(client: Client, public_id: str) -> None:
    assert client.get(f"/comments/{public_id}/").status_code == 404


def test_pages_are_in_the_language_of_the_blog(client: Client, own_post: Post) -> None:
    Blog.objects.update(language="de")
    assertContains(client.get(f"/comments/new/{own_post.pk}/"), '<html lang="de"')


def test_drafts_have_no_form_page(client: Client, make_post: MakePost) -> None:
    assert client.get(f"/comments/new/{make_post('draft', status='draft').pk}/").status_code == 404
