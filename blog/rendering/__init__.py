"""The only way from text to HTML. Text is rendered when it is saved; no template runs Markdown.

A model that stores rendered text must be listed in `RENDERED`, so that `manage.py rerender` finds it.
"""

from blog.rendering.text import excerpt, plain_text
from blog.rendering.voices import render_comment, render_post, render_repost, videos_in

__all__ = [
    "RENDER_VERSION",
    "excerpt",
    "plain_text",
    "render_comment",
    "render_post",
    "render_repost",
    "videos_in",
]

# Increase it with every change that makes the same text render as different HTML.
RENDER_VERSION = 2

# Model labels, each with the fields that the model's `render()` method sets besides `render_version`. Apps above this
# one add theirs at start-up.
RENDERED: dict[str, tuple[str, ...]] = {
    "blog.Post": ("introduction_html", "body_html", "excerpt"),
    "blog.Wording": ("html",),
}
