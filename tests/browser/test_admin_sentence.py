"""The sentence under the reposted words updates while the host types. Without JavaScript, the preview shows it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD

REPOST = "The street that was never filmed"


def open_form(page: Page) -> None:
    page.goto("/admin/blog/post/")
    page.get_by_role("link", name=REPOST).click()


def test_the_sentence_follows_what_is_typed(host_page: Page) -> None:
    open_form(host_page)
    shown = host_page.locator("#readers-see")
    expect(shown).to_contain_text("Reposted with permission granted on ")
    expect(shown).to_contain_text("Ines Halloway-Duarte")
    expect(shown).not_to_contain_text("piano")  # from the caption of the video
    host_page.locator("#id_repost-0-note").fill("So kind of her.")
    expect(shown).to_contain_text("So kind of her.")
    licence = host_page.locator("#id_repost-0-licence")
    expect(licence).to_be_hidden()
    host_page.locator("#id_repost-0-basis").select_option("licence")
    licence.select_option("by-sa")
    expect(shown).to_contain_text("Reposted under the licence CC BY-SA 4.0")
    expect(host_page.locator("#id_repost-0-licence_url")).to_be_hidden()
    licence.select_option("other")
    expect(host_page.locator("#id_repost-0-licence_url")).to_be_visible()


def test_without_a_script_the_preview_shows_the_sentence(new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label("Username").fill("host")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    open_form(page)
    expect(page.locator("#readers-see")).to_contain_text("See the preview at the end of this page.")
    page.get_by_role("button", name="Show the page as readers will see it").click()
    caption = page.frame_locator("#preview-frame").locator(".passage > figcaption").first
    expect(caption).to_contain_text("Reposted with permission granted on ")


def test_every_chooser_of_the_form_has_a_name_for_screen_readers(host_page: Page) -> None:
    open_form(host_page)
    expect(host_page.get_by_role("searchbox", name="Tags")).to_have_count(1)
    expect(host_page.get_by_role("textbox", name="Person")).to_have_count(2)  # the author, and room for another
    host_page.get_by_text("Add another Credit").click()
    expect(host_page.get_by_role("textbox", name="Person")).to_have_count(3)
    expect(host_page.get_by_role("checkbox", name="Delete this credit")).to_have_count(1)
