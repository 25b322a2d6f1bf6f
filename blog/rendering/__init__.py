"""The one door from text to HTML."""

RENDER_VERSION = 1


def render_post(source: str, *, id_prefix: str) -> str:
    return source


def render_repost(source: str, *, id_prefix: str) -> str:
    return source


def render_comment(source: str) -> str:
    return source


def excerpt(html: str, *, length: int) -> str:
    return html[:length]
