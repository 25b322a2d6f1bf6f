"""What stands in a page for a video before a click: a link home, from which video.js makes the player."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.videos.providers import Reference


def facade_attributes(reference: Reference, title: str) -> SafeString:
    """The attributes of the link: it leads to the video at home, and tells video.js what to put in its place."""
    return format_html(
        'class="video-facade" href="{}" target="_blank" rel="noopener noreferrer nofollow"'
        ' data-player="{}" data-title="{}"',
        reference.watch_url,
        reference.player_url,
        title,
    )


def player_html(reference: Reference) -> SafeString:
    """A video inside a text, safe HTML. It is stored, so it names the provider and speaks no language of ours."""
    title = f"Video: {reference.provider_name}"
    return format_html(
        '<figure class="video"><a {}><span class="video-play"><span class="video-icon" aria-hidden="true"></span>'
        " {}</span></a></figure>",
        facade_attributes(reference, title),
        title,
    )
