"""Our settings without parts of pages that are kept: what the first look at a post costs a process that is warm."""

from config.settings import *  # noqa: F403

POST_PARTS_KEPT = 0
