"""“Dispute this credit”: anybody may object, the host is told, and nothing public changes by it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from blog.models import Blog, Dispute, Post
from blog.permissions import steps
from blog.permissions.disputes import MAX_PER_NETWORK_AND_DAY, MAX_PER_REPOST
from blog.publishing import lifecycle
from core import clock
from core.models import Task
from core.tasks import worker
from tests.attacks import ATTACKS, assert_harmless
from tests.conftest import MakeRepost

TEXT = "These words are mine & not hers."


def form_of(post: Post) -> str:
    return f"/permissions/{post.repost.public_id}/dispute/"


def send(client: Client, post: Post, text: str = TEXT, *, address: str = "192.0.2.7", **words: str) -> Any:
    return client.post(form_of(post), {"text": text} | words, REMOTE_ADDR=address)


def test_an_objection_is_kept_and_the_host_is_told(client: Client, permitted_repost: Post) -> None:
    response = send(client, permitted_repost, name="Sam Stranger", email="sam@stranger.example")
    assert response.status_code == 303
    dispute = Dispute.objects.get()
    assert (dispute.text, dispute.name, dispute.email, dispute.state) == (
        TEXT,
        "Sam Stranger",
        "sam@stranger.example",
        "open",
    )
    assert Task.objects.get(job="tell-of-dispute").argument == str(dispute.pk)
    worker.run_due()
    (message,) = mail.outbox
    assert message.to == ["host@example.org"]
    assert "Permitted Repost" in message.subject
    assert f"/admin/blog/dispute/{dispute.pk}/change/" in str(message.body)
    assert TEXT not in str(message.body)
    assert "stranger" not in str(message.message())


def test_the_sender_is_thanked_on_a_page_that_may_be_loaded_again(client: Client, permitted_repost: Post) -> None:
    thanks = client.get(send(client, permitted_repost)["Location"])
    assert thanks.status_code == 200
    assert "Thank you" in thanks.content.decode()
    assert "<textarea" not in thanks.content.decode()


def test_nothing_public_changes_until_the_host_agrees(client: Client, permitted_repost: Post) -> None:
    address = permitted_repost.get_absolute_url()
    before, events = client.get(address).content, permitted_repost.repost.events.count()
    send(client, permitted_repost)
    assert client.get(address).content == before
    assert permitted_repost.repost.events.count() == events
    steps.mark_disputed(permitted_repost.repost, by="Eldon Host", disputed=True)
    assert client.get(address).content != before


def test_the_form_says_whose_words_it_is_about_and_no_cache_keeps_it(client: Client, permitted_repost: Post) -> None:
    response = client.get(form_of(permitted_repost))
    page = response.content.decode()
    assert "Ada Colleague" in page
    assert permitted_repost.title in page
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_form_changes_nothing(client: Client, permitted_repost: Post, method: str) -> None:
    for query in ("", f"?text={TEXT}", "?sent"):
        assert getattr(client, method)(form_of(permitted_repost) + query).status_code == 200
    assert not Dispute.objects.exists()
    assert not Task.objects.exists()


def test_a_form_without_its_token_is_refused_and_its_text_kept(permitted_repost: Post) -> None:
    browser = Client(enforce_csrf_checks=True)
    long_text = TEXT * 3
    refused = send(browser, permitted_repost, long_text)
    assert refused.status_code == 403
    assert "These words are mine &amp; not hers." in refused.content.decode()
    token = str(browser.get(form_of(permitted_repost)).context["csrf_token"])
    assert send(browser, permitted_repost, long_text, csrfmiddlewaretoken=token).status_code == 303
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "x\0y"}, "text"),
        ({"name": "n" * 81}, "name"),
        ({"email": "not an address"}, "email"),
    ],
    ids=["none", "blank", "too long", "NUL", "long name", "no address"],
)
def test_a_refusal_keeps_what_was_typed_and_ties_the_sentence_to_its_field(
    client: Client, permitted_repost: Post, words: dict[str, str], field: str
) -> None:
    sent = {"text": TEXT, "name": "Sam", "email": "sam@stranger.example"} | words
    response = client.post(form_of(permitted_repost), sent)
    page = response.content.decode()
    assert response.status_code == 400
    assert not Dispute.objects.exists()
    tag = page.split(f'name="{field}"')[1].split(">")[0]
    assert 'aria-invalid="true"' in tag
    assert f"dispute-{field}_error" in tag
    assert f'id="dispute-{field}_error"' in page
    for value in sent.values():
        assert value.strip().replace("&", "&amp;") in page


def test_the_same_words_sent_twice_are_one_objection(client: Client, permitted_repost: Post) -> None:
    assert send(client, permitted_repost)["Location"] == send(client, permitted_repost)["Location"]
    assert Dispute.objects.count() == 1


def test_one_network_may_object_to_one_repost_three_times_a_day(
    client: Client, noon: object, permitted_repost: Post, make_repost: MakeRepost
) -> None:
    for number in range(MAX_PER_REPOST):
        assert send(client, permitted_repost, f"Objection {number}").status_code == 303
    refused = send(client, permitted_repost, "One more, which took long to write.", address="192.0.2.250")
    assert refused.status_code == 429
    assert "One more, which took long to write." in refused.content.decode()
    assert "tomorrow" in refused.content.decode()
    assert Dispute.objects.count() == MAX_PER_REPOST
    assert send(client, make_repost("another")).status_code == 303
    assert send(client, permitted_repost, "From elsewhere", address="198.51.100.1").status_code == 303
    with clock.standing_at(clock.now() + timedelta(days=1)):
        assert send(client, permitted_repost, "On the next day").status_code == 303


def test_one_network_may_object_five_times_a_day(client: Client, noon: object, make_repost: MakeRepost) -> None:
    for number in range(MAX_PER_NETWORK_AND_DAY):
        assert send(client, make_repost(f"post-{number}")).status_code == 303
    assert send(client, make_repost("one-more")).status_code == 429


@pytest.mark.parametrize("later", [timedelta(minutes=2), timedelta(hours=23)])
def test_the_turn_of_the_week_makes_no_new_day(
    client: Client, noon: object, permitted_repost: Post, later: timedelta
) -> None:
    sunday_night = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    with clock.standing_at(sunday_night):
        for number in range(MAX_PER_REPOST):
            send(client, permitted_repost, f"Objection {number}")
    with clock.standing_at(sunday_night + later):
        assert send(client, permitted_repost, "Objection 0").status_code == 303  # known already
        assert send(client, permitted_repost, "One more").status_code == 429
    assert Dispute.objects.count() == MAX_PER_REPOST
    with clock.standing_at(sunday_night + timedelta(days=1)):
        assert send(client, permitted_repost, "On the next day").status_code == 303


def test_only_a_credit_that_readers_can_see_can_be_disputed(
    client: Client, unpermitted_repost: Post, make_repost: MakeRepost
) -> None:
    hidden = make_repost("withdrawn-post")
    lifecycle.withdraw(hidden)
    for post in (unpermitted_repost, hidden):
        assert client.get(form_of(post)).status_code == 404
        assert post.title not in client.get(form_of(post)).content.decode()
    for public_id in ("0000000000", "x" * 300):
        assert client.get(f"/permissions/{public_id}/dispute/").status_code == 404
    assert client.post(form_of(hidden)).status_code == 404


def test_an_ended_repost_can_still_be_disputed_since_its_tombstone_names_somebody(
    client: Client, withdrawn_repost: Post
) -> None:
    assert client.get(form_of(withdrawn_repost)).status_code == 200
    assert send(client, withdrawn_repost).status_code == 303


def test_who_wrote_while_the_post_went_keeps_the_text(client: Client, permitted_repost: Post) -> None:
    lifecycle.withdraw(permitted_repost)
    response = send(client, permitted_repost)
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    assert "These words are mine &amp; not hers." in response.content.decode()
    assert "Ada" not in response.content.decode()
    assert permitted_repost.title not in response.content.decode()
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_harmless(client: Client, make_repost: MakeRepost, attack: str) -> None:
    post = make_repost()
    assert_harmless(send(client, post, attack, name=attack, email=attack).content.decode(), page=True)
    send(client, post, attack)
    lifecycle.withdraw(post)
    assert_harmless(send(client, post, attack).content.decode(), page=True)


def test_a_title_or_a_name_breaks_no_header_of_the_mail(client: Client, permitted_repost: Post) -> None:
    Post.objects.filter(pk=permitted_repost.pk).update(title="A title\r\nBcc: everybody@example.org")
    send(client, permitted_repost)
    worker.run_due()
    (message,) = mail.outbox
    assert message.message()["Bcc"] is None
    assert message.recipients() == ["host@example.org"]


def test_a_host_without_mail_is_told_nothing_and_nothing_fails(
    client: Client, permitted_repost: Post, host: Any
) -> None:
    host.user.email = ""
    host.user.save()
    send(client, permitted_repost)
    worker.run_due()
    assert mail.outbox == []
    assert not Task.objects.filter(job="tell-of-dispute").exists()


def test_the_form_speaks_the_language_of_the_blog(client: Client, permitted_repost: Post) -> None:
    Blog.objects.update(language="de")
    assert (
        '<html lang="de"' in client.get(form_of(permitted_repost), headers={"accept-language": "fr"}).content.decode()
    )
