"""Our settings without cached fragments: what the first view of a post costs a process that is warm."""

from config.settings import *  # noqa: F403

CACHES["template_fragments"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}  # noqa: F405
