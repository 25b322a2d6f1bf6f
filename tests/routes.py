"""Every public URL of the site, found through the resolver, so that new routes are searched for leaks, too."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from blog.models import Person, Post, Tag
from comments.models import Comment
from core import clock

DEAD_TOKEN = "x" * 43  # has the form of a token in a mailed link, but was never sent


def public_routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every named route of the site outside the admin, with the names of its parameters."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if str(entry.pattern) != "admin/":
                yield from public_routes(entry, prefix + str(entry.pattern))
        else:
            assert isinstance(entry, URLPattern)
            assert entry.name, f"{prefix}{entry.pattern} has no name"
            if not prefix.startswith("admin/") and not str(entry.pattern).startswith("admin/"):
                yield entry.name, list(entry.pattern.converters)


def public_urls(post: Post, tag: Tag, person: Person, *, queries: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Return the URLs that might show `post`, by route name. `queries` are search queries to include.

    A route with an unknown parameter raises KeyError until `_values` has a value for it.
    """
    values, urls = _values(post, tag, person), {}
    for route, names in public_routes():
        choices = product(*(values[name] for name in names))
        urls[route] = [reverse(route, kwargs=dict(zip(names, chosen, strict=True))) for chosen in choices]
    urls["home"].append(f"/?before={post.pk + 1}")
    urls["post"].append(f"{post.get_absolute_url()}?after=1")
    urls["search"] += [f"/search/?q={query}" for query in queries]
    return urls


def _values(post: Post, tag: Tag, person: Person) -> dict[str, set[Any]]:
    """Values for URL parameters, by the name of the parameter."""
    now = clock.now()
    days = {now, now + timedelta(days=3), post.published_at or now}
    return {
        "year": {day.year for day in days},
        "month": {day.month for day in days},
        "slug": {post.slug, tag.slug, person.slug, post.author.slug},
        "public_id": {post.passage.public_id if post.passage else "0" * 10},
        "post_id": {post.pk},
        "pk": {post.pk, *Comment.objects.filter(discussion=post.pk).values_list("pk", flat=True)},
        "token": {DEAD_TOKEN},
        "path": {"nothing.jpg"},
    }


def public_responses(
    client: Client, post: Post, tag: Tag, person: Person, *, queries: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Yield every public URL with the headers and the text of its response."""
    for urls in public_urls(post, tag, person, queries=queries).values():
        for url in urls:
            yield url, response_text(client, url)


def response_text(client: Client, url: str) -> str:
    """Headers and text, without Permissions-Policy, which contains the word "camera" on every page."""
    response = client.get(url)
    assert response.status_code < 500, url
    body = b"".join(response) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items() if name != "Permissions-Policy")
    return f"{headers}\n\n{body.decode()}"
