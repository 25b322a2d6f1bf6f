"""The page of a request: opening it changes nothing, and it shows what a yes means before the author answers."""

import pytest
from django.test import Client

from blog.models import Post, Video
from blog.permissions import steps
from blog.permissions.steps import State
from core import clock
from core.tasks import worker
from tests.blog.conftest import HOST, HOUR, Ask, current, everything, page
from tests.conftest import MakeRepost

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.django_db
def test_opening_the_link_repeatedly_changes_nothing(path: str, client: Client) -> None:
    before = everything()
    for _time in range(50):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
        assert client.get(path, {"act": "yes"}).status_code == 200
    assert client.put(path).status_code == 405
    assert everything() == before


@pytest.mark.django_db
@pytest.mark.parametrize("act", [None, "yes"])
def test_the_page_is_private(path: str, client: Client, act: str | None) -> None:
    if act:
        client.post(path, {"act": act})
    response = client.get(path)
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"
    assert set(response.cookies) == {"csrftoken"}


@pytest.mark.django_db
def test_the_request_shows_the_words_in_their_context(permitted_repost: Post, client: Client, ask: Ask) -> None:
    Post.objects.filter(pk=permitted_repost.pk).update(body_html="<p>What the host makes of it.</p>")
    Video.objects.create(
        post=permitted_repost,
        page_url="https://youtu.be/dQw4w9WgXcQ",
        provider="youtube",
        provider_id="dQw4w9WgXcQ",
        title="The clip",
        part="repost",
    )
    shown = page(client, ask(permitted_repost))
    for text in (
        "A <strong>camera</strong> that never was there cannot lie about where it stood.",
        "Ada Colleague",
        "The clip",
        "in the post “Permitted Repost”",
        "Where it stood",
        "A colleague writes:",
        "What the host makes of it.",
        "Eldon Host also gave us your e-mail address",
        "confirmed by e-mail on Nov. 20, 2026 (address at private.example, named by the host)",
    ):
        assert text in shown


@pytest.mark.django_db
def test_the_page_explains_withdrawing_before_a_yes(path: str, client: Client) -> None:
    shown = page(client, path)
    assert shown.index("You can withdraw a yes at any time") < shown.index('name="act" value="yes"')
    for text in ("A note in their place says", "stays, and so do the comments of readers", "without a new yes"):
        assert text in shown


@pytest.mark.django_db
def test_the_page_says_that_a_yes_to_a_licence_cannot_be_taken_back(
    make_repost: MakeRepost, client: Client, ask: Ask
) -> None:
    shown = page(client, ask(make_repost(basis="licence", licence_url="https://creativecommons.org/licenses/by/4.0/")))
    assert "cannot be taken back" in shown
    assert "You can withdraw a yes at any time" not in shown


@pytest.mark.django_db
def test_a_yes_to_a_draft_does_not_publish_it(make_repost: MakeRepost, client: Client, ask: Ask) -> None:
    post = make_repost(stated=False, basis="")
    path = ask(post)
    assert "The post is not published yet." in page(client, path)
    client.post(path, {"act": "yes"})
    repost = current(post)
    assert (repost.state, repost.basis, repost.post.status) == (State.CONFIRMED, "permission", "draft")
    assert "claim_badge" not in page(client, path)


@pytest.mark.django_db
def test_the_page_says_on_whose_statement_readers_see_the_words(
    permitted_repost: Post, client: Client, ask: Ask
) -> None:
    first = ask(permitted_repost)
    assert "</a>, as stated by Eldon Host" in page(client, first)
    client.post(first, {"act": "yes"})
    worker.run_due()  # also notifies the host
    repost = current(permitted_repost)
    with clock.standing_at(clock.now() + HOUR):
        again = page(client, ask(permitted_repost))
        repost.text = "Other words altogether."
        repost.save()
        steps.assert_by_host(repost, by=HOST)
        edited = page(client, ask(permitted_repost))
    assert "as confirmed before" in again
    assert "What readers see in it now differs from the wording below" in edited
    assert "are already public" not in edited
    assert "</a>, as stated by Eldon Host" not in again + edited
