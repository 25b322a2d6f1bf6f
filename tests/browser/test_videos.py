"""Videos in a real browser: nobody else is asked before a click, and after it the right frame stands in the place."""

import re
from collections.abc import Callable, Iterator
from textwrap import dedent

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Complaints, Site

ADDRESS = re.compile(r"^/\S+$", re.MULTILINE)
FILM = "https://www.youtube.com/watch?v=a-B_c1D2e3F"
PLAYER = "https://www.youtube-nocookie.com/embed/a-B_c1D2e3F?autoplay=1&rel=0"
TALL = "https://www.tiktok.com/@some.one/video/7123456789012345678"
PROVIDERS = re.compile(r"https://(?!127\.0\.0\.1)")
PLAYER_PAGE = "<!doctype html><title>Player</title><style>html { background: teal }</style><button>Pause</button>"

MAKE = f"""
from blog.models import Person, Post, Video
from blog.publishing import lifecycle
from blog.videos import placement
post = Post.objects.create(
    title="Films", slug="films", author=Person.objects.first(),
    introduction="One:\\n\\n{FILM}\\n\\nAnother:\\n\\n{TALL}\\n\\nEnd.",
)
placement.synchronise_rows(post)
Video.objects.filter(post=post).update(ai_origin="none")
Video.objects.filter(post=post, provider="youtube").update(
    title="The harbour", duration=724, ai_origin="generated", poster="posters/sample-street.jpg", poster_alt="A street",
    transcript="A voice from the quay.",
)
lifecycle.publish(post)
print(post.get_absolute_url())
"""


@pytest.fixture(scope="module")
def films(site: Site) -> Iterator[str]:
    """The address of a post with two videos in its text: one of which all is known, and a tall one."""
    printed = site.manage("shell", "-v", "0", "-c", dedent(MAKE))
    yield ADDRESS.findall(printed)[-1]
    site.manage("shell", "-v", "0", "-c", "from blog.models import Post; Post.objects.get(slug='films').delete()")


@pytest.fixture
def asked(complaints: Complaints) -> list[str]:
    """What was asked of other hosts; that is no complaint here, even where a frame asks as its test ends."""
    complaints.may_ask_elsewhere = True
    return complaints.requests_elsewhere


def open_films(page: Page, films: str) -> Locator:
    """The page with its videos; a small page of ours stands in for every provider."""

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=PLAYER_PAGE)

    page.context.route(PROVIDERS, answer)
    page.goto(films)
    return page.locator("figure.video")


def test_nobody_else_is_asked_before_the_click_and_only_the_provider_after_it(
    page: Page, films: str, asked: list[str]
) -> None:
    figure = open_films(page, films).first
    page.mouse.wheel(0, 5000)
    page.wait_for_load_state("networkidle")
    assert asked == []
    expect(figure.get_by_text("Made by AI")).to_be_visible()
    expect(figure.get_by_text("12:04")).to_be_visible()
    figure.get_by_role("link", name="Play (loads YouTube)").click()
    expect(page.frame_locator("iframe").get_by_role("button", name="Pause")).to_be_visible()
    assert asked == [PLAYER]
    expect(page.locator("iframe")).to_have_count(1)
    expect(figure.get_by_text("Made by AI")).to_be_visible()


def test_the_frame_may_play_and_nothing_more(page: Page, films: str, asked: list[str]) -> None:
    open_films(page, films).first.get_by_role("link", name="Play").click()
    frame = page.locator("iframe")
    expect(frame).to_have_attribute("sandbox", "allow-scripts allow-same-origin allow-presentation allow-popups")
    expect(frame).to_have_attribute("allow", "fullscreen; picture-in-picture; encrypted-media; autoplay")
    expect(frame).to_have_attribute("referrerpolicy", "strict-origin-when-cross-origin")
    expect(frame).to_have_attribute("title", "The harbour")


def test_the_keyboard_is_enough_and_the_focus_follows_into_the_frame(page: Page, films: str, asked: list[str]) -> None:
    figure = open_films(page, films).first
    link = figure.get_by_role("link", name="Play")
    for _press in range(20):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("iframe")).to_be_focused()
    expect(page.frame_locator("iframe").get_by_role("button", name="Pause")).to_be_visible()
    player = page.frames[1]
    player.wait_for_function("document.hasFocus()")
    page.keyboard.press("Tab")  # on from there, into the player
    player.wait_for_function("document.activeElement.textContent === 'Pause'")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("which", [0, 1], ids=["wide", "tall"])
def test_nothing_moves_when_the_player_takes_the_place_of_the_poster(
    new_page: Callable[..., Page], films: str, asked: list[str], which: int, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 900})
    figure = open_films(page, films).nth(which)
    after = page.get_by_text("End.")
    link = figure.locator(".video-facade")
    link.scroll_into_view_if_needed()
    before = link.bounding_box(), after.bounding_box()
    assert before[0]
    shape = before[0]["width"] / before[0]["height"]
    assert shape == pytest.approx([16 / 9, 9 / 16][which], rel=0.01)
    link.click()
    expect(figure.locator("iframe")).to_be_focused()
    assert (figure.locator("iframe").bounding_box(), after.bounding_box()) == before


def test_without_scripts_the_link_opens_the_video_at_home(
    new_page: Callable[..., Page], films: str, asked: list[str]
) -> None:
    page = new_page(java_script_enabled=False)
    figure = open_films(page, films).first
    with page.context.expect_page() as opened:
        figure.get_by_role("link", name="Play").click()
    opened.value.wait_for_url(FILM)
    expect(page.locator("iframe")).to_have_count(0)
    assert asked == [FILM]


def test_where_a_player_stays_dead_the_way_home_is_still_there(page: Page, films: str, asked: list[str]) -> None:
    figure = open_films(page, films).first
    figure.get_by_role("link", name="Play").click()
    expect(figure.locator("iframe")).to_be_visible()
    expect(figure.get_by_role("link", name="Open on YouTube")).to_have_attribute("href", FILM)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_videos(new_page: Callable[..., Page], films: str, scheme: str) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
    open_films(page, films)
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(fault["id"], node["html"]) for fault in found for node in fault["nodes"]] == []


def test_a_click_that_wants_a_new_tab_gets_one(page: Page, films: str, asked: list[str]) -> None:
    figure = open_films(page, films).first
    with page.context.expect_page():
        figure.get_by_role("link", name="Play").click(modifiers=["ControlOrMeta"])
    expect(page.locator("iframe")).to_have_count(0)


def test_on_paper_a_video_is_its_address_and_its_transcript(page: Page, films: str) -> None:
    figures = open_films(page, films)
    page.emulate_media(media="print")
    expect(figures.nth(1).locator(".video-drawn")).to_be_hidden()
    expect(figures.first.get_by_text("A voice from the quay.")).to_be_visible()
    after = figures.nth(1).locator(".video-facade").evaluate("link => getComputedStyle(link, '::after').content")
    assert TALL in after
