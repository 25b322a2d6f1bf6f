"""The invariants of a repost: sixteen rules, each with one decisive test.

Other tests cover most of them in more detail. These state in one place what everything else relies on.
"""

import inspect
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import mf2py
import pytest
from bs4 import BeautifulSoup, Tag
from django.apps import apps
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db.models import Model, QuerySet
from django.test import Client

from blog import rendering
from blog.models import AuthorLink, Blog, Credit, Evidence, PermissionEvent, Person, Post, Repost, Video, Wording
from blog.models import Tag as PostTag
from blog.models.ledger import AppendOnly
from blog.permissions import author_requests, fingerprints, steps, verification
from blog.publishing import lifecycle
from blog.rendering import sanitise
from comments.models import Comment
from comments.posting.submission import submit
from core import clock
from core.tasks import worker
from tests.attacks import ATTACKS
from tests.blog.conftest import HOST, confirm
from tests.blog.mailbox import path_in
from tests.comments.posting.test_badges import BADGE, browser_of, comment, say_yes
from tests.conftest import GUEST_MARK, MakeRepost
from tests.routes import public_responses, public_urls


def file_letter(repost: Repost) -> None:
    letter = ContentFile(b"Dear Eldon, the crimson umbrella is yours.", name="letter.txt")
    steps.add_evidence(Evidence(repost=repost, kind="letter", dated=date(2026, 2, 28), file=letter), by=HOST)


def edit(repost: Repost, text: str) -> None:
    repost.text = text
    repost.save()
    steps.assert_by_host(repost, by=HOST)


def page_of(post: Post) -> str:
    return Client().get(post.get_absolute_url()).content.decode()


def soup_of(post: Post) -> BeautifulSoup:
    return BeautifulSoup(page_of(post), "html.parser")


def found(soup: BeautifulSoup | Tag, selector: str) -> Tag:
    element = soup.select_one(selector)
    assert element is not None, selector
    return element


@pytest.fixture
def tag(db: None) -> PostTag:
    return PostTag.objects.create(name="Images", slug="images")


@pytest.mark.parametrize("state", list(Repost.State))
@pytest.mark.parametrize("days", [None, -1, 1], ids=["no end", "ended", "ends tomorrow"])
def test_01_words_are_public_only_under_a_permission_in_force(
    state: str, days: int | None, permitted_repost: Post
) -> None:
    ends_at = clock.now() + timedelta(days=days) if days else None
    Repost.objects.update(state=state, ends_at=ends_at)
    in_force = state in ("asserted", "confirmed", "stale") and days != -1
    assert (GUEST_MARK in page_of(permitted_repost)) == in_force


def test_01_edited_words_are_not_public_under_the_yes_to_the_old_ones(permitted_repost: Post) -> None:
    confirm(permitted_repost.repost)
    edit(permitted_repost.repost, "Other words.")
    page = page_of(permitted_repost)
    assert GUEST_MARK in page
    assert "Other words." not in page


def test_02_the_ledger_is_append_only_and_can_be_verified(permitted_repost: Post) -> None:
    repost = permitted_repost.repost
    event = repost.events.get()
    for change in (event.save, event.delete, repost.events.all().delete, lambda: repost.events.update(note="x")):
        with pytest.raises(AppendOnly):
            change()
    assert list(verification.faults(repost)) == []
    QuerySet(PermissionEvent).update(note="Never said.")  # bypasses the guard of the queryset class
    assert "row 1 " in next(verification.faults(repost))


STATED, ON_FILE, ANSWERED = "as stated by Eldon Host", "2026 on file", "confirmed by e-mail on"


def test_03_the_sentence_claims_what_the_ledger_proves_and_no_more(permitted_repost: Post) -> None:
    repost, proofs = permitted_repost.repost, (STATED, ON_FILE, ANSWERED)
    for level, prove in enumerate([lambda _repost: None, file_letter, confirm], start=1):
        prove(repost)
        assert repost.events.latest("number").level == level
        page = page_of(permitted_repost)
        assert [proof for proof in proofs if proof in page] == [proofs[level - 1]]
    edit(repost, "Other words.")
    steps.release(repost, by=HOST)
    assert ANSWERED not in page_of(permitted_repost)


@pytest.mark.parametrize("end", ["withdraw", "revoke", "decline", "disown"])
def test_04_the_words_of_an_ended_repost_are_in_no_public_output(
    end: str, client: Client, permitted_repost: Post, original_author: Person, tag: PostTag
) -> None:
    permitted_repost.tags.add(tag)
    parts = (client, permitted_repost, tag, original_author)
    assert any(GUEST_MARK in text for _url, text in public_responses(*parts))
    call(getattr(steps, end), permitted_repost)
    assert [url for url, text in public_responses(*parts) if GUEST_MARK in text] == []


def test_05_an_end_changes_no_comment_and_none_of_the_hosts_words(permitted_repost: Post) -> None:
    root = submit(post_id=permitted_repost.pk, name="Rea", text="A remark on it.")
    submit(post_id=permitted_repost.pk, name="Sam", text="And a reply.", parent=root.public_id)

    def stored_texts() -> list[Any]:
        own_words = Post.objects.values("title", "introduction", "introduction_html", "body", "body_html", "status")
        return [list(Comment.objects.order_by("pk").values()), *own_words]

    before = stored_texts()
    steps.revoke(permitted_repost.repost)
    assert stored_texts() == before
    page = page_of(permitted_repost)
    assert [text in page for text in ("A colleague writes:", "A remark on it.", "And a reply.")] == [True] * 3
    assert [Client().get(stored.get_absolute_url()).status_code for stored in Comment.objects.all()] == [200, 200]


def everything_stored() -> dict[str, list[dict[str, Any]]]:
    models: list[type[Model]] = [
        *apps.get_app_config("blog").get_models(),
        *apps.get_app_config("comments").get_models(),
    ]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


def test_06_get_and_head_change_nothing(
    client: Client, permitted_repost: Post, original_author: Person, tag: PostTag
) -> None:
    author_requests.ask(permitted_repost.repost, by=HOST)
    worker.run_due()
    link = path_in(mail.outbox[-1])
    urls = public_urls(permitted_repost, tag, original_author)
    before = everything_stored()
    for url in [link, *(url for several in urls.values() for url in several)]:
        client.head(url)
        client.get(url)
        client.get(url, {"act": "yes", "answer": "yes", "text": "x", "name": "x"})
    assert everything_stored() == before


def test_07_e_mail_addresses_evidence_and_links_are_in_no_response(
    client: Client, permitted_repost: Post, original_author: Person, tag: PostTag
) -> None:
    repost = permitted_repost.repost
    file_letter(repost)
    request = author_requests.ask(repost, by=HOST)
    worker.run_due()
    link = path_in(mail.outbox[-1])
    author_requests.answer(request, request.Answer.YES)
    secrets = [original_author.contact_email, "crimson umbrella", str(repost.evidence.get().file.name)]
    secrets += [AuthorLink.objects.get().digest, link.split("/")[2]]
    for url, text in public_responses(client, permitted_repost, tag, original_author):
        assert not [secret for secret in secrets if secret in text], url


def test_08_the_host_is_the_one_author_of_the_post_and_the_other_person_of_the_passage(permitted_repost: Post) -> None:
    items = mf2py.parse(doc=page_of(permitted_repost))["items"]
    (entry,) = [item for item in items if "h-entry" in item["type"]]
    assert [author["properties"]["name"] for author in entry["properties"]["author"]] == [[HOST]]
    (passage,) = entry["properties"]["quotation-of"]
    assert passage["type"] == ["h-cite"]
    assert [author["properties"]["name"] for author in passage["properties"]["author"]] == [["Ada Colleague"]]


def test_09_no_passage_is_public_without_author_extent_alterations_and_language(make_repost: MakeRepost) -> None:
    post = make_repost(stated=False)
    for field in ("extent", "alterations", "language"):
        incomplete = Repost.objects.get(post=post)
        setattr(incomplete, field, "")
        with pytest.raises(ValidationError) as refusal:
            incomplete.full_clean()
        assert field in refusal.value.message_dict
    Credit.objects.filter(post=post).update(role=Credit.Role.TRANSLATOR)
    with pytest.raises(lifecycle.NotReady):
        lifecycle.publish(post)


@pytest.mark.parametrize("source_url", ["https://ada.example/where-it-stood", ""], ids=["web", "e-mail"])
def test_10_the_credit_is_beside_the_words_and_no_url_is_invented(source_url: str, make_repost: MakeRepost) -> None:
    figure = found(soup_of(make_repost(source_url=source_url, source_title="")), "#post figure.h-cite")
    quote = found(figure, "blockquote")
    assert quote.parent is figure
    assert figure.select("blockquote ~ figcaption")
    assert quote.get("cite", "") == source_url
    assert "Ada Colleague" not in quote.get_text()
    assert "Ada Colleague" in found(figure, "figcaption").get_text()
    assert [link["href"] for link in figure.select("figcaption a.u-url")] == [source_url] * bool(source_url)


@pytest.mark.parametrize(
    "words",
    [
        "It stood where nothing stood.",
        "“Not so”, she said – twice…\n\nAnd left.",
        "نه، نمی\u200cخواهم.",
        "1 < 2 & 3 > 2",
    ],
)
def test_11_the_words_on_the_page_are_those_of_the_fingerprint(words: str, make_repost: MakeRepost) -> None:
    post = make_repost(text=words)
    shown = found(soup_of(post), "blockquote").get_text()
    assert fingerprints.folded(shown) == post.repost.events.latest("number").folded


def test_12_the_canonical_url_of_a_post_is_its_permalink(permitted_repost: Post) -> None:
    links = soup_of(permitted_repost).select("link[rel=canonical]")
    assert [link["href"] for link in links] == [permitted_repost.permalink]


LOADING = {**dict.fromkeys(("img", "script", "iframe", "video", "audio", "source"), "src"), "object": "data"}
LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


def test_13_nothing_is_loaded_from_elsewhere_before_a_click(permitted_repost: Post) -> None:
    Video.objects.create(
        post=permitted_repost,
        part="repost",
        page_url="https://youtu.be/dQw4w9WgXcQ",
        provider="youtube",
        provider_id="dQw4w9WgXcQ",
        title="The clip",
    )
    soup = soup_of(permitted_repost)
    assert "The clip" in soup.get_text()
    loaded = [element[name] for tag, name in LOADING.items() for element in soup.select(f"{tag}[{name}]")]
    loaded += [link["href"] for link in soup.select("link") if LOADING_LINKS & set(link["rel"])]
    assert len(loaded) > 3
    assert [url for url in loaded if urlsplit(str(url)).netloc] == []


def test_14_the_badge_needs_a_verified_claim_to_this_passage(
    noon: object, permitted_repost: Post, make_repost: MakeRepost, original_author: Person
) -> None:
    other = make_repost("another")
    with clock.standing_at(clock.now() - timedelta(hours=1)):
        say_yes(other, original_author)  # proof for one passage is no proof for another
        browser = browser_of(say_yes(permitted_repost, original_author))
    comment(browser, permitted_repost)
    comment(browser, other)
    comment(Client(), permitted_repost, "Me too.")
    assert (page_of(permitted_repost).count(BADGE), page_of(other).count(BADGE)) == (1, 0)
    steps.revoke(Repost.objects.get(post=permitted_repost))
    assert page_of(permitted_repost).count(BADGE) == 0


# The steps that raise the level, and to which level. Only the author's answer reaches level 3.
PROOFS = {"assert_by_host": 1, "add_evidence": 2, "confirm": 3}
STEPS = {
    name: step
    for name, step in inspect.getmembers(steps, inspect.isfunction)
    if step.__module__ == steps.__name__ and not name.startswith("_")
}


def call(step: Callable[..., Any], post: Post) -> Any:
    """Take a step with valid arguments for all of its parameters."""
    repost = Repost.objects.select_related("post__blog", "shown", "covered").get(post=post)
    letter = Evidence(repost=repost, dated=date(2026, 2, 28), file=ContentFile(b"Dear Eldon", name="a"))
    arguments: dict[str, Any] = {
        "repost": repost,
        "blog": Blog.load(),
        "evidence": letter,
        "person": repost.post.author,
        "wording": Wording.objects.of(repost),
        "conditions": {},
        "last_day": None,
        "disputed": True,
        **dict.fromkeys(("by", "note", "name", "domain"), "x"),
    }
    return step(**{name: arguments[name] for name in inspect.signature(step).parameters})


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("proved", [0, 1, 2])
def test_15_nothing_raises_the_level_without_its_evidence(name: str, proved: int, make_repost: MakeRepost) -> None:
    post = make_repost()
    prepare: list[Callable[[Repost], None]] = [file_letter, lambda repost: edit(repost, "Other words.")]
    for step in prepare[:proved]:
        step(post.repost)
    for state in Repost.State:
        Repost.objects.update(state=state)
        before = Repost.objects.get().level
        try:
            call(STEPS[name], post)
        except steps.StepNotAllowed:
            continue
        assert Repost.objects.get().level <= max(before, PROOFS.get(name, 0))


TYPED_VOICES = [
    '<section class="voice-guest" data-voice="guest">Mine</section>',
    '<p class="voice-label">Words of Ada Colleague</p>',
    "Mine {.voice-guest data-voice=guest}",
    "::: voice-guest\nMine\n:::",
    "```voice-guest\nMine\n```",
    '<code class="voice-guest">Mine</code><sup class="voice-label">Mine</sup>',
    '<span class="comment-badge">original author</span>',
    '<figure class="u-quotation-of h-cite"><a class="p-author h-card">Ada</a></figure>',
]
RESERVED = ("voice", "h-cite", "h-card", "p-author", "comment-badge", "u-quotation-of")


@pytest.mark.parametrize("text", [*TYPED_VOICES, *ATTACKS.values()])
def test_16_cleaning_is_idempotent_and_nobody_can_type_the_markup_of_another_voice(text: str) -> None:
    for html, allowed in (
        (rendering.render_post(text, id_prefix="p1b-"), sanitise.POST),
        (rendering.render_repost(text, id_prefix="p1r-"), sanitise.REPOST),
        (rendering.render_comment(text), sanitise.COMMENT),
    ):
        assert sanitise.clean(html, allowed) == html
        # The parser lets no HTML through, so the sanitiser is also tested alone. Its output may be a bare URL, about
        # which Beautiful Soup warns, so it is wrapped in an element here, as on a page.
        for cleaned in (html, sanitise.clean(text, allowed)):
            for element in BeautifulSoup(f"<div>{cleaned}</div>", "html.parser").find_all(True):
                assert "data-voice" not in element.attrs
                assert not [name for name in element.get("class") or () if name.startswith(RESERVED)]
