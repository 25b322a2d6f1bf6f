"""A server that the site depends on goes away and comes back."""

import signal
import time

import redis

from tests.browser.conftest import comment_on_its_way, wait_until
from tests.scale.conftest import HOST, Site, Visitor
from tests.scale.crowds import crowd, more
from tests.scale.servers import listens

LONGEST_WAIT = 5.0  # seconds for a page of the admin: three questions to a silent Redis are half a second each


def keys_in(site: Site) -> dict[bytes, int]:
    """The keys in Redis with their remaining seconds."""
    with redis.Redis(port=site.cache.port) as client:
        return {key: int(client.ttl(key)) for key in client.scan_iter()}


def everything_works(site: Site, signed_in: Visitor, path: str) -> None:
    """Pages are served, sessions continue, and others can sign in and out."""
    for visitor in site.visitors:
        visitor.timeout = LONGEST_WAIT
        assert visitor.get(path).status == 200
        assert visitor.sign_in().status == 302
        assert visitor.is_signed_in()
        assert visitor.sign_out().status == 200
        assert not visitor.is_signed_in()
    assert signed_in.is_signed_in()


def test_redis_may_die_and_fall_silent_and_come_back(site: Site) -> None:
    _, path = site.new_post("without-redis")
    told_before = [len(app.log) for app in site.apps]
    host = site.visitors[0]
    host.sign_in()
    host.is_signed_in()
    assert keys_in(site)
    site.cache.stop(signal.SIGKILL)
    everything_works(site, host, path)
    site.cache.start()
    everything_works(site, host, path)
    wait_until(lambda: host.is_signed_in() and bool(keys_in(site)), "Redis is used again")
    # Keys that could not be deleted in the meantime expire soon.
    assert all(0 < seconds <= 60 for seconds in keys_in(site).values())
    site.cache.send(signal.SIGSTOP)
    try:
        everything_works(site, host, path)
    finally:
        site.cache.send(signal.SIGCONT)
    everything_works(site, host, path)
    told = [app.log[length:] for app, length in zip(site.apps, told_before, strict=True)]
    assert "Traceback" not in "".join(told)


def test_postgresql_may_be_restarted_under_load(site: Site) -> None:
    post, path = site.new_post("through-a-restart")
    with crowd(post, path, [*site.visitors, *site.visitors]) as people:
        more(lambda: len(people.taken), 10)
        site.database.stop()
        more(lambda: len(people.read), 4)
        site.database.start()
        began = time.monotonic()
        for visitor in site.visitors:
            wait_until(lambda visitor=visitor: people.write(visitor) == 303, "comments are taken again")  # type: ignore[misc]
        assert time.monotonic() - began < 10
        more(lambda: len(people.taken), 10)
    assert people.failures == []
    assert people.statuses.keys() <= {200, 303, 500, 503}, people.statuses
    people.each_comment_was_kept_once(site)
    assert site.apps[0].manage("comments_check")
    for visitor in site.visitors:
        assert visitor.get("/readyz").status == 200


def test_a_request_in_hand_is_finished_by_a_process_that_is_told_to_stop(site: Site) -> None:
    post, _ = site.new_post("in-hand")
    app = site.apps[1]
    with comment_on_its_way(post, app.port, **{"Host": HOST, "X-Forwarded-Proto": "https"}) as finish:
        assert app.process
        app.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(app.port), "no new connection is taken")
        assert finish().startswith(b"HTTP/1.1 303 ")
    assert app.process.wait(30) == 0
    app.start()
    assert site.database.ask("SELECT name FROM comments_comment WHERE discussion_id = %s", post) == [("Slow Writer",)]
