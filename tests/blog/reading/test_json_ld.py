"""The metadata of a post's page, each format read by an independent parser."""

import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import extruct
import mf2py
import mf2util
import pytest
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Credit, Evidence, Person, Post, Repost, Tag, Video
from blog.permissions import steps
from blog.reading import json_ld
from comments.posting.submission import submit
from core import clock
from tests.conftest import GUEST_MARK, MakePost, MakeRepost

pytestmark = pytest.mark.django_db

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
STRONGER = {1: ("confirmed", "on file"), 2: ("confirmed",), 3: ()}  # claims that a page of that level must not make


@pytest.fixture
def clip(permitted_repost: Post) -> Video:
    """A complete video that came with the words."""
    return Video.objects.create(
        post=permitted_repost,
        part=Video.Part.REPOST,
        page_url="https://youtu.be/a-B_c1D2e3F",
        provider="youtube",
        provider_id="a-B_c1D2e3F",
        title="The harbour that was not",
        uploaded_on=date(2026, 11, 2),
        poster="posters/harbour.jpg",
        transcript="A voice: nobody stood here.",
        ai_origin=Video.AiOrigin.GENERATED,
    )


def read(post: Post) -> str:
    response = Client().get(post.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def microformats(post: Post) -> dict[str, Any]:
    """The h-entry of a post's page, and everything parsed from the page."""
    parsed = mf2py.parse(doc=read(post), url=post.permalink)
    (entry,) = [item for item in parsed["items"] if "h-entry" in item["type"]]
    return {"entry": entry, "parsed": parsed}


def graph(post: Post) -> dict[str, dict[str, Any]]:
    """The nodes of the page's JSON-LD by type, as a search engine extracts them."""
    (document,) = extruct.extract(read(post), base_url=post.permalink, syntaxes=["json-ld"])["json-ld"]
    return {node["@type"]: node for node in document["@graph"]}


def raise_level(post: Post, level: int) -> None:
    """Add the proof of `level` to the ledger: a letter, or the author's own answer."""
    repost = Repost.objects.get(post=post)
    if level == 2:
        letter = Evidence(repost=repost, kind="letter", dated=date(2026, 2, 28), file=ContentFile(b"Yes.", "yes.txt"))
        steps.add_evidence(letter, by="Eldon Host")
    if level == 3:
        assert repost.shown
        steps.confirm(repost, wording=repost.shown, domain="example.edu", conditions={})


# --- Microformats -----------------------------------------------------------------------------------------------------


def test_the_host_is_the_only_author_of_the_entry(permitted_repost: Post) -> None:
    submit(post_id=permitted_repost.pk, name="Rea", text="A remark.")
    authors = microformats(permitted_repost)["entry"]["properties"]["author"]
    assert [author["properties"]["name"] for author in authors] == [["Eldon Host"]]


def test_the_repost_is_a_quotation_with_its_own_author(permitted_repost: Post) -> None:
    (quotation,) = microformats(permitted_repost)["entry"]["properties"]["quotation-of"]
    assert quotation["type"] == ["h-cite"]
    properties = quotation["properties"]
    assert [author["properties"]["name"] for author in properties["author"]] == [["Ada Colleague"]]
    assert properties["url"] == ["https://ada.example/where-it-stood"]
    assert properties["name"] == ["Where it stood"]
    assert GUEST_MARK in properties["content"][0]["value"]
    assert "as stated by" not in properties["content"][0]["value"]


def test_another_parser_finds_an_article_and_not_a_plain_repost(permitted_repost: Post) -> None:
    found = microformats(permitted_repost)
    assert mf2util.post_type_discovery(found["entry"]) == "article"
    entry = mf2util.interpret(found["parsed"], permitted_repost.permalink)
    assert entry["author"]["name"] == "Eldon Host"
    assert "own words" in entry["content-plain"]


def test_no_url_is_invented_for_a_letter(make_repost: MakeRepost) -> None:
    post = make_repost(source_url="", medium=Repost.Medium.LETTER)
    (quotation,) = microformats(post)["entry"]["properties"]["quotation-of"]
    assert "url" not in quotation["properties"]
    assert "url" not in graph(post)["Quotation"]["isBasedOn"]


def test_a_withdrawn_repost_is_not_quoted(withdrawn_repost: Post) -> None:
    entry = microformats(withdrawn_repost)["entry"]
    assert "quotation-of" not in entry["properties"]
    assert [author["properties"]["name"] for author in entry["properties"]["author"]] == [["Eldon Host"]]


# --- Plain text -------------------------------------------------------------------------------------------------------


class PlainText(HTMLParser):
    """Collects the text of the section with the reposted words, without any markup."""

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.text = 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "section" and (self.depth or ("data-voice", "guest") in attrs):
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "section" and self.depth > 0

    def handle_data(self, data: str) -> None:
        self.text += data if self.depth else ""


def test_the_name_is_before_and_after_the_words_even_without_markup(make_repost: MakeRepost) -> None:
    post = make_repost(text=f"First {GUEST_MARK}.\n\n" + "More. " * 400 + f"\n\nLast {GUEST_MARK}.")
    parser = PlainText()
    parser.feed(read(post))
    text = " ".join(parser.text.split())
    before, after = text.split("First", 1)[0], text.rsplit("Last camera.", 1)[1]
    assert before.strip() == "Words of Ada Colleague"
    assert after.strip().startswith("— Ada Colleague, Where it stood.")


# --- JSON-LD ----------------------------------------------------------------------------------------------------------


def test_the_host_is_the_author_of_the_posting_and_the_other_author_is_quoted(permitted_repost: Post) -> None:
    nodes = graph(permitted_repost)
    posting, quotation = nodes["BlogPosting"], nodes["Quotation"]
    assert posting["author"]["name"] == "Eldon Host"
    assert [part["@id"].split("#")[1] for part in posting["hasPart"]] == [
        "introduction",
        f"words-{permitted_repost.repost.public_id}",
        "commentary",
    ]
    assert posting["hasPart"][1]["@id"] == quotation["@id"]
    assert quotation["isPartOf"]["@id"] == posting["@id"]
    assert [person["name"] for person in quotation["creator"]] == ["Ada Colleague"]
    assert quotation["text"] == "A camera that never was there cannot lie about where it stood."
    assert quotation["isBasedOn"]["url"] == "https://ada.example/where-it-stood"
    assert quotation["creativeWorkStatus"] == "Active"
    assert "as stated by Eldon Host" in quotation["creditText"]
    assert Client().get(quotation["usageInfo"]).status_code == 200


def test_every_anchor_of_the_graph_is_on_the_page(permitted_repost: Post, clip: Video) -> None:
    html = read(permitted_repost)
    anchors = {
        iri.split("#")[1]
        for iri in re.findall(r'"@id": "([^"]+)"', SCRIPT.findall(html)[0])
        if iri.startswith(permitted_repost.permalink)
    }
    assert len(anchors) == 5
    assert all(f'id="{anchor}"' in html for anchor in anchors)


def test_a_withdrawn_repost_leaves_a_node_without_text_or_source(withdrawn_repost: Post) -> None:
    quotation = graph(withdrawn_repost)["Quotation"]
    assert quotation["creativeWorkStatus"] == "Withdrawn"
    assert not {"text", "isBasedOn", "creditText"} & set(quotation)


def test_a_post_without_a_repost_quotes_nobody(own_post: Post, unpermitted_repost: Post) -> None:
    assert set(graph(own_post)) == set(graph(unpermitted_repost)) == {"BlogPosting"}


def test_a_licence_is_named_only_if_the_repost_is_based_on_it(make_repost: MakeRepost) -> None:
    licence = {"licence_name": "CC BY 4.0", "licence_url": "https://creativecommons.org/licenses/by/4.0/"}
    licensed = make_repost("licensed", basis=Repost.Basis.LICENCE, **licence)
    assert graph(licensed)["Quotation"]["license"] == licence["licence_url"]
    assert "license" not in graph(make_repost("permitted", **licence))["Quotation"]


def test_a_complete_video_is_listed_and_labelled_as_made_by_ai(permitted_repost: Post, clip: Video) -> None:
    video = graph(permitted_repost)["VideoObject"]
    assert video["uploadDate"] == "2026-11-02"
    assert video["thumbnailUrl"] == "http://127.0.0.1:8000/media/posters/harbour.jpg"
    assert video["digitalSourceType"] == "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
    assert video["transcript"] == "A voice: nobody stood here."


@pytest.mark.parametrize("missing", [{"uploaded_on": None}, {"poster": ""}])
def test_an_incomplete_video_is_not_listed(permitted_repost: Post, clip: Video, missing: dict[str, Any]) -> None:
    Video.objects.update(**missing)
    nodes = graph(permitted_repost)
    assert "VideoObject" not in nodes
    assert "video" not in nodes["BlogPosting"]


def test_only_ai_videos_are_labelled_and_videos_disappear_with_the_words(permitted_repost: Post, clip: Video) -> None:
    Video.objects.update(ai_origin=Video.AiOrigin.NONE)
    assert "digitalSourceType" not in graph(permitted_repost)["VideoObject"]
    steps.withdraw(permitted_repost.repost, by="Eldon Host")
    assert "VideoObject" not in graph(permitted_repost)


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "a & b &lt; &amp;",
        "one\u2028two\u2029three",
        '"\\\n\t',
        "]]>",
    ],
)
def test_no_text_breaks_out_of_the_script_element(make_post: MakePost, text: str) -> None:
    post = make_post(title=text, summary=text)
    html = read(post)
    (script,) = SCRIPT.findall(html)
    assert not set(script) & set("<>&\u2028\u2029")
    assert json.loads(script)["@graph"][0]["headline"] == text
    assert graph(post)["BlogPosting"]["description"] == text


def test_the_graph_needs_no_query(permitted_repost: Post, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    permitted_repost.tags.add(Tag.objects.create(name="Images", slug="images"))
    post = Post.objects.for_page().get(pk=permitted_repost.pk)
    with django_assert_num_queries(0):
        json_ld.post_graph(post)


# --- The head of the page ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [1, 2, 3])
def test_no_output_claims_more_than_the_ledger_proves(permitted_repost: Post, level: int) -> None:
    raise_level(permitted_repost, level)
    claim = {1: "as stated by Eldon Host", 2: "letter of Feb. 28, 2026 on file", 3: "confirmed by e-mail on"}[level]
    page = f"/permissions/{permitted_repost.repost.public_id}"
    urls = ["/feeds/posts.atom", "/feeds/posts.json", "/permissions/", f"{page}/", f"{page}.jsonld"]
    for url in [permitted_repost.get_absolute_url(), *urls, f"{permitted_repost.get_absolute_url()}cite.bib"]:
        text = Client().get(url).content.decode()
        assert claim in text, url
        for stronger in STRONGER[level]:
            assert stronger not in text, url


def test_a_right_of_quotation_is_never_called_a_permission(make_repost: MakeRepost) -> None:
    post = make_repost(basis=Repost.Basis.QUOTATION_RIGHT, note="")
    quotation = graph(post)["Quotation"]
    assert quotation["creditText"].endswith("Quoted under the right of quotation, as stated by Eldon Host.")
    (description,) = re.findall(r'property="og:description" content="([^"]*)"', read(post))
    assert "permission" not in description


def test_a_link_preview_names_both_and_links_to_the_source(permitted_repost: Post) -> None:
    html = read(permitted_repost)
    properties = dict(extruct.extract(html, syntaxes=["opengraph"])["opengraph"][0]["properties"])
    assert properties["og:type"] == "article"
    assert properties["og:url"] == permitted_repost.permalink
    assert properties["og:see_also"] == "https://ada.example/where-it-stood"
    assert properties["og:description"].startswith(
        "Eldon Host reposts words by Ada Colleague. Reposted with permission, as stated by Eldon Host."
    )
    assert GUEST_MARK not in properties["og:description"]
    assert f'<link rel="canonical" href="{permitted_repost.permalink}">' in html


def test_a_poster_represents_a_post_without_a_cover_while_its_video_is_shown(
    permitted_repost: Post, clip: Video
) -> None:
    picture = '<meta property="og:image" content="http://127.0.0.1:8000/media/posters/harbour.jpg">'
    assert picture in read(permitted_repost)
    steps.withdraw(permitted_repost.repost, by="Eldon Host")
    assert "og:image" not in read(permitted_repost)


def test_the_page_links_to_the_permission_for_machines(permitted_repost: Post) -> None:
    (url,) = re.findall(r'type="application/ld\+json" href="([^"]+)"', read(permitted_repost))
    assert Client().get(url)["Content-Type"] == "application/ld+json"


def test_a_disputed_credit_is_marked_wherever_it_appears(permitted_repost: Post) -> None:
    steps.mark_disputed(permitted_repost.repost, by="Eldon Host", disputed=True)
    page = f"/permissions/{permitted_repost.repost.public_id}/"
    for url in ("/", permitted_repost.get_absolute_url(), "/feeds/posts.atom", "/feeds/posts.json", page):
        assert "ttribution disputed" in Client().get(url).content.decode(), url
    assert "Attribution disputed." in graph(permitted_repost)["Quotation"]["creditText"]


def test_a_translator_is_not_named_as_an_author(permitted_repost: Post) -> None:
    translator = Person.objects.create(name="Bo Writer", slug="bo-writer", orcid="0000-0002-1825-0097")
    Credit.objects.create(post=permitted_repost, person=translator, role=Credit.Role.TRANSLATOR, position=1)
    quotation = graph(permitted_repost)["Quotation"]
    assert [person["name"] for person in quotation["creator"]] == ["Ada Colleague"]
    assert quotation["creditText"].startswith("Ada Colleague, Bo Writer (translator), Where it stood.")


def test_the_graph_marks_an_expired_permission_from_its_exact_end(make_repost: MakeRepost) -> None:
    post = make_repost(expires_on=clock.now().date() + timedelta(days=1))
    assert post.repost.ends_at
    with clock.standing_at(post.repost.ends_at):
        assert graph(post)["Quotation"]["creativeWorkStatus"] == "Withdrawn"
