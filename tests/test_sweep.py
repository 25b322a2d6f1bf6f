"""The leak sweep: words whose permission has ended occur at no address, in no representation, in no mail.

The addresses come from the resolver (tests/routes.py): a route added tomorrow is swept without a change here.
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
from blog.permissions.disputes import enter
from blog.publishing import lifecycle
from comments.posting.submission import submit
from core import clock
from core.tasks import worker
from tests.blog.mailbox import text_of
from tests.conftest import MakeRepost
from tests.core.page_cache.conftest import Site
from tests.routes import addresses, answer, everything_public

HOST = "Eldon Host"
SENTENCE = "Seven violet herons quietly translated the forgotten harbour ledger before breakfast yesterday"
PLANTED = ("violet herons", "ochre lighthouse", "amber staircase", "indigo transcript", "violet-herons")
LETTER = b"Dear Eldon, the crimson umbrella is yours to print."
PRIVATE = ("crimson umbrella", "letter-from-ada", "ada@private.example", "sam@stranger.example", "teal objection")
ASKED = ("violet", "ochre", "amber", "Seven")  # not whole: the search repeats what was asked


@pytest.fixture
def tag(db: None) -> Tag:
    return Tag.objects.create(name="Images", slug="images")


@pytest.fixture
def post(make_repost: MakeRepost, original_author: Person, tag: Tag) -> Post:
    """A confirmed repost with everything beside it that could give its words or its secrets away."""
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
    asked = author_requests.ask(post.repost, by=HOST)
    worker.run_due()  # mints the link
    author_requests.answer(asked, PermissionRequest.Answer.YES)
    submit(post_id=post.pk, name="Rea", text="A remark.")
    objection = Dispute(
        repost=post.repost, text="A teal objection.", email="sam@stranger.example", network_key=b"k" * 32
    )
    enter(objection, networks=[b"k" * 32])
    worker.run_due()
    mail.outbox.clear()
    return Post.objects.for_page().get(pk=post.pk)


def withdrawn(repost: Repost) -> None:
    steps.withdraw(repost, by=HOST, note="Ada asked for it.")


def revoked(repost: Repost) -> None:
    author_requests.end(repost.requests.get(), note="I think otherwise now.")


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


def test_the_sweep_finds_what_is_public(client: Client, post: Post, original_author: Person, tag: Tag) -> None:
    """Else it would prove nothing: every planted word is seen somewhere, and the sentence on many pages."""
    seen = dict(everything_public(client, post, tag, original_author, asked=ASKED))
    for words in PLANTED:
        assert any(words in text for text in seen.values()), words
    with_sentence = {address for address, text in seen.items() if SENTENCE in text}
    assert {post.get_absolute_url(), "/feeds/posts.atom", "/tags/images/feed.atom"} <= with_sentence
    assert any(post.title in text for address, text in seen.items() if address.startswith("/search/?q=violet"))


@pytest.mark.parametrize("end", ENDS)
def test_words_whose_permission_ended_are_nowhere(
    end: Callable[[Repost], None], client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    end(Repost.objects.select_related("post__blog").get(post=post))
    for address, text in everything_public(client, post, tag, original_author, asked=ASKED):
        for words in PLANTED:
            assert words not in text, address
        if "?q=" in address:  # to be found by a word is to be said to hold it
            assert post.title not in text, address


@pytest.mark.parametrize("end", ENDS)
def test_no_mail_after_the_end_repeats_the_words(end: Callable[[Repost], None], post: Post) -> None:
    repost = Repost.objects.select_related("post__blog").get(post=post)
    end(repost)
    enter(Dispute(repost=repost, text="Not hers.", network_key=b"k" * 32), networks=[b"k" * 32])
    worker.schedule()
    worker.run_due()
    assert mail.outbox, "the objection is told to the host"
    for message in mail.outbox:
        text = f"{message.subject}\n{text_of(message)}"
        assert not [words for words in PLANTED if words in text]


@pytest.mark.parametrize("end", ENDS)
def test_a_copy_from_before_the_end_is_not_confirmed(
    transactional_db: None, end: Callable[[Repost], None], client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    """A browser or a proxy that still holds the words and asks whether they are current is told no."""
    site, held = Site(), {}
    for known in addresses(post, tag, original_author, asked=ASKED).values():
        for address in known:
            response = site.ask(address)
            if "etag" in response.headers and SENTENCE in answer(client, address):
                held[address] = response.headers["etag"]
    assert held
    for address, tag_of_copy in held.items():
        assert site.ask(address, HTTP_IF_NONE_MATCH=tag_of_copy).status == 304, address
    end(Repost.objects.select_related("post__blog").get(post=post))
    site.cache.freshness.poll_soon()
    for address, tag_of_copy in held.items():
        assert site.ask(address, HTTP_IF_NONE_MATCH=tag_of_copy).status != 304, address


def test_words_that_the_author_has_not_confirmed_are_nowhere(
    client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    repost = post.repost
    repost.text = "A magenta postscript that nobody has confirmed."
    repost.save()
    steps.state_by_host(repost, by=HOST)
    assert repost.state == Repost.State.STALE
    assert Wording.objects.filter(text__contains="magenta").exists()
    seen = dict(everything_public(client, post, tag, original_author, asked=("magent",)))
    assert not [address for address, text in seen.items() if "magenta" in text]
    assert SENTENCE in seen[post.get_absolute_url()]


@pytest.mark.parametrize("end", [None, *ENDS])
def test_what_is_private_is_in_no_answer(
    end: Callable[[Repost], None] | None, client: Client, post: Post, original_author: Person, tag: Tag
) -> None:
    if end:
        end(Repost.objects.select_related("post__blog").get(post=post))
    evidence = post.repost.evidence.get()
    secrets = {*PRIVATE, str(evidence.file.name), "k" * 64, *AuthorLink.objects.values_list("digest", flat=True)}
    assert len(secrets) == len(PRIVATE) + 3
    for address, text in everything_public(client, post, tag, original_author, asked=ASKED):
        assert not [secret for secret in secrets if secret in text], address


def test_an_evidence_file_has_no_address(client: Client, post: Post) -> None:
    evidence = post.repost.evidence.get()
    name = str(evidence.file.name)
    for address in (f"/media/{name}", f"/media/../private/{name}", f"/private/{name}", f"/{name}", f"/static/{name}"):
        assert LETTER not in answer(client, address).encode()
