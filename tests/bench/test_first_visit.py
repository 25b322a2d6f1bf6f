"""Finding the resources that a first visit to a page loads, and measuring single requests and texts."""

import json
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from bench import first_visit, hostile_texts, page_weight, probe
from blog.models import Post
from blog.models.fields import ProseField
from comments.models import Comment

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


def test_the_worst_text_counts() -> None:
    row = first_visit._hostile("worst", {"links": 12.0, "nested quotes": 60.5})
    assert (row.value, row.ok) == (60.5, False)
    assert row.note.startswith("nested quotes")


def test_hostile_texts_fill_what_a_form_accepts() -> None:
    for size in (probe.COMMENT_SIZE, probe.POST_SIZE):
        found = hostile_texts.hostile(size)
        assert all(0.98 * size <= len(text) <= size for text in found.values())
        assert len(hostile_texts.plain(size)) == size
    assert probe.POST_SIZE == ProseField.MAX_LENGTH


def test_a_text_is_compared_with_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"plain": 2.0, "slow": 10.0, "quick": 1.0}
    monkeypatch.setattr(hostile_texts, "plain", lambda size: "plain")
    monkeypatch.setattr(hostile_texts, "hostile", lambda size: {"a": "slow", "b": "quick"})
    monkeypatch.setattr(probe, "_cpu", lambda render, text: seconds[text])
    assert probe._times_of_plain(str, probe.POST_SIZE) == {"a": 5.0, "b": 0.5}


def test_statements_of_a_comment_are_counted(settings: Settings, own_post: Post) -> None:
    targets = {"to comment on": [f"/comments/new/{own_post.pk}/"]}
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    (settings.DATA / "targets.json").write_text(json.dumps(targets))
    assert 5 < probe.comment_queries() < 30
    assert Comment.objects.counted().count() == 2
