"""Finding the resources that a first visit to a page loads."""

import pytest

from bench import first_visit, page_weight

PAGE = "http://127.0.0.1:8000/2026/11/post/"
HTML = """<!doctype html><link rel="stylesheet" href="/static/site.css"><link rel="icon" href="/icon.svg">
<link rel="alternate" href="https://elsewhere.example/feed"><script src="/static/go.js" defer></script>
<a href="https://elsewhere.example/">a link</a><img src="/media/poster.jpg" alt="">"""
STYLES = {"/static/site.css": "p { color: red }", "/static/fonts.css": "@font-face { src: url('f.woff2') }"}


def test_a_self_contained_page_loads_nothing_from_third_parties() -> None:
    loads = page_weight.resources(HTML, STYLES.__getitem__, PAGE)
    assert (loads.styles, loads.scripts, loads.fonts) == (["/static/site.css"], ["/static/go.js"], 0)
    assert set(loads.others) == {"/icon.svg", "/media/poster.jpg"}
    assert loads.third_party(PAGE) == []


@pytest.mark.parametrize(
    "more",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<img src="//pixel.example/p.gif">',
        '<img srcset="/own.jpg 1x, https://cdn.example/x.jpg 2x">',
        '<iframe src="https://player.example/"></iframe>',
        '<video poster="https://cdn.example/p.jpg"></video>',
        '<link rel="preload" href="https://cdn.example/x.css">',
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
    ],
)
def test_third_party_requests_are_found(more: str) -> None:
    assert len(page_weight.resources(HTML + more, STYLES.__getitem__, PAGE).third_party(PAGE)) == 1


def test_stylesheets_are_searched_for_fonts_and_other_resources() -> None:
    loads = page_weight.resources('<link rel="stylesheet" href="/static/fonts.css">', STYLES.__getitem__, PAGE)
    assert loads.fonts == 1
    assert "/static/f.woff2" in loads.others
    far = '@import "https://cdn.example/x.css"; p { background: url(https://pixel.example/p.gif) }'
    found = page_weight.resources('<link rel="stylesheet" href="/s.css">', lambda path: far, PAGE)
    assert found.third_party(PAGE) == ["https://cdn.example/x.css", "https://pixel.example/p.gif"] or set(
        found.third_party(PAGE)
    ) == {"https://cdn.example/x.css", "https://pixel.example/p.gif"}


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("post, 100 comments", "post page"),
        ("busy post", "post page"),
        ("middle of many", "post page"),
        ("comment", "comment page"),
        ("feed of a tag", "feed"),
        ("tag, often used", "list"),
        ("home", "list"),
    ],
)
def test_the_kind_of_a_page_follows_from_its_name(page: str, kind: str) -> None:
    assert first_visit.kind_of(page) == kind
