"""What stands in a page for a video before a click: a link home, from which video.js makes the player."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.videos.references import Reference


def facade_attributes(reference: Reference, title: str) -> SafeString:
    """The attributes of the link: it leads to the video at home, and tells video.js what to put in its place."""
    link = format_html(
        'class="video-facade" href="{}" target="_blank" rel="noopener noreferrer nofollow"', reference.watch_url
    )
    if not reference.player_url:
        return link  # a place that the settings no longer name: the content policy would stop its player
    player = "data-file" if reference.is_file else "data-player"
    return format_html('{} {}="{}" data-title="{}"', link, player, reference.player_url, title)
