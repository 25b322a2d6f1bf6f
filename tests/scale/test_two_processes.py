"""What one of two processes does, the other knows at once."""

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.conftest import wait_until
from tests.scale.conftest import App, Site, Visitor

MAKE_POST = """
from blog import clock
from blog.models import *
post = Post.objects.create(slug={slug!r}, title="A post", body="Words.", author=Person.objects.first(),
                           status="published", published_at=clock.now())
print(post.pk, post.get_absolute_url())
"""
WITHDRAW = """
import time
from blog import publishing
from blog.models import Post
publishing.withdraw(Post.objects.get(pk={pk}))
print(time.time())
"""


def new_post(app: App, slug: str) -> tuple[int, str]:
    """Number and path of a public post."""
    number, path = app.shell(MAKE_POST.format(slug=slug)).split()
    return int(number), path


def last_seen(visitor: Visitor, path: str) -> float:
    """Ask for the page until it is gone; when somebody last began to ask and still got it."""
    seen = 0.0

    def is_gone() -> bool:
        nonlocal seen
        began = time.time()
        status = visitor.get(path).status
        assert status in (200, 410)
        seen = began if status == 200 else seen
        return status == 410

    wait_until(is_gone, f"{path} is gone", seconds=30)
    return seen


def test_one_site_was_made_by_two_processes_that_started_together(site: Site) -> None:
    assert site.database.ask("SELECT count(*) FROM auth_user") == [(1,)]
    assert ["Sign in as" in app.log for app in site.apps].count(True) == 1
    assert "Traceback" not in "".join(app.log for app in site.apps)


def test_a_withdrawn_post_is_gone_from_both_within_a_second(site: Site) -> None:
    number, path = new_post(site.apps[0], "to-be-withdrawn")
    for visitor in site.visitors:
        assert visitor.get(path).status == 200
    with ThreadPoolExecutor() as threads:
        watching = [threads.submit(last_seen, visitor, path) for visitor in site.visitors]
        withdrawn_at = float(site.apps[0].shell(WITHDRAW.format(pk=number)))
        assert max(seen.result() for seen in watching) < withdrawn_at + 1


def test_a_session_and_its_end_are_good_for_both(site: Site) -> None:
    one, other = site.visitors
    assert one.sign_in().status == 302
    other.cookies = one.cookies
    assert other.is_signed_in()
    kept = dict(one.cookies)
    one.post_with_token("/admin/password_change/", {})  # the page has a token; nothing is changed
    assert other.post_with_token("/admin/password_change/", {}).status == 200
    sign_out(one)
    other.cookies = kept
    assert not other.is_signed_in()
