"""What the author of reposted words asked for, told to readers and to machines.

Where each condition is kept: the wording and the link of a credit in `blog.permissions.attribution`; no snippet in
the page's markup and in `blog.reading.json_ld`; not in full in feeds in `blog.reading.feeds`; the end in
`Repost.reckon_end`; no training here.
"""

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from blog.models import Post, Repost

NO_TRAINING = "noai, noimageai"


def sentences(repost: Repost) -> list[str]:
    """The conditions of the author, a sentence each, in the language that is active."""
    given = {"wording": repost.credit_wording, "end": date_format(repost.author_end) if repost.author_end else ""}
    told = [
        (repost.credit_wording, _("The credit reads: “%(wording)s”.")),
        (repost.credit_link, _("The credit links to an address of the author’s choice.")),
        (repost.no_snippet, _("Search results do not show the words.")),
        (repost.not_in_feeds, _("Feeds carry a link in place of the words.")),
        (repost.no_training, _("The words are not for training AI.")),
        (repost.author_end, _("The permission ends with %(end)s.")),
    ]
    return [sentence % given for is_set, sentence in told if is_set]


def reserve(response: HttpResponse, posts: Iterable[Post]) -> None:
    """Say in the headers that what is shown of `posts` is not for training AI, if that holds for one of them.

    `tdm-reservation` is the W3C community's protocol for text and data mining; the robots tag is a custom of some.
    """
    if any(post.forbids_training for post in posts):
        response["tdm-reservation"] = "1"
        response["X-Robots-Tag"] = ", ".join(filter(None, [response.get("X-Robots-Tag"), NO_TRAINING]))
