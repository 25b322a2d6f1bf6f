"""Previewing a comment before it is sent."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Post
from comments.models import Comment, Discussion
from tests.attacks import ATTACKS, HEAVY, assert_harmless
from tests.comments.conftest import Say

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
FIELDS = {"name": "Rea Reader", "text": "A **bold** remark & more."}


def preview(client: Client, post: Post, /, **fields: str) -> Any:
    return client.post(f"/comments/new/{post.pk}/", FIELDS | {"action": "preview"} | fields)


def shown(response: Any) -> str:
    """The HTML of the preview."""
    page: str = response.content.decode()
    return page.partition('class="comment-preview"')[2].partition("</section>")[0]


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}], ids=str
)
def test_a_preview_shows_the_comment_and_stores_nothing(
    own_post: Post, headers: dict[str, str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = Client(enforce_csrf_checks=True, headers=headers)
    is_own = headers.get("Sec-Fetch-Site") == "same-origin"
    with django_assert_num_queries(
        2
    ):  # the post with its discussion, once to check that it is open and once for the page
        response = preview(client, own_post)
    assert response.status_code == 200
    assert "<strong>bold</strong>" in shown(response)
    assert "Rea Reader" in shown(response)
    assert response["Cache-Control"] == "no-store"
    assert bool(response.cookies) != is_own  # the cookie of the token
    assert not Comment.objects.exists()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {}], ids=str)
def test_a_preview_that_another_site_may_have_requested_must_be_confirmed(
    own_post: Post, headers: dict[str, str]
) -> None:
    """Otherwise one click in a form that another site filled in would publish its text, with the reader's badge."""
    client = Client(enforce_csrf_checks=True)
    response = client.post(f"/comments/new/{own_post.pk}/", FIELDS | {"action": "preview"}, headers=headers)
    page = response.content.decode()
    assert "your browser did not tell us that this came from our page" in page
    assert f'action="/comments/confirm/{own_post.pk}/"' in page
    token = {"csrfmiddlewaretoken": str(response.context["csrf_token"])}
    assert client.post(f"/comments/confirm/{own_post.pk}/", FIELDS | token).status_code == 303


def test_the_form_below_a_preview_holds_the_typed_values_and_sends_them(own_post: Post, say: Say) -> None:
    root = say("Root.")
    page = preview(Client(headers=OWN_PAGE), own_post, parent=root.public_id).content.decode()
    assert "A **bold** remark &amp; more." in page
    assert 'value="Rea Reader"' in page
    assert f'name="parent" value="{root.public_id}"' in page
    assert "Root." in page
    assert f'action="/comments/new/{own_post.pk}/"' in page


def test_enter_in_the_name_field_sends_the_comment(own_post: Post) -> None:
    """On Enter, browsers press the first button of a form."""
    page = Client().get(own_post.get_absolute_url()).content.decode()
    form = page.partition('class="comment-form"')[2]
    assert form.index('value="send"') < form.index('value="preview"')


@pytest.mark.parametrize(
    ("fields", "field"), [({"text": ""}, "text"), ({"name": ""}, "name"), ({"text": "x" * 10_001}, "text")]
)
def test_a_preview_refuses_what_would_be_refused(own_post: Post, fields: dict[str, str], field: str) -> None:
    response = preview(Client(), own_post, **fields)
    assert response.status_code == 400
    assert f'id="comment-{field}_error"' in response.content.decode()
    assert not shown(response)


def test_a_closed_discussion_shows_the_text_without_a_preview(own_post: Post) -> None:
    Discussion.objects.update(state="readonly")
    response = preview(Client(), own_post)
    assert response.status_code == 409
    assert "A **bold** remark &amp; more." in response.content.decode()
    assert not shown(response)


def test_there_is_no_preview_for_a_post_that_is_not_public(own_post: Post) -> None:
    Post.objects.update(status="draft")
    response = preview(Client(), own_post)
    assert response.status_code == 404
    assert own_post.title not in response.content.decode()


def test_the_confirm_page_can_preview_and_confirm(own_post: Post) -> None:
    client = Client(enforce_csrf_checks=True)
    confirm_page = client.post(f"/comments/new/{own_post.pk}/", FIELDS, headers={"Sec-Fetch-Site": "cross-site"})
    token, confirm = (
        {"csrfmiddlewaretoken": str(confirm_page.context["csrf_token"])},
        f"/comments/confirm/{own_post.pk}/",
    )
    response = client.post(confirm, FIELDS | token | {"action": "preview"})
    assert "<strong>bold</strong>" in shown(response)
    assert f'action="{confirm}"' in response.content.decode()
    assert not Comment.objects.exists()
    assert client.post(confirm, FIELDS | token).status_code == 303


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless_in_a_preview(own_post: Post, attack: str) -> None:
    response = preview(Client(), own_post, name=f"N {attack}"[:80], text=attack)
    assert_harmless(response.content.decode(), page=True)


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
def test_heavy_texts_can_be_previewed(own_post: Post, heavy: str) -> None:
    assert preview(Client(), own_post, text=heavy).status_code == 200
