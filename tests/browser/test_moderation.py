"""A moderator at work: with the keyboard, on a phone, with and without scripts."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_comment_writing import address, post

__all__ = ["address"]

SPAM = "/admin/comments/comment/queue/?state=spam"


def check(page: Page) -> None:
    """Run axe without preloading style sheets: for imported ones, axe would add inline styles."""
    violations = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(each["id"], node["html"]) for each in violations for node in each["nodes"]] == []


@pytest.fixture(params=["light", "dark without a script"])
def desk(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    """The host's page on a phone."""
    scheme, _space, rest = request.param.partition(" ")
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme, java_script_enabled=not rest)
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label("Username").fill("host")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def test_a_comment_is_marked_as_spam_then_approved_and_that_is_undone(
    desk: Page, page: Page, address: str, request: pytest.FixtureRequest
) -> None:
    text = f"To be judged in {request.node.callspec.params['desk']}."
    post(page, address, name="Rea Reader", text=text)
    desk.goto("/admin/comments/comment/")
    desk.get_by_role("link", name=text).click()
    expect(desk.get_by_text("Readers see it.")).to_be_visible()
    desk.get_by_role("button", name="Spam").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_have_text("1 comment was marked as spam.")
    desk.goto(SPAM)
    card = desk.get_by_role("article").filter(has_text=text)
    card.get_by_text("More").click()
    card.get_by_label("Reason").fill("a good point")
    card.get_by_label("Reason").press("Enter")  # does nothing
    expect(card).to_be_visible()
    card.get_by_role("button", name="Approve").click()
    expect(desk.get_by_role("status")).to_have_text("1 comment was approved.")
    expect(card).to_have_count(0)
    desk.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    width = desk.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0


def test_axe_finds_no_violations_on_the_pages_of_moderators(host_page: Page, page: Page, address: str) -> None:
    post(page, address, name="Rea Reader", text="A remark with [a link](https://example.org/).")
    host_page.goto("/admin/comments/comment/")
    host_page.get_by_role("link", name="A remark with").first.click()
    host_page.get_by_role("button", name="Spam").click()
    expect(host_page.get_by_role("button", name="Undo")).to_be_visible()
    check(host_page)
    host_page.goto(SPAM)
    for more in host_page.locator(".card-more summary").all():
        more.click()
    check(host_page)
    for path in ("/admin/", "/admin/comments/comment/", "/admin/comments/discussion/", "/admin/comments/ban/add/"):
        host_page.goto(path)
        check(host_page)
    host_page.goto("/admin/comments/discussion/")
    host_page.locator("#result_list tbody th a").first.click()
    expect(host_page.get_by_role("button", name="Close now")).to_be_visible()
    check(host_page)
