"""The main job in a real browser: publish a repost, read it, comment on it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import feedparser
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Complaints, Site

WORDS = "A *camera* that never was there cannot lie about where it stood."
WORDS_AS_READ = "A camera that never was there cannot lie about where it stood."
NOTE = "With her permission I repost here."
PLAYER = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?"


@dataclass(frozen=True)
class Written:
    """A repost as the host types it. Title and author are unique, because all tests share one site."""

    title: str
    author: str


@pytest.fixture
def written(host_page: Page) -> Written:
    """Fill in the form of a new post in `host_page` without sending it."""
    mark = uuid4().hex[:8]
    post = Written(title=f"On cameras {mark}", author=f"Ada Colleague {mark}")
    page = host_page
    page.goto("/admin/blog/post/add/")
    page.locator("#id_title").fill(post.title)
    page.locator("#id_introduction").fill("A colleague *writes*:")
    page.locator("#id_repost-0-text").fill(WORDS)
    page.locator("#id_repost-0-source_title").fill("Where it stood")
    page.locator("#id_repost-0-source_url").fill("https://ada.example/where-it-stood")
    page.locator("#id_repost-0-basis").select_option("permission")
    page.locator("#id_repost-0-note").fill(NOTE)
    add_author(page, post.author)
    page.locator("#id_videos-0-page_url").fill("https://youtu.be/dQw4w9WgXcQ?t=90")
    page.locator("#id_videos-0-title").fill("The clip")
    page.locator("#id_videos-0-ai_origin").select_option("unknown")
    page.locator("#id_body").fill("The host **answers** at length.")
    page.locator("#id_status").select_option("published")
    return post


def add_author(page: Page, name: str) -> None:
    """Add a person in the pop-up window that the green plus opens."""
    with page.expect_popup() as opening:
        page.locator("#add_id_credits-0-person").click()
    window = opening.value
    window.locator("#id_name").fill(name)
    with window.expect_event("close"):
        window.locator("[name=_save]").click()


@pytest.fixture
def address(written: Written, host_page: Page) -> str:
    """Return the path of the published post."""
    host_page.locator("[name=_save]").click()
    expect(host_page.locator(".messagelist .success")).to_contain_text(written.title)
    host_page.goto("/")
    return str(host_page.get_by_role("link", name=written.title).get_attribute("href"))


@pytest.fixture
def plain_page(new_page: Callable[..., Page]) -> Page:
    """A reader's page without JavaScript."""
    return new_page(java_script_enabled=False)


def send_comment(page: Page, *, name: str, text: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Comment", exact=True).fill(text)
    page.get_by_role("button", name=re.compile("^Post (comment|reply)$")).click()


def test_the_preview_follows_what_is_typed(written: Written, host_page: Page) -> None:
    host_page.locator("#preview-button").click()
    preview = host_page.frame_locator("#preview-frame")
    expect(preview.locator("h1.p-name")).to_have_text(written.title)
    expect(preview.locator("figure.passage blockquote")).to_have_text(WORDS_AS_READ)
    expect(preview.locator("figure.passage figcaption")).to_contain_text(NOTE)
    host_page.locator("#id_body").fill("The host *thinks again*.")
    expect(preview.locator("#commentary .prose em")).to_have_text("thinks again")


def test_a_published_repost_is_on_its_page(written: Written, address: str, page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name=written.title).click()
    assert urlsplit(page.url).path == address
    parts = page.locator("#introduction, .voice-guest, figure.video, #commentary, #comments")
    order = [(part.get_attribute("id") or "video").partition("-")[0] for part in parts.all()]
    assert order == ["introduction", "words", "video", "commentary", "comments"]
    expect(page.locator("#introduction em")).to_have_text("writes")
    expect(page.locator("figure.passage blockquote em")).to_have_text("camera")
    caption = page.locator("figure.passage > figcaption")
    expect(caption).to_contain_text(written.author)
    expect(caption).to_contain_text("Reposted with permission, as stated by")
    expect(caption).to_contain_text(NOTE)
    expect(caption.get_by_role("link", name="Where it stood")).to_have_attribute(
        "href", "https://ada.example/where-it-stood"
    )
    assert page.locator("article.post").inner_text().count(WORDS_AS_READ) == 1


def test_the_player_loads_at_a_click_and_not_before(address: str, page: Page, complaints: Complaints) -> None:
    def stand_in(route: Route) -> None:
        route.fulfill(content_type="text/html", body="<p>The player.</p>")

    page.context.route("https://www.youtube-nocookie.com/**", stand_in)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert page.locator("iframe").count() == 0
    assert complaints.requests_elsewhere == []
    page.get_by_role("link", name="Play (loads YouTube)").click()
    expect(page.frame_locator("iframe.video-frame").get_by_text("The player.")).to_be_visible()
    asked = complaints.requests_elsewhere.pop()
    assert asked.startswith(PLAYER)
    assert "start=90" in asked


def test_a_reader_without_scripts_comments_and_replies(address: str, plain_page: Page) -> None:
    page = plain_page
    page.goto(address)
    send_comment(page, name="Rea Reader", text="Well *said*.")
    expect(page.locator("article.comment .comment-body em")).to_have_text("said")
    page.get_by_role("link", name="Back to the discussion").click()
    assert urlsplit(page.url).path == address
    expect(page.locator("article.comment .comment-body em")).to_have_text("said")

    page.get_by_role("link", name="Reply to Rea Reader").click()
    send_comment(page, name="Bo Stranger", text="I doubt it.")
    page.get_by_role("link", name="Back to the discussion").click()
    reply = page.locator("ol.thread > li ol.replies > li > article.comment")
    expect(reply.locator(".comment-author")).to_have_text("Bo Stranger")
    expect(reply.locator(".comment-body")).to_have_text("I doubt it.")
    expect(page.locator("#comments-heading")).to_have_text("2 comments")


def test_a_refused_comment_keeps_its_text(address: str, plain_page: Page, complaints: Complaints) -> None:
    page, text = plain_page, "long " * 2_001
    page.goto(address)
    send_comment(page, name="Rea Reader", text=text)
    expect(page.locator(".errorlist")).to_contain_text("Please shorten it")
    expect(page.get_by_label("Comment", exact=True)).to_have_value(text)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Rea Reader")
    assert "400" in complaints.errors.pop()  # Chromium notes every answer of that kind

    page.get_by_label("Comment", exact=True).fill("Short.")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("article.comment .comment-body")).to_have_text("Short.")


def test_what_is_missing_is_said_and_nothing_typed_is_lost(written: Written, host_page: Page) -> None:
    page = host_page
    page.locator("#id_repost-0-basis").select_option("")
    page.locator("[name=_save]").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    expect(page.locator(".errorlist").filter(has_text="basis").first).to_be_visible()
    expect(page.locator("#id_repost-0-text")).to_have_value(WORDS)
    expect(page.locator("#id_body")).to_have_value("The host **answers** at length.")
    expect(page.locator("#id_credits-0-person")).to_contain_text(written.author)
    expect(page.locator("#id_videos-0-page_url")).to_have_value("https://youtu.be/dQw4w9WgXcQ?t=90")


def test_the_feed_names_the_original_author_and_the_permission(site: Site, written: Written, address: str) -> None:
    feed = feedparser.parse(site.get("/feeds/posts.atom")[1])
    entry = next(entry for entry in feed.entries if entry.title == written.title)
    assert entry.link == site.url(address)
    assert [contributor.name for contributor in entry.contributors] == [written.author]
    assert f"{written.author}: Reposted with permission, as stated by" in entry.rights
    assert WORDS_AS_READ in re.sub("<[^>]+>", "", entry.content[0].value)
    assert NOTE in entry.content[0].value
