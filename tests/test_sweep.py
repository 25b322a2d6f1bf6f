"""The leak sweep: words whose permission has ended occur at no URL, in no representation and in no e-mail.

The URLs come from the resolver (tests/routes.py), so new routes are covered without a change here.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.test import Client

from blog.models import (
    AuthorLink,
    Dispute,
    Evidence,
    PermissionRequest,
    Person,
    Post,
    Repost,
    Tag,
    Video,
    Wording,
)
from blog.permissions import author_requests, steps
from blog.permissions.disputes import submit_dispute
from blog.publishing import lifecycle
from comments.posting.submission import submit
from core import clock
from core.tasks import worker
from tests.blog.mailbox import text_of
from tests.conftest import MakeRepost
from tests.core.page_cache.conftest import Site
from tests.routes import public_responses, public_urls, response_text

HOST = "Eldon Host"
SENTENCE = "Seven violet herons quietly translated the forgotten harbour ledger before breakfast yesterday"
PLANTED = ("violet herons", "ochre lighthouse", "amber staircase", "indigo transcript", "violet-herons")
LETTER = b"Dear Eldon, the crimson umbrella is yours to print."
PRIVATE = ("crimson umbrella", "letter-from-ada", "ada@private.example", "sam@stranger.example", "teal objection")
QUERIES = ("violet", "ochre", "amber", "Seven")  # not the whole phrases, since the search page repeats its query


@pytest.fixture
def tag(db: None) -> Tag:
    return Tag.objects.create(name="Images", slug="images")


@pytest.fixture
def post(make_repost: MakeRepost, original_author: Person, tag: Tag) -> Post:
    """A confirmed repost with everything that could reveal its words or its secrets."""
    post = make_repost(
        "planted",
        text=f"{SENTENCE}.\n\n> The ochre lighthouse, too.",
        source_title="An amber staircase",
        source_url="https://ada.example/violet-herons",
    )
    post.tags.add(tag)
    Video.objects.create(
        post=post,
        part="repost",
        page_url="https://youtu.be/dQw4w9WgXcQ",
        provider="youtube",
        provider_id="dQw4w9WgXcQ",
        title="The amber staircase, filmed",
        uploaded_on=date(2026, 2, 27),
        poster="posters/a.jpg",
        transcript="An indigo transcript.",
    )
    letter = ContentFile(LETTER, name="letter-from-ada.txt")
    steps.add_evidence(Evidence(repost=post.repost, kind="letter", dated=date(2026, 2, 28), file=letter), by=HOST)
    request = author_requests.ask(post.repost, by=HOST)
    worker.run_due()  # creates the link
    author_requests.answer(request, PermissionRequest.Answer.YES)
    submit(post_id=post.pk, name="Rea", text="A remark.")
    objection = Dispute(
        repost=post.repost, text="A teal objection.", email="sam@stranger.example", network_key=b"k" * 32
    )
    submit_dispute(objection, networks=[b"k" * 32])
    worker.run_due()
    mail.outbox.clear()
    return Post.objects.for_page().get(pk=post.pk)


def withdrawn(repost: Repost) -> None:
    steps.withdraw(repost, by=HOST, note="Ada asked for it.")


def revoked(repost: Repost) -> None:
    author_requests.end_permission(repost.requests.get(), note="I think otherwise now.")


def declined(repost: Repost) -> None:
    steps.decline(repost)


def disowned(repost: Repost) -> None:
    steps.disown(repost)


def expired(repost: Repost) -> None:
    steps.set_end(repost, by=HOST, last_day=clock.now().date() - timedelta(days=2))


def withdrawn_whole(repost: Repost) -> None:
    lifecycle.withdraw(repost.post, note="A mistake.")


def never_published(repost: Repost) -> None:
    Post.objects.filter(pk=repost.post_id).update(status="draft")


ENDS = [withdrawn, revoked, declined, disowned, expired, withdrawn_whole, never_published]


def test_the_sweep_finds_public_words(client: Client, post: Post, original_author: Person, tag: Tag) -> None:
    """The other tests would prove nothing if not every planted phrase were visible somewhere before the end."""
    seen = dict(public_responses(client, post, tag, original_author, queries=QUERIES))
    for words in PLANTED:
        assert any(words in text for text in seen.values()), words
    with_sentence = {url for url, text in seen.items() if SENTENCE in text}
    assert {post.get_absolute_url(), "/feeds/posts.atom", "/tags/images/feed.atom"} <= with_sentence
    assert any(post.title in text for url, text in seen.items() if url.startswith("/search/?q=violet"))


@pytest.mark.parametrize("end", ENDS)
def test_words_whose_permission_ended_are_shown_nowhere(
    end: Callable[[Repost], None], client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    end(Repost.objects.select_related("post__blog").get(post=post))
    for url, text in public_responses(client, post, tag, original_author, queries=QUERIES):
        for words in PLANTED:
            assert words not in text, url
        if "?q=" in url:  # a search result would reveal that the post contains the word
            assert post.title not in text, url


@pytest.mark.parametrize("end", ENDS)
def test_no_e_mail_after_the_end_contains_the_words(end: Callable[[Repost], None], post: Post) -> None:
    repost = Repost.objects.select_related("post__blog").get(post=post)
    end(repost)
    submit_dispute(Dispute(repost=repost, text="Not hers.", network_key=b"k" * 32), networks=[b"k" * 32])
    worker.schedule()
    worker.run_due()
    assert mail.outbox, "the host is notified of the objection"
    for message in mail.outbox:
        text = f"{message.subject}\n{text_of(message)}"
        assert not [words for words in PLANTED if words in text]


@pytest.mark.parametrize("end", ENDS)
def test_a_copy_stored_before_the_end_is_not_revalidated(
    transactional_db: None, end: Callable[[Repost], None], client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    """A browser or proxy that has stored the words and revalidates them gets no 304."""
    site, etags = Site(), {}
    for urls in public_urls(post, tag, original_author, queries=QUERIES).values():
        for url in urls:
            response = site.ask(url)
            if "etag" in response.headers and SENTENCE in response_text(client, url):
                etags[url] = response.headers["etag"]
    assert etags
    for url, etag in etags.items():
        assert site.ask(url, HTTP_IF_NONE_MATCH=etag).status == 304, url
    end(Repost.objects.select_related("post__blog").get(post=post))
    site.cache.freshness.poll_soon()
    for url, etag in etags.items():
        assert site.ask(url, HTTP_IF_NONE_MATCH=etag).status != 304, url


def test_words_that_the_author_has_not_confirmed_are_shown_nowhere(
    client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    repost = post.repost
    repost.text = "A magenta postscript that nobody has confirmed."
    repost.save()
    steps.assert_by_host(repost, by=HOST)
    assert repost.state == Repost.State.STALE
    assert Wording.objects.filter(text__contains="magenta").exists()
    seen = dict(public_responses(client, post, tag, original_author, queries=("magent",)))
    assert not [url for url, text in seen.items() if "magenta" in text]
    assert SENTENCE in seen[post.get_absolute_url()]


@pytest.mark.parametrize("end", [None, *ENDS])
def test_private_data_is_in_no_response(
    end: Callable[[Repost], None] | None, client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    if end:
        end(Repost.objects.select_related("post__blog").get(post=post))
    evidence = post.repost.evidence.get()
    secrets = {*PRIVATE, str(evidence.file.name), "k" * 64, *AuthorLink.objects.values_list("digest", flat=True)}
    assert len(secrets) == len(PRIVATE) + 3
    for url, text in public_responses(client, post, tag, original_author, queries=QUERIES):
        assert not [secret for secret in secrets if secret in text], url


def test_an_evidence_file_has_no_url(client: Client, post: Post) -> None:
    evidence = post.repost.evidence.get()
    name = str(evidence.file.name)
    for url in (f"/media/{name}", f"/media/../private/{name}", f"/private/{name}", f"/{name}", f"/static/{name}"):
        assert LETTER not in response_text(client, url).encode()
