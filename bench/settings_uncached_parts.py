"""Settings that do not cache parts of pages: what the first request for a post costs in a warm process."""

from config.settings import *  # noqa: F403

POST_PARTS_KEPT = 0
