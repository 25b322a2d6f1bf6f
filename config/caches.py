"""What django-redis has no option for: a Redis that may be away, and values that are kept for a short time only."""

import logging
import time
from typing import Any, ClassVar, cast

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django_redis.client import DefaultClient  # type: ignore[import-untyped]
from django_redis.exceptions import ConnectionInterrupted  # type: ignore[import-untyped]
from redis import Redis
from redis.exceptions import RedisError

REST_SECONDS = 5.0  # Redis is not asked for so long after it failed, so that a silent one delays one page, not each
# Nothing is kept for longer. A session that ends while Redis is away is deleted in the database only, and would be
# valid again with the cached copy once Redis is back.
LONGEST_SECONDS = 60
DELETIONS = {"DEL", "FLUSHDB"}

log = logging.getLogger(__name__)


class RestingRedis(Redis):
    """redis-py's client, which fails at once for REST_SECONDS after a failure. Deletions are always tried.

    Each failure becomes the exception that django-redis ignores by its option IGNORE_EXCEPTIONS, in all methods.
    """

    away_until: ClassVar[float] = 0.0  # a moment of time.monotonic(), for all threads of this process

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if time.monotonic() < RestingRedis.away_until and args[0] not in DELETIONS:
            raise ConnectionInterrupted(self)
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except RedisError as error:
            log.warning("Redis is away, going on without it: %s", error)
            RestingRedis.away_until = time.monotonic() + REST_SECONDS
            raise ConnectionInterrupted(self) from error


class ShortTermClient(DefaultClient):  # type: ignore[misc]
    """django-redis' client, which keeps every value for LONGEST_SECONDS at most and ignores what is not JSON."""

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, *args: Any, **options: Any) -> bool:
        return cast(bool, super().set(key, value, _capped(timeout), *args, **options))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, *args: Any, **options: Any) -> bool:
        return cast(bool, super().touch(key, _capped(timeout), *args, **options))

    def decode(self, value: bytes | int | str) -> Any:
        """Return the value, or None for what is not JSON."""
        try:
            return super().decode(value)
        except ValueError:
            return None


def _capped(timeout: Any) -> Any:
    return LONGEST_SECONDS if timeout is None or timeout is DEFAULT_TIMEOUT else min(timeout, LONGEST_SECONDS)
