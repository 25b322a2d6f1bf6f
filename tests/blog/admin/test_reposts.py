"""A repost in the form of its post: licences, credits, what a yes of the author fixes, and the preview."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from blog.models import Credit, Person, Post, Repost
from blog.permissions import attribution, fingerprints, licences, steps
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import Submission, change_url, confirm, resubmission, step_url
from tests.conftest import GUEST_MARK, MakeRepost

ADD = reverse("admin:blog_post_add")
PREVIEW = reverse("admin:blog_post_preview")


# --- Licences


@pytest.mark.parametrize(("code", "licence"), licences.CREATIVE_COMMONS.items())
def test_a_chosen_licence_is_filled_in(
    desk: Client, repost_submission: Submission, code: str, licence: tuple[str, str]
) -> None:
    desk.post(ADD, repost_submission | {"repost-0-basis": "licence", "repost-0-licence": code})
    repost = Repost.objects.get()
    assert (repost.licence_name, repost.licence_url) == licence
    assert repost.is_in_force
    assert f'<option value="{code}" selected>' in desk.get(change_url(repost.post)).content.decode()


def test_another_licence_is_stored_as_typed(desk: Client, repost_submission: Submission) -> None:
    typed = {"repost-0-licence_name": "GFDL", "repost-0-licence_url": "https://www.gnu.org/licenses/fdl-1.3.html"}
    desk.post(ADD, repost_submission | {"repost-0-basis": "licence", "repost-0-licence": "other"} | typed)
    repost = Repost.objects.get()
    assert (repost.licence_name, repost.licence_url) == tuple(typed.values())
    assert '<option value="other" selected>' in desk.get(change_url(repost.post)).content.decode()


def test_a_licence_can_be_removed(desk: Client, repost_submission: Submission) -> None:
    desk.post(ADD, repost_submission | {"repost-0-basis": "licence", "repost-0-licence": "by"})
    post = Post.objects.get()
    desk.post(change_url(post), resubmission(desk, post, **{"repost-0-basis": "permission", "repost-0-licence": ""}))
    repost = Repost.objects.get()
    assert (repost.licence_name, repost.licence_url) == ("", "")


def test_a_licence_without_a_name_or_url_is_refused(desk: Client, repost_submission: Submission) -> None:
    page = desk.post(ADD, repost_submission | {"repost-0-basis": "licence"}).content.decode()
    assert "Give the web address of the licence" in page
    assert GUEST_MARK in page
    page = desk.post(ADD, repost_submission | {"repost-0-licence": "by-the-way"}).content.decode()
    assert "Select a valid choice" in page
    assert not Repost.objects.exists()


# --- What a yes fixes


@pytest.mark.parametrize(
    "change",
    [
        {"repost-0-basis": "own_work"},
        {"repost-0-basis": "licence", "repost-0-licence": "by"},
        {"repost-0-licence": "by"},
    ],
)
def test_terms_that_the_author_confirmed_cannot_change(
    desk: Client, permitted_repost: Post, change: Submission
) -> None:
    """Otherwise the page would say “confirmed” next to a licence that nobody granted and nobody could revoke."""
    confirm(permitted_repost.repost)
    response = desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost, **change))
    assert "The author said yes on other terms" in response.content.decode()
    assert Repost.objects.get().basis == "permission"


def test_a_note_and_an_end_may_change_after_a_yes(desk: Client, permitted_repost: Post) -> None:
    confirm(permitted_repost.repost)
    change = {"repost-0-note": "So kind.", "repost-0-expires_on": "2031-01-31"}
    assert desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost, **change)).status_code == 302
    repost = Repost.objects.get()
    assert (repost.state, repost.note, repost.expires_on) == ("confirmed", "So kind.", date(2031, 1, 31))


def test_words_that_one_person_confirmed_cannot_be_credited_to_another(desk: Client, permitted_repost: Post) -> None:
    other = Person.objects.create(name="Bo Writer", slug="bo-writer")
    post = permitted_repost
    named = resubmission(desk, post, **{"credits-0-person": other.pk})
    assert desk.post(change_url(post), named).status_code == 302
    confirm(Repost.objects.get())
    third = Person.objects.create(name="Cy Scribe", slug="cy-scribe")
    changes: list[Submission] = [
        {"credits-0-person": third.pk},
        {"credits-0-DELETE": "on"},
        {"credits-0-role": "editor"},
        {"credits-1-person": third.pk},
    ]
    for change in changes:
        response = desk.post(change_url(post), resubmission(desk, post, **change))
        assert "so you cannot name another author" in response.content.decode(), change
    assert Credit.objects.get().person == other


def test_a_translator_may_be_added_after_a_yes(desk: Client, permitted_repost: Post) -> None:
    confirm(permitted_repost.repost)
    bo = Person.objects.create(name="Bo Writer", slug="bo-writer")
    joined = {"credits-1-person": bo.pk, "credits-1-role": "translator"}
    assert desk.post(change_url(permitted_repost), resubmission(desk, permitted_repost, **joined)).status_code == 302
    assert Credit.objects.count() == 2


def test_the_form_warns_before_an_edit_of_confirmed_words(desk: Client, permitted_repost: Post) -> None:
    warning = "readers keep seeing the confirmed "
    assert warning not in desk.get(change_url(permitted_repost)).content.decode()
    confirm(permitted_repost.repost)
    assert warning in desk.get(change_url(permitted_repost)).content.decode()


def test_after_an_edit_of_confirmed_words_a_message_says_what_readers_see_and_links_to_both_steps(
    desk: Client, permitted_repost: Post
) -> None:
    confirm(permitted_repost.repost)
    data = resubmission(desk, permitted_repost, **{"repost-0-text": "Other words."})
    page = desk.post(change_url(permitted_repost), data, follow=True).content.decode()
    message = page[page.index('class="messagelist"') :]
    assert "readers keep seeing those" in message
    assert step_url(permitted_repost, "ask") in message
    assert step_url(permitted_repost, "release") in message
    assert GUEST_MARK in Repost.objects.get().public_html


def test_own_words_can_be_edited_after_the_author_has_revoked(desk: Client, permitted_repost: Post) -> None:
    confirm(permitted_repost.repost)
    steps.revoke(permitted_repost.repost)
    data = resubmission(desk, permitted_repost, body="My words, corrected.")
    assert desk.post(change_url(permitted_repost), data).status_code == 302
    permitted_repost.refresh_from_db()
    assert permitted_repost.body == "My words, corrected."
    assert permitted_repost.is_public


@pytest.mark.skipif(not connection.features.has_select_for_update, reason="SQLite locks the whole database")
def test_an_author_who_answers_while_a_form_is_saved_waits(desk: Client, permitted_repost: Post) -> None:
    data = resubmission(desk, permitted_repost, summary="In short.")
    with CaptureQueriesContext(connection) as queries:
        desk.post(change_url(permitted_repost), data)
    repost_queries = [query["sql"] for query in queries if '"blog_repost"' in query["sql"]]
    assert "FOR UPDATE" in repost_queries[0]


# --- Credits


def test_several_people_are_credited_in_the_order_of_the_form(
    desk: Client, repost_submission: Submission, original_author: Person
) -> None:
    bo = Person.objects.create(name="Bo Writer", slug="bo-writer")
    two = {
        "credits-TOTAL_FORMS": "3",
        "credits-0-person": bo.pk,
        "credits-1-person": original_author.pk,
        "credits-1-role": "author",
        "credits-1-position": "0",
        "credits-2-person": bo.pk,
        "credits-2-role": "translator",
        "credits-2-position": "0",
    }
    desk.post(ADD, repost_submission | two)
    credits = [(credit.person.name, credit.role) for credit in Post.objects.get().credits.all()]
    assert credits == [("Bo Writer", "author"), ("Ada Colleague", "author"), ("Bo Writer", "translator")]


def test_the_form_shows_the_words_then_their_credits_then_the_record(desk: Client, permitted_repost: Post) -> None:
    page = desk.get(change_url(permitted_repost)).content.decode()
    in_order = (
        'id="repost-group"',
        'id="credits-group"',
        'id="readers-see"',
        'id="record-heading"',
        'id="videos-group"',
    )
    positions = [page.index(part) for part in in_order]
    assert positions == sorted(positions)


def test_the_delete_checkbox_of_a_credit_has_a_label(desk: Client, permitted_repost: Post) -> None:
    (box,) = re.findall(
        '<input[^>]*id="id_credits-0-DELETE"[^>]*>', desk.get(change_url(permitted_repost)).content.decode()
    )
    assert 'aria-label="Delete this credit"' in box


def test_a_new_person_can_be_added_from_the_form_with_a_private_email_address(desk: Client) -> None:
    assert reverse("admin:blog_person_add") in desk.get(ADD).content.decode()
    typed = {"name": "Cy Scribe", "slug": "cy-scribe", "contact_email": "cy@private.example", "_popup": "1"}
    assert desk.post(reverse("admin:blog_person_add"), typed).status_code == 200
    assert Person.objects.get(slug="cy-scribe").contact_email == "cy@private.example"
    assert "cy@private.example" not in desk.get(ADD).content.decode()


# --- The sentence below the words, in the preview


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "Reposted with permission, as stated by Eldon Host."),
        (
            {"repost-0-granted_on": "2026-03-01"},
            "Reposted with permission granted on March 1, 2026, as stated by Eldon Host.",
        ),
        ({"repost-0-basis": "quotation_right"}, "Quoted under the right of quotation, as stated by Eldon Host."),
        (
            {"repost-0-basis": "licence", "repost-0-licence": "by-sa"},
            "Reposted under the licence CC BY-SA 4.0, as stated by Eldon Host.",
        ),
        ({"repost-0-note": "How kind."}, "<q>How kind.</q>"),
    ],
)
def test_the_sentence_in_the_preview_follows_the_choices(
    desk: Client, repost_submission: Submission, change: Submission, sentence: str
) -> None:
    page = desk.post(PREVIEW, repost_submission | change).content.decode()
    caption = page[page.index("<figcaption>") : page.index("</figcaption>")]
    assert sentence.removesuffix(".") in caption
    assert '<section id="words-' in page[: page.index("<figcaption>")]
    assert 'class="voice-guest"' in page  # js/admin.js finds it there


def test_the_sentence_of_the_preview_is_the_one_on_the_page(desk: Client, permitted_repost: Post) -> None:
    confirm(permitted_repost.repost)
    sentence = escape(attribution.permission_sentence(Repost.objects.get(), "Eldon Host")).removesuffix(".")
    assert "confirmed by e-mail" in sentence
    url = reverse("admin:blog_post_preview", args=[permitted_repost.pk])
    assert sentence in desk.post(url, resubmission(desk, permitted_repost)).content.decode()
    assert sentence in Client().get(permitted_repost.get_absolute_url()).content.decode()


def test_the_preview_shows_the_confirmed_words_like_the_page(desk: Client, permitted_repost: Post) -> None:
    confirm(permitted_repost.repost)
    url = reverse("admin:blog_post_preview", args=[permitted_repost.pk])
    page = desk.post(url, resubmission(desk, permitted_repost, **{"repost-0-text": "Typed now."})).content.decode()
    assert GUEST_MARK in page
    assert "Typed now." not in page
    assert "only after the author says yes again" in page
    typography = permitted_repost.repost.text.replace(" ", "  ")
    assert fingerprints.folded(typography) == permitted_repost.repost.wordings.get().folded
    page = desk.post(url, resubmission(desk, permitted_repost, **{"repost-0-text": typography})).content.decode()
    assert "only after the author says yes again" not in page


def test_the_preview_of_an_ended_permission_shows_its_tombstone(desk: Client, withdrawn_repost: Post) -> None:
    url = reverse("admin:blog_post_preview", args=[withdrawn_repost.pk])
    page = desk.post(url, resubmission(desk, withdrawn_repost)).content.decode()
    assert GUEST_MARK not in page
    assert "withdrawn by the host" in page


def test_the_preview_follows_a_typed_end(desk: Client, make_repost: MakeRepost) -> None:
    post = make_repost()
    url = reverse("admin:blog_post_preview", args=[post.pk])
    page = desk.post(url, resubmission(desk, post, **{"repost-0-expires_on": "2020-01-31"})).content.decode()
    assert GUEST_MARK not in page
    assert "ended on Jan. 31, 2020" in page


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_no_attack_survives_in_a_licence_or_a_note(desk: Client, repost_submission: Submission, attack: str) -> None:
    hostile = repost_submission | {
        "status": "draft",
        "repost-0-basis": "licence",
        "repost-0-licence": "other",
        "repost-0-licence_name": attack[:60],
        "repost-0-note": attack[:300],
    }
    assert_harmless(desk.post(PREVIEW, hostile).content.decode(), page=True)
    assert_harmless(desk.post(ADD, hostile, follow=True).content.decode(), page=True)
    if post := Post.objects.first():
        assert_harmless(desk.get(change_url(post)).content.decode(), page=True)
