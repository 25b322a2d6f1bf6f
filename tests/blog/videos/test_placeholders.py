"""Where a video stands in a text: a place in the stored HTML that nobody can forge."""

import re
from collections.abc import Callable

import pytest

from blog import rendering
from blog.rendering import markdown, render_comment, sanitise
from blog.rendering.tokens import take_out_videos
from blog.videos import placeholders
from blog.videos.references import Reference
from tests.blog.rendering.test_rendering import both_articles, render_post, render_repost

Render = Callable[[str], str]

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1m"
PLACE = "<!--video youtube::dQw4w9WgXcQ:60-->"


@both_articles
@pytest.mark.parametrize("line", [VIDEO, f"<{VIDEO}>", f"  {VIDEO}  "])
def test_a_video_address_alone_on_its_line_becomes_a_place(line: str, render: Render) -> None:
    html = render(f"before\n\n{line}\n\nafter\n\n{line}")
    assert html == f"<p>before</p>\n{PLACE}\n<p>after</p>\n{PLACE}"
    assert placeholders.references(html) == [Reference("youtube", "dQw4w9WgXcQ", 60)]


@pytest.mark.parametrize(
    "text",
    [
        f"See {VIDEO}",
        f"{VIDEO}\n{VIDEO}",
        f"> {VIDEO}",
        f"- {VIDEO}",
        f"`{VIDEO}`",
        f"    {VIDEO}",
        "https://b.example/c",
    ],
    ids=["in a sentence", "two lines", "quoted", "in a list", "as code", "as a block of code", "no video"],
)
def test_a_video_address_elsewhere_stays_text(text: str) -> None:
    assert "<!--" not in render_post(text)
    assert rendering.videos_in(text) == []


FORGED = [
    PLACE,
    f"a {PLACE} b",
    f"[a](https://b.example '{PLACE}')",
    f"![{PLACE}](/media/a.png '{PLACE}')",
    f"[a](https://b.example/{PLACE})",
    f"[a](<https://b.example/{PLACE}>)",
    f"`{PLACE}`",
    f"```\n{PLACE}\n```",
    f"```{PLACE}\na\n```",
    f"# {PLACE}",
    f"a[^1]\n\n[^1]: {PLACE}",
    f"| {PLACE} |\n|-|",
    PLACE.replace("<", "&lt;").replace(">", "&gt;"),
    PLACE.replace("<", "&amp;lt;"),
    PLACE.replace("<!--", "<!-\0-"),
    f"<p>{PLACE}</p>",
]


@pytest.mark.parametrize("text", FORGED)
def test_nobody_types_a_place(text: str) -> None:
    for render in (render_post, render_repost, render_comment):
        html = render(text)
        assert placeholders.references(html) == []
        assert "<!--" not in html


@pytest.mark.parametrize("allowed", [sanitise.POST, sanitise.REPOST, sanitise.COMMENT])
def test_no_sanitiser_lets_a_place_through(allowed: sanitise.AllowList) -> None:
    for html in (PLACE, f"<p>{PLACE}</p>", f'<a href="https://b.example" title="{PLACE}">a</a>', f"<pre>{PLACE}</pre>"):
        assert "<!--" not in sanitise.by_bleach(html, allowed)
        assert "<!--" not in sanitise.by_nh3(html, allowed)


@pytest.mark.parametrize(
    "reference",
    [
        Reference("youtube", "--B_c1D2-->"),
        Reference("direct", "https://films.example/a--!>b/:é.mp4?c=<d>&e", 7),
        Reference("peertube", "9c9de5e8-0a1e-484a-b099-e80766180a6d", 0, "tube-1.example"),
    ],
)
def test_a_place_says_which_video_and_holds_nothing_that_could_end_it(reference: Reference) -> None:
    place = placeholders.place(reference)
    assert re.fullmatch(r"<!--video [\w.%:~]+-->", place)
    assert placeholders.references(f"<p>a</p>{place}{place}") == [reference]
    assert placeholders.fill(f"a{place}b", lambda found: f"[{found.id}]") == f"a[{reference.id}]b"


def test_a_text_has_places_for_a_hundred_videos() -> None:
    addresses = [f"https://vimeo.com/{number}" for number in range(1, placeholders.MOST + 2)]
    html = render_post("\n\n".join(addresses))
    assert len(placeholders.references(html)) == placeholders.MOST
    assert html.endswith(f"<p>{addresses[-1]}</p>")


def test_readers_embed_nothing() -> None:
    assert render_comment(VIDEO) == f"<p>{VIDEO.replace('&', '&amp;')}</p>"


def test_the_mark_of_a_player_is_new_each_time_and_nobody_can_guess_it() -> None:
    parsed = markdown.article_parser().parse(VIDEO)
    (first,), (second,) = take_out_videos(parsed), take_out_videos(parsed)
    assert first != second
    assert re.fullmatch("<p>[0-9a-f]{32}</p>", first)


def test_what_looks_like_the_mark_of_a_player_is_text() -> None:
    html = render_post(f"{'0' * 32}\n\n<p>{'f' * 32}</p>\n\n{VIDEO}")
    assert placeholders.references(html) == [Reference("youtube", "dQw4w9WgXcQ", 60)]
    assert f"<p>{'0' * 32}</p>" in html
    assert f"&lt;p&gt;{'f' * 32}&lt;/p&gt;" in html
