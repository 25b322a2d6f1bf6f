"""Writing a comment in a real browser, with and without JavaScript."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

HALF_A_MINUTE = 30_000  # milliseconds


@pytest.fixture
def address(host_page: Page) -> str:
    """The path of a post without comments."""
    page, title = host_page, f"On letters {uuid4().hex[:8]}"
    page.goto("/admin/blog/post/add/")
    page.locator("#id_title").fill(title)
    page.locator("#id_body").fill("The host writes.")
    page.locator("#id_status").select_option("published")
    page.locator("[name=_save]").click()
    page.goto("/")
    return str(page.get_by_role("link", name=title).get_attribute("href"))


@pytest.fixture
def plain_page(new_page: Callable[..., Page]) -> Page:
    """A reader's page without JavaScript."""
    return new_page(java_script_enabled=False)


def fill(page: Page, *, name: str, text: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Comment", exact=True).fill(text)


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()


def post(page: Page, address: str, *, name: str, text: str) -> None:
    """Post a comment. The browser ends on the page of the writer's own comment."""
    page.goto(address)
    fill(page, name=name, text=text)
    press(page, "Post comment")
    expect(page.get_by_role("heading", name="Your comment")).to_be_visible()


def answer_is_previewed_posted_changed_and_deleted(page: Page, address: str) -> None:
    """Send a reply and check where it appears, with and without JavaScript."""
    press(page, "Preview")
    expect(page.locator(".comment-preview em")).to_have_text("doubt")
    expect(page.locator("#preview")).to_be_focused()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("I *doubt* it.")
    press(page, "Post reply")
    own_page, marked = page.url, page.locator("article.comment:target")
    expect(marked).to_contain_text("I doubt it.")
    expect(page.locator("article.comment-context")).to_contain_text("Well said.")

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Comment", exact=True).fill("I **deny** it.")
    press(page, "Preview")
    expect(page.locator(".comment-preview strong")).to_have_text("deny")
    press(page, "Save changes")
    expect(marked.locator("strong")).to_have_text("deny")
    expect(marked).to_contain_text("edited")
    page.get_by_role("link", name="Back to the discussion").click()
    assert urlsplit(page.url).path == address
    expect(page.locator("article.comment:target")).to_contain_text("I deny it.")

    page.goto(own_page)
    page.get_by_role("link", name="Delete").click()
    press(page, "Delete it")
    expect(page.locator(".comment-notice")).to_have_text("You deleted your comment.")
    page.get_by_role("link", name="Back to the discussion").click()
    expect(page.locator("article.comment")).to_have_count(1)


def parent_becomes_a_tombstone(page: Page, address: str, own_page: str) -> None:
    page.goto(own_page)
    page.get_by_role("link", name="Delete").click()
    press(page, "Delete it")
    page.goto(address)
    expect(page.locator("article.comment-tombstone")).to_contain_text("deleted by its author")
    expect(page.locator("article.comment").nth(1)).to_contain_text("So do I.")
    expect(page.locator("#comments-heading")).to_have_text("1 comment")


def test_without_scripts_a_comment_is_written_changed_and_deleted(address: str, plain_page: Page) -> None:
    page = plain_page
    post(page, address, name="Rea Reader", text="Well *said*.")
    first = page.url
    expect(page.locator("article.comment:target em")).to_have_text("said")
    page.get_by_role("link", name="Back to the discussion").click()
    page.get_by_role("link", name="Reply to Rea Reader").click()
    assert urlsplit(page.url).path.startswith("/comments/new/")
    fill(page, name="Bo Stranger", text="I *doubt* it.")
    answer_is_previewed_posted_changed_and_deleted(page, address)

    page.get_by_role("link", name="Reply to Rea Reader").click()
    fill(page, name="Cy Third", text="So do I.")
    press(page, "Post reply")
    parent_becomes_a_tombstone(page, address, first)


def test_with_scripts_a_reply_is_written_in_its_place(address: str, page: Page) -> None:
    post(page, address, name="Rea Reader", text="Well *said*.")
    first = page.url
    expect(page.locator("article.comment:target")).to_be_focused()
    page.get_by_role("link", name="Back to the discussion").click()
    page.get_by_role("link", name="Reply to Rea Reader").click()
    assert urlsplit(page.url).path == address
    expect(page.get_by_label("Comment", exact=True)).to_be_focused()
    expect(page.locator("article.comment form")).to_have_attribute("aria-label", "Reply to Rea Reader")
    fill(page, name="Bo Stranger", text="I *doubt* it.")
    answer_is_previewed_posted_changed_and_deleted(page, address)

    page.get_by_role("link", name="Reply to Rea Reader").click()
    fill(page, name="Cy Third", text="So do I.")
    press(page, "Post reply")
    expect(page.locator("article.comment:target")).to_be_focused()
    parent_becomes_a_tombstone(page, address, first)


def test_a_reply_can_be_given_up_and_loses_no_word(address: str, page: Page) -> None:
    post(page, address, name="Rea Reader", text="Well said.")
    page.goto(address)
    page.get_by_role("link", name="Reply to Rea Reader").click()
    fill(page, name="Bo Stranger", text="On second thoughts.")
    press(page, "Cancel reply")
    expect(page.get_by_role("link", name="Reply to Rea Reader")).to_be_focused()
    expect(page.locator("#comment-form").get_by_label("Comment", exact=True)).to_have_value("On second thoughts.")
    press(page, "Post comment")
    page.get_by_role("link", name="Back to the discussion").click()
    expect(page.locator("ol.thread > li")).to_have_count(2)


def test_the_name_is_remembered_only_if_that_is_asked_for(address: str, page: Page) -> None:
    name, box = page.get_by_label("Name", exact=True), page.get_by_label("Remember my name in this browser")
    post(page, address, name="Rea Reader", text="First.")
    page.goto(address)
    expect(name).to_have_value("")
    box.check()
    fill(page, name="Rea Reader", text="Second.")
    press(page, "Post comment")
    page.goto(address)
    expect(name).to_have_value("Rea Reader")
    expect(box).to_be_checked()
    box.uncheck()
    page.reload()
    expect(box).not_to_be_checked()
    assert page.evaluate("localStorage.length") == 0


def test_without_scripts_nothing_promises_to_remember(address: str, plain_page: Page) -> None:
    plain_page.goto(address)
    expect(plain_page.get_by_label("Remember my name in this browser")).to_be_hidden()
    expect(plain_page.get_by_role("button", name="Cancel reply")).to_be_hidden()


def test_an_open_page_tells_of_new_comments_and_leads_to_the_first(
    address: str, page: Page, new_page: Callable[..., Page]
) -> None:
    post(page, address, name="Rea Reader", text="Known already.")
    page.clock.install()
    page.goto(address)
    writer = new_page()
    post(writer, address, name="Bo Stranger", text="First new one.")
    post(writer, address, name="Bo Stranger", text="Second new one.")
    page.clock.fast_forward(HALF_A_MINUTE)
    page.get_by_role("status").get_by_role("button", name="New comments: 2").click()
    expect(page.locator("article.comment:target")).to_contain_text("First new one.")
    expect(page.locator("article.comment:target")).to_be_focused()
    expect(page.get_by_role("status")).to_be_empty()


def test_the_same_news_is_told_once_and_keeps_the_focus(
    address: str, page: Page, new_page: Callable[..., Page]
) -> None:
    page.clock.install()
    page.goto(address)
    post(new_page(), address, name="Bo Stranger", text="News for one who uses the keyboard.")
    page.clock.fast_forward(HALF_A_MINUTE)
    button = page.get_by_role("status").get_by_role("button", name="New comments: 1")
    button.focus()
    for _answer in range(2):  # when the second one comes, the first one has had its effect
        with page.expect_response(re.compile("/comments/version/")):
            page.clock.run_for(HALF_A_MINUTE)
    expect(button).to_be_focused()


def test_a_page_that_nobody_looks_at_asks_no_more(address: str, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/comments/version/" in request.url else None)
    page.clock.install()
    page.goto(address)
    with page.expect_response(re.compile("/comments/version/")):
        page.clock.fast_forward(HALF_A_MINUTE)
    page.clock.run_for(30 * 60_000)
    known = len(asked)
    page.clock.run_for(10 * HALF_A_MINUTE)
    assert len(asked) == known
    page.keyboard.press("Tab")
    with page.expect_response(re.compile("/comments/version/")):
        page.clock.run_for(HALF_A_MINUTE)


def test_the_trap_shows_on_no_screen(new_page: Callable[..., Page], address: str) -> None:
    for width in (390, 1200):
        page = new_page(viewport={"width": width, "height": 800})
        page.goto(address)
        box = page.locator(".comment-trap").bounding_box()
        assert box
        assert (box["width"], box["height"]) == (1, 1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
