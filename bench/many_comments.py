"""Our settings with pages of 200 comments: a budget asks for one, and no variable sets it."""

from config.settings import *  # noqa: F403

COMMENTS_PER_PAGE = 200
