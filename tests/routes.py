"""Every public address of the site, found through the resolver: a new route is searched for leaks by itself."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from blog.models import Person, Post, Tag
from comments.models import Comment
from core import clock

DEAD_TOKEN = "x" * 43  # in the shape of a mailed link, and never mailed


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


def addresses(post: Post, tag: Tag, person: Person, *, asked: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Addresses by which somebody might look for `post`, for every public route; `asked` are words for the search.

    A route with a parameter that is not known here fails until a value for it is added.
    """
    values, found = _values(post, tag, person), {}
    for route, names in public_routes():
        choices = product(*(values[name] for name in names))
        found[route] = [reverse(route, kwargs=dict(zip(names, chosen, strict=True))) for chosen in choices]
    found["home"].append(f"/?before={post.pk + 1}")
    found["post"].append(f"{post.get_absolute_url()}?after=1")
    found["search"] += [f"/search/?q={words}" for words in asked]
    return found


def _values(post: Post, tag: Tag, person: Person) -> dict[str, set[Any]]:
    """What may stand in an address, by the name of the parameter."""
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


def everything_public(
    client: Client, post: Post, tag: Tag, person: Person, *, asked: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Every address with the headers and the text of what it answers."""
    for known in addresses(post, tag, person, asked=asked).values():
        for address in known:
            yield address, answer(client, address)


def answer(client: Client, address: str) -> str:
    """Headers and text, without the one header that speaks of cameras on every page."""
    response = client.get(address)
    assert response.status_code < 500, address
    body = b"".join(response) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items() if name != "Permissions-Policy")
    return f"{headers}\n\n{body.decode()}"
