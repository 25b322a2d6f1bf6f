"""“Dispute this credit”: anybody may object, the host is notified, and nothing public changes."""

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


def dispute_path(post: Post) -> str:
    return f"/permissions/{post.repost.public_id}/dispute/"


def send(client: Client, post: Post, text: str = TEXT, *, ip: str = "192.0.2.7", **fields: str) -> Any:
    return client.post(dispute_path(post), {"text": text} | fields, REMOTE_ADDR=ip)


def test_a_dispute_is_stored_and_the_host_is_notified(client: Client, permitted_repost: Post) -> None:
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


def test_the_thank_you_page_can_be_reloaded(client: Client, permitted_repost: Post) -> None:
    thanks = client.get(send(client, permitted_repost)["Location"])
    assert thanks.status_code == 200
    assert "Thank you" in thanks.content.decode()
    assert "<textarea" not in thanks.content.decode()


def test_nothing_public_changes_until_the_host_agrees(client: Client, permitted_repost: Post) -> None:
    path = permitted_repost.get_absolute_url()
    before, events = client.get(path).content, permitted_repost.repost.events.count()
    send(client, permitted_repost)
    assert client.get(path).content == before
    assert permitted_repost.repost.events.count() == events
    steps.mark_disputed(permitted_repost.repost, by="Eldon Host", disputed=True)
    assert client.get(path).content != before


def test_the_form_names_the_words_and_is_not_cached(client: Client, permitted_repost: Post) -> None:
    response = client.get(dispute_path(permitted_repost))
    page = response.content.decode()
    assert "Ada Colleague" in page
    assert permitted_repost.title in page
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_form_changes_nothing(client: Client, permitted_repost: Post, method: str) -> None:
    for query in ("", f"?text={TEXT}", "?sent"):
        assert getattr(client, method)(dispute_path(permitted_repost) + query).status_code == 200
    assert not Dispute.objects.exists()
    assert not Task.objects.exists()


def test_a_form_without_a_csrf_token_is_refused_and_its_text_returned(permitted_repost: Post) -> None:
    browser = Client(enforce_csrf_checks=True)
    long_text = TEXT * 3
    refused = send(browser, permitted_repost, long_text)
    assert refused.status_code == 403
    assert "These words are mine &amp; not hers." in refused.content.decode()
    token = str(browser.get(dispute_path(permitted_repost)).context["csrf_token"])
    assert send(browser, permitted_repost, long_text, csrfmiddlewaretoken=token).status_code == 303
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "x\0y"}, "text"),
        ({"name": "n" * 81}, "name"),
        ({"email": "not an address"}, "email"),
    ],
    ids=["none", "blank", "too long", "NUL", "long name", "invalid e-mail"],
)
def test_an_invalid_form_keeps_its_values_and_links_each_error_to_its_field(
    client: Client, permitted_repost: Post, changes: dict[str, str], field: str
) -> None:
    sent = {"text": TEXT, "name": "Sam", "email": "sam@stranger.example"} | changes
    response = client.post(dispute_path(permitted_repost), sent)
    page = response.content.decode()
    assert response.status_code == 400
    assert not Dispute.objects.exists()
    tag = page.split(f'name="{field}"')[1].split(">")[0]
    assert 'aria-invalid="true"' in tag
    assert f"dispute-{field}_error" in tag
    assert f'id="dispute-{field}_error"' in page
    for value in sent.values():
        assert value.strip().replace("&", "&amp;") in page


def test_the_same_text_sent_twice_is_one_dispute(client: Client, permitted_repost: Post) -> None:
    assert send(client, permitted_repost)["Location"] == send(client, permitted_repost)["Location"]
    assert Dispute.objects.count() == 1


def test_one_network_may_dispute_one_repost_three_times_a_day(
    client: Client, noon: object, permitted_repost: Post, make_repost: MakeRepost
) -> None:
    for number in range(MAX_PER_REPOST):
        assert send(client, permitted_repost, f"Objection {number}").status_code == 303
    refused = send(client, permitted_repost, "One more, which took long to write.", ip="192.0.2.250")
    assert refused.status_code == 429
    assert "One more, which took long to write." in refused.content.decode()
    assert "tomorrow" in refused.content.decode()
    assert Dispute.objects.count() == MAX_PER_REPOST
    assert send(client, make_repost("another")).status_code == 303
    assert send(client, permitted_repost, "From elsewhere", ip="198.51.100.1").status_code == 303
    with clock.standing_at(clock.now() + timedelta(days=1)):
        assert send(client, permitted_repost, "On the next day").status_code == 303


def test_one_network_may_send_five_disputes_a_day(client: Client, noon: object, make_repost: MakeRepost) -> None:
    for number in range(MAX_PER_NETWORK_AND_DAY):
        assert send(client, make_repost(f"post-{number}")).status_code == 303
    assert send(client, make_repost("one-more")).status_code == 429


@pytest.mark.parametrize("later", [timedelta(minutes=2), timedelta(hours=23)])
def test_the_limit_survives_the_weekly_change_of_network_keys(
    client: Client, noon: object, permitted_repost: Post, later: timedelta
) -> None:
    sunday_night = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    with clock.standing_at(sunday_night):
        for number in range(MAX_PER_REPOST):
            send(client, permitted_repost, f"Objection {number}")
    with clock.standing_at(sunday_night + later):
        assert send(client, permitted_repost, "Objection 0").status_code == 303  # a repetition
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
        assert client.get(dispute_path(post)).status_code == 404
        assert post.title not in client.get(dispute_path(post)).content.decode()
    for public_id in ("0000000000", "x" * 300):
        assert client.get(f"/permissions/{public_id}/dispute/").status_code == 404
    assert client.post(dispute_path(hidden)).status_code == 404


def test_an_ended_repost_can_still_be_disputed_because_its_tombstone_names_somebody(
    client: Client, withdrawn_repost: Post
) -> None:
    assert client.get(dispute_path(withdrawn_repost)).status_code == 200
    assert send(client, withdrawn_repost).status_code == 303


def test_a_text_sent_after_the_post_was_withdrawn_is_returned(client: Client, permitted_repost: Post) -> None:
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


def test_line_breaks_in_a_title_do_not_inject_email_headers(client: Client, permitted_repost: Post) -> None:
    Post.objects.filter(pk=permitted_repost.pk).update(title="A title\r\nBcc: everybody@example.org")
    send(client, permitted_repost)
    worker.run_due()
    (message,) = mail.outbox
    assert message.message()["Bcc"] is None
    assert message.recipients() == ["host@example.org"]


def test_a_dispute_without_an_email_address_of_the_host_sends_nothing(
    client: Client, permitted_repost: Post, host: Any
) -> None:
    host.user.email = ""
    host.user.save()
    send(client, permitted_repost)
    worker.run_due()
    assert mail.outbox == []
    assert not Task.objects.filter(job="tell-of-dispute").exists()


def test_the_form_is_in_the_language_of_the_blog(client: Client, permitted_repost: Post) -> None:
    Blog.objects.update(language="de")
    response = client.get(dispute_path(permitted_repost), headers={"accept-language": "fr"})
    assert '<html lang="de"' in response.content.decode()
