"""The cache in Redis: what is kept, for how long, and what happens while Redis is away. Each test has its own Redis."""

import logging
import pickle
import signal
import socketserver
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import redis
from django.core.cache import cache
from pytest_django import Settings

from config import environment
from config.caches import RestingRedis
from tests.scale import servers
from tests.scale.servers import Server

LOGGER = "config.caches"


class NoRedis(socketserver.BaseRequestHandler):
    """Answers like a web server."""

    def handle(self) -> None:
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def cache_at(port: int) -> dict[str, Any]:
    return {"default": environment.cache(f"redis://127.0.0.1:{port}/0")}


@pytest.fixture
def server(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with servers.redis(tmp_path) as server:
        settings.CACHES = settings.CACHES | cache_at(server.port)
        monkeypatch.setattr(RestingRedis, "away_until", 0.0)
        yield server


@pytest.fixture
def stored(server: Server) -> Iterator["redis.Redis"]:
    with redis.Redis(port=server.port) as client:
        yield client


def test_values_are_stored_as_json(stored: "redis.Redis") -> None:
    cache.set("session", {"_auth_user_id": "1", "count": 2})
    assert stored.get(":1:session") == b'{"_auth_user_id": "1", "count": 2}'
    assert cache.get("session") == {"_auth_user_id": "1", "count": 2}
    with pytest.raises(TypeError):
        cache.set("session", object())


@pytest.mark.parametrize("value", [b"no json", b"\xff", pickle.dumps({"a": 1})])
def test_a_value_that_is_not_json_is_as_good_as_missing(stored: "redis.Redis", value: bytes) -> None:
    stored.set(":1:session", value)
    assert cache.get("session") is None


def test_nothing_is_kept_for_longer_than_a_minute(stored: "redis.Redis") -> None:
    cache.set("default", 1)
    cache.set("two-weeks", 1, 1_209_600)
    cache.set("for-ever", 1, timeout=None)
    cache.add("added", 1, None)
    cache.set_many({"many": 1}, 3600)
    cache.get_or_set("got", 1, 3600)
    for key, timeout in (("touched", 3600), ("touched-for-ever", None), ("touched-by-default", 300)):
        cache.set(key, 1, 10)
        cache.touch(key, timeout)
    seconds = [stored.ttl(key) for key in stored.scan_iter()]
    assert len(seconds) == 9
    assert all(50 <= left <= 60 for left in seconds), seconds


def test_a_shorter_time_is_kept(stored: "redis.Redis") -> None:
    cache.set("short", 1, 10)
    cache.set("over", 1, 0)
    assert 5 <= stored.ttl(":1:short") <= 10
    assert not stored.exists(":1:over")


def test_while_redis_is_away_the_cache_is_empty(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    cache.set("key", 1)
    server.stop(signal.SIGKILL)
    caplog.set_level(logging.INFO)
    for _ in range(10):
        assert cache.get("key", "default") == "default"
        assert cache.get_many(["key"]) == {}
        assert not cache.add("key", 2)
        assert not cache.touch("key")
        assert not cache.has_key("key")
        cache.set("key", 2)
        cache.set_many({"key": 2})
    assert [(record.name, record.levelname, record.exc_info) for record in caplog.records] == [
        (LOGGER, "WARNING", None)
    ]
    assert not cache.delete("key")


def test_a_silent_redis_is_waited_for_once(server: Server) -> None:
    cache.set("key", 1)
    server.send(signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(20):
        assert cache.get("key") is None
    assert time.monotonic() - began < 4  # seconds: once 0.5, not twenty times


def test_a_deletion_is_tried_even_while_redis_is_left_alone(server: Server, stored: "redis.Redis") -> None:
    server.stop(signal.SIGKILL)
    assert cache.get("key") is None
    server.start()
    for key in ("one", "two", "three"):
        stored.set(f":1:{key}", "1")
    assert cache.get("one") is None  # not asked
    assert cache.delete("one")
    cache.delete_many(["two"])
    assert [*stored.scan_iter()] == [b":1:three"]
    cache.clear()
    assert not stored.dbsize()


def test_redis_is_asked_again_after_a_while(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.caches.REST_SECONDS", 0.0)
    server.stop(signal.SIGKILL)
    assert cache.get("key") is None
    server.start()
    cache.set("key", 1)
    assert cache.get("key") == 1


def test_an_error_that_redis_reports_breaks_no_page(stored: "redis.Redis", caplog: pytest.LogCaptureFixture) -> None:
    stored.lpush(":1:list", "not a value")
    assert cache.get("list") is None
    assert [record.exc_info for record in caplog.records] == [None]


def test_a_server_that_is_no_redis_breaks_no_page(server: Server, settings: Settings) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), NoRedis) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        settings.CACHES = settings.CACHES | cache_at(other.server_address[1])
        assert cache.get("key") is None
        cache.set("key", 1)
        other.shutdown()
