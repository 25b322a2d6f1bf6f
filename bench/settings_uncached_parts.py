"""Settings that keep no parts of pages: what the first request for a post costs in a warm process."""

from config.settings import *  # noqa: F403
from config.settings import CACHES

CACHES = {**CACHES, "template_fragments": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
POST_PARTS_KEPT = 0
