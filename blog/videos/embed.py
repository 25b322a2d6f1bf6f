"""The facade of a video: a link to its page at the provider, which video.js replaces with the player on a click."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.videos.references import Reference


def facade_attributes(reference: Reference, title: str) -> SafeString:
    """Return the attributes of the link: the page that it leads to, and the player for video.js."""
    link = format_html(
        'class="video-facade" href="{}" target="_blank" rel="noopener noreferrer nofollow"', reference.watch_url
    )
    if not reference.player_url:
        return link  # the settings no longer list the host, so the Content-Security-Policy would block the player
    player = "data-file" if reference.is_file else "data-player"
    return format_html('{} {}="{}" data-title="{}"', link, player, reference.player_url, title)
