"""Rendering text to HTML: the markup that each voice may use, and attacks that must not get through."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blog import rendering
from blog.rendering import excerpt, plain_text, render_comment, sanitise
from tests.attacks import ATTACKS, HEAVY, LONE_SURROGATE, assert_harmless

Render = Callable[[str], str]


def render_post(source: str) -> str:
    return rendering.render_post(source, id_prefix="p1b-")


def render_repost(source: str) -> str:
    return rendering.render_repost(source, id_prefix="p1r-")


VOICES = {
    "post": (render_post, sanitise.POST),
    "repost": (render_repost, sanitise.REPOST),
    "comment": (render_comment, sanitise.COMMENT),
}
VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1m"
every_voice = pytest.mark.parametrize(("render", "allowed"), VOICES.values(), ids=VOICES)
both_articles = pytest.mark.parametrize("render", [render_post, render_repost], ids=["post", "repost"])

# --- Attacks ----------------------------------------------------------------------------------------------------------


@every_voice
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_attacks_are_rendered_harmless(attack: str, render: Render, allowed: sanitise.AllowList) -> None:
    for source in (attack, f"- {attack}", f"> **{attack}**", f"[{attack}](https://a.example)"):
        assert_harmless(render(source))


@pytest.mark.parametrize("render", [render_post, render_comment], ids=["post", "comment"])
@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
def test_pathological_texts_raise_no_error(heavy: str, render: Render) -> None:
    assert_harmless(render(heavy))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_sanitisers_alone_make_raw_html_harmless(attack: str) -> None:
    for allowed in (sanitise.POST, sanitise.REPOST, sanitise.COMMENT):
        assert_harmless(sanitise.clean(attack, allowed))
        assert_harmless(sanitise.by_nh3(attack, allowed))


@every_voice
def test_unwanted_characters_are_removed(render: Render, allowed: sanitise.AllowList) -> None:
    assert plain_text(render("a\x00\x01\x7f\x85b\ud800c")) == "abc"
    assert plain_text(render(LONE_SURROGATE)) == "ab"
    assert plain_text(render("cafe\u0301")) == "caf\u00e9"


@pytest.mark.parametrize(
    "url",
    [
        "//a.example",
        "/\\a.example",
        "/\t/a.example",
        "https:///a",
        "https:\\\\a",
        "java\nscript:a",
        "a/b",
        "ftp://a",
        "",
    ],
)
def test_ambiguous_urls_are_refused(url: str) -> None:
    assert not sanitise.is_safe_url(url)


@pytest.mark.parametrize(
    "url", ["https://a.example/b?c#d", "HTTP://a.example", "mailto:a@b.example", "/", "/a//b", "#a"]
)
def test_urls_of_pages_mailboxes_and_fragments_are_allowed(url: str) -> None:
    assert sanitise.is_safe_url(url)


def test_readers_cannot_reverse_text() -> None:
    assert render_comment("\u202egpj.exe \u2066x\u2069") == "<p>gpj.exe x</p>"
    assert "\u2067" in render_post("\u2067שלום\u2069")


PIECES = [
    *"aé \t\n\u00a0*_`~[]()<>#!&|:=\"'\\",
    *("\n\n", "    ", "  \n", "**", "```", "~~", "](", "![", "- ", "1. ", "> ", "# ", "---", "|-|", "&amp;", "x" * 40),
    *("[^1]", "[^1]: ", "^[", "[a]: /b", "[a](/b)", "![a](/media/a.png)", "![a](https://b.example/c.png)"),
    *("https://a.example/?b=1&c", "<https://youtu.be/>", "```python\n", "def f(): 1", "<b>", "<!--"),
]


@every_voice
@given(parts=st.lists(st.sampled_from(PIECES), max_size=40))
@settings(max_examples=60, deadline=None)
def test_rendered_html_passes_both_sanitisers_unchanged(
    render: Render, allowed: sanitise.AllowList, parts: list[str]
) -> None:
    html = render("".join(parts))
    assert sanitise.by_bleach(html, allowed) == html
    assert sanitise.by_nh3(html, allowed) == html
    assert_harmless(html)


# --- Posts and reposts ------------------------------------------------------------------------------------------------


def test_headings_start_below_those_of_the_page() -> None:
    assert re.findall(r"<(h\d)", render_post("# a\n\n## b\n\n###### c")) == ["h2", "h3", "h6"]
    assert re.findall(r"<(h\d)", render_repost("# a\n\n## b\n\n###### c")) == ["h3", "h4", "h6"]


def test_headings_have_unique_ids_for_links() -> None:
    html = render_post("# Über uns\n\n# Über uns\n\n# !\n\n# fn1\n\n[up](#über-uns) [out](#comments) a[^1]\n\n[^1]: b")
    ids = re.findall(r'<h2 id="([^"]+)"', html)
    assert ids == ["p1b-über-uns", "p1b-über-uns-2", "p1b-section", "p1b-section-fn1"]
    assert 'href="#p1b-%C3%BCber-uns"' in html
    assert 'href="#comments"' in html


@both_articles
def test_every_id_begins_with_the_prefix_and_every_footnote_links_back(render: Render) -> None:
    html = render("# a\n\nb[^x] c[^x] d^[inline]\n\n[^x]: note")
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)) == 6
    assert all(id.startswith(("p1b-", "p1r-")) for id in ids)
    assert set(re.findall(r'href="#([^"]+)"', html)) == {id for id in ids if "fn" in id}
    assert html.count('role="doc-noteref"') == html.count('role="doc-backlink"') == 3


def test_tables_are_aligned_by_class() -> None:
    html = render_post("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")
    assert re.findall(r"<t[hd] [^>]*>", html) == [
        '<th scope="col" class="align-start">',
        '<th scope="col" class="align-center">',
        '<th scope="col" class="align-end">',
        '<td class="align-start">',
        '<td class="align-center">',
        '<td class="align-end">',
    ]


def test_code_in_known_languages_is_highlighted_by_class() -> None:
    assert '<code class="language-python"><span class="k">' in render_post("```python\ndef f(): ...\n```")
    assert render_post("```klingon\n<b>\n```") == '<pre><code class="language-klingon">&lt;b&gt;\n</code></pre>'
    assert render_post('```"x\n<b>\n```') == "<pre><code>&lt;b&gt;\n</code></pre>"
    assert render_post("```\n\n  a\n```") == "<pre><code>\n  a\n</code></pre>"


def test_only_pictures_of_this_site_are_shown() -> None:
    own = '<img src="/media/a.jpg" alt="a" loading="lazy" decoding="async">'
    assert render_post("![a](/media/a.jpg)") == f"<p>{own}</p>"
    assert render_post("[![a](/media/a.jpg)](/b)") == f'<p><a href="/b">{own}</a></p>'
    remote = '<a href="https://b.example/c.png" rel="noopener">a b</a>'
    assert render_post("![a *b*](https://b.example/c.png)") == f"<p>{remote}</p>"


def test_a_remote_picture_in_a_link_becomes_its_description() -> None:
    html = render_post("[![a](https://b.example/c.png)](https://d.example/)")
    assert html == '<p><a href="https://d.example/" rel="noopener">a</a></p>'


@pytest.mark.parametrize("path", ["/media/../admin/", "/media/%2e%2e/admin/", "/mediaother/a.png", "/media/a.png?b"])
def test_pictures_outside_the_media_folder_are_not_shown(path: str) -> None:
    assert "<img" not in render_post(f"![a]({path})")


def test_only_links_to_other_sites_have_a_rel() -> None:
    assert render_post("[a](https://b.example 'c')") == (
        '<p><a href="https://b.example" title="c" rel="noopener">a</a></p>'
    )
    assert (
        render_post("[a](/b) <c@d.example>") == '<p><a href="/b">a</a> <a href="mailto:c@d.example">c@d.example</a></p>'
    )


def test_a_refused_link_stays_text_as_typed() -> None:
    assert render_post("[a](javascript:b)") == "<p>[a](javascript:b)</p>"
    assert render_post("[a](//b.example)") == "<p>[a](//b.example)</p>"


# --- Comments ---------------------------------------------------------------------------------------------------------


def test_comments_have_emphasis_links_code_quotes_and_lists() -> None:
    assert render_comment("*a* **b** ~~c~~ `d`\ne") == (
        "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code><br>\ne</p>"
    )
    assert render_comment("> a\n\n- b\n\n3. c\n\n```python\nd\n```") == (
        '<blockquote>\n<p>a</p>\n</blockquote>\n<ul>\n<li>b</li>\n</ul>\n<ol start="3">\n<li>c</li>\n</ol>\n'
        "<pre><code>d\n</code></pre>"
    )


@pytest.mark.parametrize("url", ["https://b.example", "/b", "#c", "mailto:d@e.example"])
def test_every_link_in_a_comment_has_a_rel(url: str) -> None:
    assert render_comment(f"[a]({url} 'title')") == f'<p><a href="{url}" rel="nofollow ugc noopener">a</a></p>'


def test_a_picture_in_a_comment_becomes_a_link() -> None:
    html = render_comment("![a](/media/b.png)")
    assert html == '<p><a href="/media/b.png" rel="nofollow ugc noopener">a</a></p>'


@pytest.mark.parametrize(
    "typed",
    [
        "# a",
        "a[^1]",
        "[^1]: a",
        "| a | b |",
        "---",
        "&copy; &lt;",
        "<b>a</b>",
        "[a]: /b",
        "[a][b]",
        "<!-- a -->",
        "^[a]",
    ],
)
def test_all_other_markup_in_a_comment_stays_text_as_typed(typed: str) -> None:
    html = render_comment(typed)
    assert plain_text(html) == typed
    assert set(re.findall(r"</?(\w+)", html)) == {"p"}


@every_voice
@pytest.mark.parametrize("marker", ["> ", "- ", "1. "])
def test_text_below_the_deepest_level_is_shown(marker: str, render: Render, allowed: sanitise.AllowList) -> None:
    assert "the bottom" in render(marker * 60 + "the bottom")


# --- Plain text -------------------------------------------------------------------------------------------------------


def test_plain_text_separates_blocks() -> None:
    html = render_post("# a *b*\n\nc\nd  \ne\n\n- f\n- g\n\n| h | i |\n|-|-|\n| j | k |\n\n```\nl\n  m\n```")
    assert plain_text(html) == "a b\n\nc d\ne\n\nf\n\ng\n\nh i\n\nj k\n\nl\n  m"


def test_plain_text_has_neither_footnote_references_nor_videos() -> None:
    html = render_post(f"a[^1] & b\n\n{VIDEO}\n\n![c](/media/c.png)\n\n[^1]: note")
    assert plain_text(html) == "a & b\n\nc\n\nnote"


def test_an_excerpt_consists_of_whole_words_on_one_line() -> None:
    html = render_post(f"{VIDEO}\n\n# One two\n\nthree, four[^1]\n\n[^1]: note")
    assert excerpt(html, length=100) == "One two three, four"
    assert excerpt(html, length=19) == "One two three, four"
    assert excerpt(html, length=18) == "One two three…"
    assert excerpt("", length=10) == ""


def test_an_excerpt_in_a_script_without_spaces_is_cut_anywhere() -> None:
    assert excerpt("<p>写 真は嘘をつかないと人は言う</p>", length=8) == "写 真は嘘をつ…"


@given(text=st.text(max_size=60), length=st.integers(min_value=1, max_value=40))
@settings(deadline=None)
def test_an_excerpt_is_never_longer_than_its_limit(text: str, length: int) -> None:
    assert len(excerpt(render_comment(text), length=length)) <= length
