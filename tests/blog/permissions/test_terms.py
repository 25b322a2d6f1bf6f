"""The author's conditions: every output that shows something of the words respects each of them."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import extruct
import feedparser
import pytest
from django.test import Client

from blog.models import Post, Repost, Tag, Video
from blog.permissions import steps
from core import clock
from tests.conftest import GUEST_MARK, MakePost

WORDING = "A. Colleague & friends, Harbour Institute"
LINK = "https://harbour.example/ada"


@pytest.fixture
def granted(noon: datetime, permitted_repost: Post) -> Post:
    """A repost with a tag and a video of its own, before the author has answered."""
    permitted_repost.tags.add(Tag.objects.create(name="Images", slug="images"))
    Video.objects.create(
        post=permitted_repost,
        part=Video.Part.REPOST,
        page_url="https://youtu.be/a-B_c1D2e3F",
        provider="youtube",
        provider_id="a-B_c1D2e3F",
        title="The clip",
        poster="posters/clip.jpg",
        uploaded_on=date(2026, 11, 2),
        transcript=f"A {GUEST_MARK} speaks.",
    )
    return permitted_repost


def say_yes(post: Post, **conditions: Any) -> None:
    """Say yes as the author, with these conditions."""
    repost = Repost.objects.get(post=post)
    assert repost.shown
    steps.confirm(repost, wording=repost.shown, domain="example.edu", conditions=conditions)


def feeds() -> Iterator[str]:
    """The content of the repost's entry in every feed."""
    for path in ("/feeds/posts.atom", "/tags/images/feed.atom"):
        (entry,) = feedparser.parse(Client().get(path).content).entries
        yield entry.content[0].value
    (item,) = Client().get("/feeds/posts.json").json()["items"]
    yield item["content_html"]


def contributors() -> Iterator[list[tuple[str, str]]]:
    """Names and URLs of the contributors of the repost's entry, for each Atom feed."""
    for path in ("/feeds/posts.atom", "/tags/images/feed.atom"):
        (entry,) = feedparser.parse(Client().get(path).content).entries
        yield [(person.name, person.href) for person in entry.contributors]


def page(post: Post) -> str:
    return Client().get(post.get_absolute_url()).content.decode()


def graph(post: Post) -> dict[str, dict[str, Any]]:
    (document,) = extruct.extract(page(post), syntaxes=["json-ld"])["json-ld"]
    return {node["@type"]: node for node in document["@graph"]}


def described(post: Post) -> list[str]:
    return re.findall(r'<meta (?:name|property)="(?:og:)?description" content="([^"]*)"', page(post))


def test_without_conditions_every_output_contains_the_words(granted: Post) -> None:
    say_yes(granted)
    assert GUEST_MARK in page(granted)
    assert GUEST_MARK in graph(granted)["Quotation"]["text"]
    assert all(GUEST_MARK in content for content in feeds())


# --- The credit -------------------------------------------------------------------------------------------------------


def test_the_credit_is_worded_exactly_as_the_author_asked(granted: Post) -> None:
    say_yes(granted, credit_wording=WORDING)
    escaped = WORDING.replace("&", "&amp;")
    (figcaption,) = re.findall(r"<figcaption>\s*<p class=\"credit\">.*?</figcaption>", page(granted), re.DOTALL)
    assert f">{escaped}</a>" in figcaption
    assert "Ada" not in figcaption
    assert all(escaped in text for text in described(granted))
    assert graph(granted)["Quotation"]["creditText"].startswith(f"{WORDING}, Where it stood.")
    assert "Ada Colleague" not in page(granted), "not even in the structured data"
    assert "Ada Colleague" not in Client().get(f"{permission_path(granted)[:-1]}.jsonld").content.decode()
    for content in feeds():
        assert content.count(escaped) == 3  # before the words, under them, after them
        assert "Ada Colleague" not in content
    assert all(names == [(WORDING, "https://ada.example/")] for names in contributors())
    paths = ("/", "/permissions/", permission_path(granted), f"{permission_path(granted)}dispute/")
    pages = [Client().get(path).content.decode() for path in paths]
    assert all(escaped in html for html in pages)
    (item,) = Client().get("/feeds/posts.json").json()["items"]
    assert item["_imprimatur"]["passages"][0]["author"] == WORDING


def test_the_credit_links_to_the_url_that_the_author_chose(granted: Post) -> None:
    say_yes(granted, credit_link=LINK)
    link = f'<a class="p-author h-card" href="{LINK}">Ada Colleague</a>'
    assert link in page(granted)
    assert all(f'href="{LINK}"' in content for content in feeds())
    assert all(names == [("Ada Colleague", LINK)] for names in contributors())


def permission_path(post: Post) -> str:
    return f"/permissions/{post.repost.public_id}/"


# --- No search snippet ------------------------------------------------------------------------------------------------


def test_no_snippet_keeps_the_words_from_search_results(granted: Post) -> None:
    say_yes(granted, no_snippet=True)
    html = page(granted)
    (section,) = re.findall(r'<section id="words-[^>]*>', html)
    assert "data-nosnippet" in section
    inside = html[html.index(section) : html.index('<section id="commentary"')]
    assert html.count(GUEST_MARK) == inside.count(GUEST_MARK) > 0, "not in the JSON-LD and not in a description"
    assert "text" not in graph(granted)["Quotation"]
    assert "transcript" not in graph(granted)["VideoObject"]
    for suffix in ("cite.bib", "cite.ris"):
        assert GUEST_MARK not in Client().get(granted.get_absolute_url() + suffix).content.decode()


# --- Not in full in feeds ---------------------------------------------------------------------------------------------


def test_not_in_feeds_replaces_the_words_with_a_link(granted: Post) -> None:
    say_yes(granted, not_in_feeds=True)
    for path in ("/feeds/posts.atom", "/tags/images/feed.atom", "/feeds/posts.json"):
        assert GUEST_MARK not in Client().get(path).content.decode(), path
    for content in feeds():
        assert f"{granted.permalink}#words-{granted.repost.public_id}" in content
        assert "Ada Colleague" in content
        assert "confirmed by e-mail on" in content
        assert "own words" in content
        assert "The clip" not in content
    assert GUEST_MARK in page(granted)


# --- No training ------------------------------------------------------------------------------------------------------

SHOWING = ["/feeds/posts.atom", "/feeds/posts.json", "/tags/images/feed.atom"]


def test_no_training_is_stated_in_headers_pages_and_feeds(granted: Post) -> None:
    say_yes(granted, no_training=True)
    for path in [granted.get_absolute_url(), *SHOWING]:
        response = Client().get(path)
        assert response["tdm-reservation"] == "1", path
        assert response["X-Robots-Tag"] == "noai, noimageai", path
    html = page(granted)
    assert '<meta name="tdm-reservation" content="1">' in html
    assert '<meta name="robots" content="noai, noimageai">' in html
    assert all("does not allow these words to be used for training AI" in content for content in feeds())
    assert "must not be used to train AI" in graph(granted)["Quotation"]["conditionsOfAccess"]


def test_no_training_is_added_to_the_hosts_search_policy(granted: Post) -> None:
    say_yes(granted, no_training=True)
    Post.objects.update(search_policy=Post.SearchPolicy.NOINDEX)
    assert Client().get(granted.get_absolute_url())["X-Robots-Tag"] == "noindex, noai, noimageai"


def test_without_the_condition_or_the_words_no_headers_are_set(granted: Post, make_post: MakePost) -> None:
    say_yes(granted)
    for path in [granted.get_absolute_url(), *SHOWING]:
        assert "tdm-reservation" not in Client().get(path)
    say_yes(granted, no_training=True)
    assert "tdm-reservation" not in Client().get(make_post("another").get_absolute_url())
    steps.withdraw(Repost.objects.get(), by="Eldon Host")
    for path in [granted.get_absolute_url(), *SHOWING]:
        assert "tdm-reservation" not in Client().get(path)


# --- An end -----------------------------------------------------------------------------------------------------------


def test_every_output_respects_the_authors_end(granted: Post, noon: datetime) -> None:
    Repost.objects.update(expires_on=date(2026, 12, 31))
    say_yes(granted, author_end=date(2026, 11, 30))
    last_moment = datetime(2026, 12, 1, tzinfo=noon.tzinfo)
    with clock.standing_at(last_moment - timedelta(microseconds=1)):
        assert GUEST_MARK in page(granted)
    with clock.standing_at(last_moment):
        assert "ended on Nov. 30, 2026" in page(granted)
        for path in [granted.get_absolute_url(), permission_path(granted), *SHOWING]:
            assert GUEST_MARK not in Client().get(path).content.decode(), path
        assert graph(granted)["Quotation"]["creativeWorkStatus"] == "Withdrawn"
        (item,) = json.loads(Client().get("/feeds/posts.json").content)["items"]
        assert item["_imprimatur"]["passages"][0]["state"] == "expired"
