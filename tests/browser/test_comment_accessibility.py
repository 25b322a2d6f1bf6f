"""The accessibility checker axe finds no fault on the pages where comments are read and written."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.test_comment_writing import address, fill, post, press

__all__ = ["address"]

BEGINNING = "```\n" + "a long line of code " * 20 + "\n```\n\n[A link](/search/) and `code`."


def long_line() -> str:
    """A new text each time, because the same text on several posts counts as spam."""
    return f"{BEGINNING} {uuid4()}"


def check(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], node["html"]) for fault in found for node in fault["nodes"]] == []


def fill_text(page: Page, text: str) -> None:
    page.get_by_label("Comment", exact=True).fill(text)


def press_link(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


@pytest.fixture(params=["light", "dark"])
def reader(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    return new_page(viewport={"width": 390, "height": 844}, color_scheme=request.param)


def test_axe_finds_nothing_where_comments_are_read(reader: Page, address: str, new_page: Callable[..., Page]) -> None:
    post(reader, address, name="Rea Reader", text=long_line())
    writer = new_page()
    writer.goto(address)
    writer.locator(".comment-actions a").click()
    fill(writer, name="Bo Stranger", text="A reply.")
    press(writer, "Post reply")
    press_link(reader, "Delete")
    press(reader, "Delete it")
    post(reader, address, name="Rea Reader", text=long_line())
    reader.goto(address)
    expect(reader.get_by_text("This comment was deleted by its author.")).to_be_visible()
    check(reader)
    reader.locator(".comment-time").last.click()
    check(reader)


def test_axe_finds_nothing_where_comments_are_written(reader: Page, address: str, complaints: Complaints) -> None:
    post(reader, address, name="Rea Reader", text=long_line())
    check(reader)
    press_link(reader, "Edit")
    fill_text(reader, long_line())
    press(reader, "Preview")
    check(reader)
    press_link(reader, "Leave it unchanged")
    press_link(reader, "Delete")
    check(reader)
    reader.goto(address)
    reader.locator(".comment-actions a").first.click()
    check(reader)
    fill(reader, name="Rea Reader", text=" ")
    press(reader, "Post reply")
    expect(reader.get_by_text("Your comment is empty. Please write something.")).to_be_visible()
    complaints.errors.clear()  # a refusal is an answer of 400
    check(reader)
    fill_text(reader, long_line())
    press(reader, "Preview")
    check(reader)
