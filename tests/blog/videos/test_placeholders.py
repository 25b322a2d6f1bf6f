"""Placeholders for videos in stored HTML, which no author can forge."""

import re
from collections.abc import Callable

import pytest

from blog import rendering
from blog.rendering import markdown, render_comment, sanitise
from blog.rendering.tokens import extract_videos
from blog.videos import placeholders
from blog.videos.references import Reference
from tests.blog.rendering.test_rendering import both_articles, render_post, render_repost

Render = Callable[[str], str]

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1m"
PLACEHOLDER = "<!--video youtube::dQw4w9WgXcQ:60-->"


@both_articles
@pytest.mark.parametrize("line", [VIDEO, f"<{VIDEO}>", f"  {VIDEO}  "])
def test_a_video_url_on_a_line_of_its_own_becomes_a_placeholder(line: str, render: Render) -> None:
    html = render(f"before\n\n{line}\n\nafter\n\n{line}")
    assert html == f"<p>before</p>\n{PLACEHOLDER}\n<p>after</p>\n{PLACEHOLDER}"
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
def test_a_video_url_elsewhere_stays_text(text: str) -> None:
    assert "<!--" not in render_post(text)
    assert rendering.videos_in(text) == []


FORGED = [
    PLACEHOLDER,
    f"a {PLACEHOLDER} b",
    f"[a](https://b.example '{PLACEHOLDER}')",
    f"![{PLACEHOLDER}](/media/a.png '{PLACEHOLDER}')",
    f"[a](https://b.example/{PLACEHOLDER})",
    f"[a](<https://b.example/{PLACEHOLDER}>)",
    f"`{PLACEHOLDER}`",
    f"```\n{PLACEHOLDER}\n```",
    f"```{PLACEHOLDER}\na\n```",
    f"# {PLACEHOLDER}",
    f"a[^1]\n\n[^1]: {PLACEHOLDER}",
    f"| {PLACEHOLDER} |\n|-|",
    PLACEHOLDER.replace("<", "&lt;").replace(">", "&gt;"),
    PLACEHOLDER.replace("<", "&amp;lt;"),
    PLACEHOLDER.replace("<!--", "<!-\0-"),
    f"<p>{PLACEHOLDER}</p>",
]


@pytest.mark.parametrize("text", FORGED)
def test_no_author_can_type_a_placeholder(text: str) -> None:
    for render in (render_post, render_repost, render_comment):
        html = render(text)
        assert placeholders.references(html) == []
        assert "<!--" not in html


@pytest.mark.parametrize("allowed", [sanitise.POST, sanitise.REPOST, sanitise.COMMENT])
def test_no_sanitiser_lets_a_placeholder_through(allowed: sanitise.AllowList) -> None:
    for html in (
        PLACEHOLDER,
        f"<p>{PLACEHOLDER}</p>",
        f'<a href="https://b.example" title="{PLACEHOLDER}">a</a>',
        f"<pre>{PLACEHOLDER}</pre>",
    ):
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
def test_a_placeholder_identifies_its_video_and_contains_nothing_that_could_end_it(reference: Reference) -> None:
    placeholder = placeholders.placeholder(reference)
    assert re.fullmatch(r"<!--video [\w.%:~]+-->", placeholder)
    assert placeholders.references(f"<p>a</p>{placeholder}{placeholder}") == [reference]
    assert placeholders.replace(f"a{placeholder}b", lambda found: f"[{found.id}]") == f"a[{reference.id}]b"


def test_a_text_has_placeholders_for_a_hundred_videos() -> None:
    urls = [f"https://vimeo.com/{number}" for number in range(1, placeholders.MAX_PER_TEXT + 2)]
    html = render_post("\n\n".join(urls))
    assert len(placeholders.references(html)) == placeholders.MAX_PER_TEXT
    assert html.endswith(f"<p>{urls[-1]}</p>")


def test_comments_embed_no_videos() -> None:
    assert render_comment(VIDEO) == f"<p>{VIDEO.replace('&', '&amp;')}</p>"


def test_the_marker_of_a_video_is_random_and_new_each_time() -> None:
    parsed = markdown.article_parser().parse(VIDEO)
    (first,), (second,) = extract_videos(parsed), extract_videos(parsed)
    assert first != second
    assert re.fullmatch("<p>[0-9a-f]{32}</p>", first)


def test_text_that_looks_like_a_marker_stays_text() -> None:
    html = render_post(f"{'0' * 32}\n\n<p>{'f' * 32}</p>\n\n{VIDEO}")
    assert placeholders.references(html) == [Reference("youtube", "dQw4w9WgXcQ", 60)]
    assert f"<p>{'0' * 32}</p>" in html
    assert f"&lt;p&gt;{'f' * 32}&lt;/p&gt;" in html
