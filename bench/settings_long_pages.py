"""Settings with 200 comments per page, as one budget requires. No environment variable sets this."""

from config.settings import *  # noqa: F403

COMMENTS_PER_PAGE = 200
