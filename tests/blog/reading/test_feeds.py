"""Feeds, as an independent feed parser reads them."""

import re
from datetime import datetime, timedelta
from typing import Any

import feedparser
import pytest
from django.test import Client

from blog.models import Person, Post, Repost, Tag, Video
from blog.permissions import steps
from blog.publishing import lifecycle
from core import clock
from tests.conftest import GUEST_MARK, MakePost


def read(url: str = "/feeds/posts.atom") -> feedparser.FeedParserDict:
    feed = feedparser.parse(Client().get(url).content, response_headers={"content-type": "application/atom+xml"})
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def test_the_host_is_the_author_and_the_original_author_a_contributor(permitted_repost: Post) -> None:
    (entry,) = read().entries
    assert entry.author == "Eldon Host"
    assert [person.name for person in entry.contributors] == ["Ada Colleague"]
    assert entry.contributors[0].href == "https://ada.example/"
    assert [link.href for link in entry.links if link.rel == "via"] == ["https://ada.example/where-it-stood"]


def test_credit_and_permission_are_in_the_text_and_in_the_rights(permitted_repost: Post) -> None:
    (entry,) = read().entries
    text = entry.content[0].value
    for expected in (GUEST_MARK, "Ada Colleague", "as stated by Eldon Host", "With her permission I repost here."):
        assert expected in text
    assert text.index("Ada Colleague") < text.index(GUEST_MARK) < text.rindex("Ada Colleague")
    assert "as stated by Eldon Host" in entry.rights
    assert "<iframe" not in text


def test_a_withdrawal_removes_words_and_names_and_changes_the_date(permitted_repost: Post) -> None:
    before = read().entries[0]
    later = clock.now() + timedelta(hours=1)
    with clock.standing_at(later):
        steps.withdraw(permitted_repost.repost, by="Eldon Host")
    with clock.standing_at(later + timedelta(minutes=1)):
        after = read().entries[0]
    assert after.id == before.id
    assert after.updated_parsed > before.updated_parsed
    assert GUEST_MARK not in str(after)
    assert "contributors" not in after
    assert "withdrawn by the host" in after.content[0].value


def test_an_entry_keeps_its_id_when_the_slug_changes(own_post: Post) -> None:
    before = read().entries[0]
    own_post.slug = "another"
    own_post.save()
    after = read().entries[0]
    assert before.id == after.id
    assert before.link != after.link


def test_a_public_edit_changes_the_date(own_post: Post) -> None:
    before = read().entries[0]
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        lifecycle.mark_updated(own_post)
        assert read().entries[0].updated_parsed > before.updated_parsed


def test_every_url_is_absolute(make_post: MakePost) -> None:
    post = make_post(body="[here](/2026/) and ![a dot](/media/pictures/dot.png)")
    Video.objects.create(post=post, page_url="x", provider="youtube", provider_id="samplevideo", title="Film")
    (entry,) = read().entries
    text = entry.content[0].value
    assert 'href="/' not in text
    assert 'src="/' not in text
    assert "http://127.0.0.1:8000/media/pictures/dot.png" in text
    assert "https://www.youtube.com/watch?v=samplevideo" in text


def test_an_empty_feed_is_the_same_at_any_time(blog: object, noon: datetime) -> None:
    first = Client().get("/feeds/posts.atom").content
    with clock.standing_at(noon + timedelta(days=3)):
        assert Client().get("/feeds/posts.atom").content == first
    assert read().entries == []


def test_each_tag_has_its_own_feed(own_post: Post, permitted_repost: Post) -> None:
    own_post.tags.add(Tag.objects.create(name="Images", slug="images"))
    feed = read("/tags/images/feed.atom")
    assert [entry.title for entry in feed.entries] == ["Own Post"]
    assert feed.feed.title == "Marginalia: Images"
    Tag.objects.create(name="Empty", slug="empty")
    assert Client().get("/tags/empty/feed.atom").status_code == 404


def test_a_name_with_characters_illegal_in_xml_breaks_no_feed(permitted_repost: Post) -> None:
    Person.objects.filter(credits__post=permitted_repost).update(name="Ada\x0b \ufffeColleague")
    (entry,) = read().entries
    assert entry.contributors[0].name == "Ada Colleague"


@pytest.mark.parametrize("text", ["a\x0bb", "]]>", "&amp; <b>", "\u202e"])
def test_no_text_breaks_the_xml(text: str, make_post: MakePost) -> None:
    make_post(title=f"T {text}", body=text, summary=text)
    assert len(read().entries) == 1


# --- JSON -------------------------------------------------------------------------------------------------------------


def read_json() -> dict[str, Any]:
    response = Client().get("/feeds/posts.json")
    assert response["Content-Type"] == "application/feed+json"
    feed: dict[str, Any] = response.json()
    return feed


def test_a_json_feed_describes_itself(permitted_repost: Post, own_post: Post) -> None:
    feed = read_json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["title"], feed["home_page_url"]) == ("Marginalia", "http://127.0.0.1:8000/")
    assert feed["feed_url"] == "http://127.0.0.1:8000/feeds/posts.json"
    assert [item["title"] for item in feed["items"]] == ["Own Post", "Permitted Repost"]
    assert '<link rel="alternate" type="application/feed+json"' in Client().get("/").content.decode()


def test_a_json_item_names_the_host_as_author_and_the_author_of_the_repost(permitted_repost: Post) -> None:
    (item,) = read_json()["items"]
    assert [author["name"] for author in item["authors"]] == ["Eldon Host"]
    assert item["url"] == permitted_repost.permalink
    assert item["external_url"] == "https://ada.example/where-it-stood"
    (passage,) = item["_imprimatur"]["passages"]
    repost = permitted_repost.repost
    assert repost.shown
    assert (passage["author"], passage["level"], passage["state"]) == ("Ada Colleague", 1, "asserted")
    assert passage["fingerprint"] == repost.shown.strict
    assert Client().get(passage["permission"]).status_code == 200
    text = item["content_html"]
    assert text.index("Ada Colleague") < text.index(GUEST_MARK) < text.rindex("Ada Colleague")


def test_atom_and_json_list_the_same_posts(permitted_repost: Post, own_post: Post) -> None:
    atom = [(entry.id, entry.link, entry.title, entry.summary) for entry in read().entries]
    items = read_json()["items"]
    assert atom == [(item["id"], item["url"], item["title"], item["summary"]) for item in items]


def test_a_json_item_has_no_trace_of_a_withdrawn_repost(withdrawn_repost: Post) -> None:
    (item,) = read_json()["items"]
    assert "external_url" not in item
    assert set(item["_imprimatur"]["passages"][0]) == {"id", "author", "permission", "state"}


def test_posts_without_a_stated_repost_have_no_passages(own_post: Post, unpermitted_repost: Post) -> None:
    assert not any("_imprimatur" in item for item in read_json()["items"])


def test_a_json_feed_without_posts_is_valid(blog: object) -> None:
    assert read_json()["items"] == []


def test_each_text_has_the_direction_of_its_language(permitted_repost: Post) -> None:
    """Feed readers do not see our pages, so every part has its own direction and language."""
    Post.objects.update(language="fa", body="Essay.", body_html="<p>Essay.</p>")
    Repost.objects.update(language="ar")
    (item,) = Client().get("/feeds/posts.json").json()["items"]
    assert '<div lang="fa" dir="rtl"><p>A colleague writes:</p>' in item["content_html"]
    assert '<div lang="fa" dir="rtl"><p>Essay.</p>' in item["content_html"]
    assert re.search('<blockquote[^>]* lang="ar" dir="rtl">', item["content_html"])
