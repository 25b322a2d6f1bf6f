"""The text editors in the form of a post, in a real browser."""

import time
from io import BytesIO

from PIL import Image
from playwright.sync_api import Page, Route, expect

ADD = "/admin/blog/post/add/"
FOCUSED = "document.activeElement.id || document.activeElement.textContent"


def late(route: Route) -> None:
    """On a slow connection, the preview updates after a file was chosen and before the picture has arrived."""
    time.sleep(1.5)
    route.continue_()


def test_the_tab_key_leads_through_an_editor_and_back(host_page: Page) -> None:
    host_page.goto(ADD)
    editor = host_page.locator("#id_introduction")
    editor.fill("One line.")
    editor.press("Tab")
    assert host_page.evaluate(FOCUSED) == "Insert a picture…"
    host_page.keyboard.press("Tab")
    assert host_page.evaluate(FOCUSED) == "id_repost-0-text"
    host_page.keyboard.press("Shift+Tab")
    host_page.keyboard.press("Shift+Tab")
    assert host_page.evaluate(FOCUSED) == "id_introduction"
    expect(editor).to_have_value("One line.")


def test_a_picture_is_chosen_and_goes_into_text_and_preview(host_page: Page) -> None:
    host_page.route("**/upload/", late)
    host_page.goto(ADD)
    host_page.locator("#preview-button").click()
    preview = host_page.frame_locator("#preview-frame")
    expect(preview.get_by_role("note")).to_be_visible()
    picture = BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    with host_page.expect_file_chooser() as choosing:
        host_page.locator(".field-body").get_by_role("button", name="Insert a picture…").click()
    choosing.value.set_files({"name": "red.png", "mimeType": "image/png", "buffer": picture.getvalue()})
    expect(preview.get_by_role("img", name="Describe this picture")).to_be_visible()
    assert host_page.locator("#id_body").input_value().startswith("![Describe this picture](/media/")
