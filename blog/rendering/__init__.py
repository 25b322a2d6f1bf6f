"""The one door from text to HTML. Text goes through when it is saved; no template runs Markdown.

Whoever stores rendered text names its model in `blog.extension_points.RENDERED`, so that `manage.py rerender` finds it.
"""

from blog.rendering.markdown import is_mere_words
from blog.rendering.text import excerpt, plain_text
from blog.rendering.voices import render_comment, render_post, render_repost, videos_in

__all__ = [
    "RENDER_VERSION",
    "excerpt",
    "is_mere_words",
    "plain_text",
    "render_comment",
    "render_post",
    "render_repost",
    "videos_in",
]

# Goes up with every change that makes other HTML of the same text.
RENDER_VERSION = 2
