"""Which parts of a text count as links."""

import pytest
from django.conf import settings

from blog.rendering import render_comment
from comments.screening import links


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("No links.", []),
        ("e.g. this.that", []),
        ("See https://a.example/x and HTTP://B.example.", ["a.example", "b.example"]),
        ("[word](https://a.example)", ["a.example"]),
        ("<https://a.example>", ["a.example"]),
        ("www.a.example/path", ["www.a.example"]),
        ("[a](//evil.example)", ["evil.example"]),
        ("https://user:pass@a.example:8080/?q", ["a.example"]),
        ("https://bücher.example/", ["xn--bcher-kva.example"]),
        ("https://a.example https://a.example", ["a.example", "a.example"]),
        ("https://[2001:db8::1]/x", ["2001:db8::1"]),
        ("https://[::1", []),
        ("https://" + "a" * 300 + ".example", ["https://" + "a" * 52]),
    ],
)
def test_hosts(text: str, hosts: list[str]) -> None:
    assert links.hosts(text) == hosts


def test_links_to_the_site_itself_do_not_count() -> None:
    assert links.hosts(f"See {settings.SITE_URL}/2026/11/post/") == []


@pytest.mark.parametrize(
    "text",
    [
        "[a](https:&#47;&#47;evil.example)",
        "[a](&#104;ttps://evil.example/x)",
        "[a](https://evil.example 'title')",
        "<https://evil.example>",
        "https://evil.example and https://evil.example",
        "[a](https://evil%2eexample/x)",
        "[a](https://%65vil%2Eexample%2e)",
    ],
)
def test_everything_that_becomes_a_link_counts(text: str) -> None:
    found = links.hosts(text, render_comment(text))
    assert set(found) == {"evil.example"}


@pytest.mark.parametrize("text", ["[a](/2026/11/post/)", "[a](#c-1)", "[a](mailto:x@y.example)"])
def test_links_within_the_site_do_not_count(text: str) -> None:
    assert links.hosts(text, render_comment(text)) == []
