"""The conditions that the author set with a yes, as sentences for readers and as headers for machines.

Where each condition takes effect: wording and link of the credit in `blog.permissions.attribution`; no search snippet
in the templates and in `blog.reading.json_ld`; no full text in feeds in `blog.reading.feeds`; the end in
`Repost.compute_end`; no AI training here.
"""

from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from blog.models import Post, Repost

NO_TRAINING = "noai, noimageai"


def sentences(repost: Repost) -> list[str]:
    """Return one sentence for each condition of the author, in the active language."""
    values = {"wording": repost.credit_wording, "end": date_format(repost.author_end) if repost.author_end else ""}
    conditions = [
        (repost.credit_wording, _("The credit reads: “%(wording)s”.")),
        (repost.credit_link, _("The credit links to a page of the author’s choice.")),
        (repost.no_snippet, _("Search engines must not show the words in their results.")),
        (repost.not_in_feeds, _("Feeds contain a link instead of the words.")),
        (repost.no_training, _("The words must not be used to train AI.")),
        (repost.author_end, _("The permission ends after %(end)s.")),
    ]
    return [sentence % values for is_set, sentence in conditions if is_set]


def set_no_training_headers(response: HttpResponse, posts: Iterable[Post]) -> None:
    """Set headers that forbid AI training, if that is a condition for the words in any of `posts`.

    `tdm-reservation` belongs to the TDM Reservation Protocol of a W3C community group. The robots tag is not
    standardised; only some crawlers respect it.
    """
    if any(post.forbids_training for post in posts):
        response["tdm-reservation"] = "1"
        response["X-Robots-Tag"] = ", ".join(filter(None, [response.get("X-Robots-Tag"), NO_TRAINING]))
