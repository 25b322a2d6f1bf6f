"""Redis as a cache that may be away: what is in it is asked for and not relied on."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.core.cache.backends.redis import RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

PATIENCE_SECONDS = 0.5  # for a connection, and for an answer: a page waits for neither longer
REST_SECONDS = 5.0  # for which Redis is not asked again after it failed: the next page waits for it no more
# Nothing is kept for longer. A session that ends while Redis is away is deleted in the database alone, and would be
# good again with the cached copy once Redis is back.
LONGEST_SECONDS = 60
SETTINGS = {
    "socket_connect_timeout": PATIENCE_SECONDS,
    "socket_timeout": PATIENCE_SECONDS,
    "retry": Retry(NoBackoff(), 0),  # redis-py tries again for seconds
}

# What is said of a cache that is away: what an empty one would say. One that cannot count raises, as for a missing key.
WITHOUT: dict[str, Any] = {"add": True, "touch": False, "delete": False, "has_key": False, "clear": False}

log = logging.getLogger(__name__)


class JsonSerializer:
    """Django pickles, and then whoever can write to Redis can have any code run by us."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """The value, or None for what is no JSON: it is as good as not there."""
        try:
            return json.loads(data)
        except ValueError:
            return None


class ForgivingClient:
    """Django's client, that answers like one of an empty cache while Redis is away."""

    away_until: ClassVar[float] = 0.0  # by the clock that only moves forward; for all threads of this process

    def __init__(self, servers: list[str], **options: Any) -> None:
        self._client = RedisCacheClient(servers, **options)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def ask(*args: Any) -> Any:
            # What is deleted must not come back, so that is tried in any case.
            if time.monotonic() >= self.away_until or name.startswith(("delete", "clear")):
                try:
                    return method(*args)
                except RedisError as error:
                    log.warning("Redis is away, going on without it: %s", error)
                    ForgivingClient.away_until = time.monotonic() + REST_SECONDS
            return _without(name, *args)

        return ask


def _without(name: str, *args: Any) -> Any:
    if name == "get":
        return args[1]
    if name == "incr":
        raise ValueError("The cache is away.")
    return {} if name == "get_many" else WITHOUT.get(name)


class RedisCache(DjangoRedisCache):
    """Django's, which waits for no silent server, fails with no page, and keeps nothing for longer than a minute."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__([server], params | {"OPTIONS": SETTINGS | {"serializer": JsonSerializer}})
        self._class = ForgivingClient

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int:
        asked = super().get_backend_timeout(timeout)
        return LONGEST_SECONDS if asked is None else min(int(asked), LONGEST_SECONDS)
