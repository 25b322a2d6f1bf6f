"""Ask the provider of a video about it: whether it still exists, its title, and where its picture is.

Only URLs from the table of providers are requested, and no value of an answer is trusted: text is cleaned and cut,
numbers must be numbers, and a picture must be on one of the provider's own hosts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from blog.rendering.markdown import normalise, strip_direction_marks
from blog.videos.providers import UncheckedAnswer
from blog.videos.references import PROVIDERS, Reference
from core.fetching.client import Fetcher, FetchFailed

TITLE_LENGTH, NAME_LENGTH, URL_LENGTH = 300, 200, 1000  # characters, as in the columns of a video
MAX_DURATION = 366 * 24 * 3600  # seconds; more must be a mistake, and would not fit the column
REFUSED = frozenset({401, 403, 404, 410})  # how providers answer for a private, blocked or deleted video
MISSING = frozenset({404, 410})


@dataclass(frozen=True)
class ProviderAnswer:
    """What a provider says about an existing video. A field without a usable value is empty."""

    title: str = ""
    creator: str = ""
    creator_url: str = ""
    duration: int | None = None  # seconds
    uploaded_on: date | None = None
    picture_url: str = ""  # on any host: see `poster_urls`


def can_ask(reference: Reference) -> bool:
    """Whether the provider answers questions about the video, and the settings allow asking."""
    provider = PROVIDERS.get(reference.provider)
    if not (settings.VIDEO_FETCH and provider and provider.read_answer and reference.info_url):
        return False
    return not provider.hosts_setting or reference.host in getattr(settings, provider.hosts_setting)


def fetch(reference: Reference, fetcher: Fetcher) -> ProviderAnswer | None:
    """Ask the provider about a video for which `can_ask` is true. Return None if it has no such video (any more).

    Raises FetchFailed if the answer means neither: network failures, server errors, rate limits.
    """
    try:
        answer = fetcher.json(reference.info_url)
    except FetchFailed as failure:
        if failure.status in REFUSED and _means_no_video(failure, reference, fetcher):
            return None
        raise
    read_answer = PROVIDERS[reference.provider].read_answer
    unchecked = read_answer(answer, reference.host) if read_answer else None
    return _checked(unchecked) if unchecked else None


def poster_urls(reference: Reference, answer: ProviderAnswer) -> list[str]:
    """Return where to fetch a still picture of the video, the best first."""
    hosts = PROVIDERS[reference.provider].picture_hosts
    named = [answer.picture_url] if _is_on_host(answer.picture_url, hosts, reference) else []
    fixed = [reference.poster_url] if reference.poster_url else []
    return list(dict.fromkeys(named + fixed))


def _means_no_video(failure: FetchFailed, reference: Reference, fetcher: Fetcher) -> bool:
    """Whether a refusal says that the video is gone, and not only that it must not be embedded."""
    if reference.poster_url:
        return _is_poster_gone(reference, fetcher)
    # A page that demands a captcha refuses machines, whatever they request.
    return failure.status in MISSING or not failure.is_page


def _is_poster_gone(reference: Reference, fetcher: Fetcher) -> bool:
    try:
        fetcher.picture(reference.poster_url)
    except FetchFailed as failure:
        return failure.status in MISSING
    return False


def _is_on_host(url: str, hosts: Sequence[str], reference: Reference) -> bool:
    """Whether an untrusted `url` is on one of `hosts`, which are written as in `Provider.picture_hosts`."""
    try:
        host = urlsplit(url).netloc
    except ValueError:
        return False
    names = [name.format(host=reference.host) for name in hosts]
    return any(host.endswith(name) if name.startswith(".") else host == name for name in names if name)


# --- Checking values ----------------------------------------------------------------------------------------------


def _checked(answer: UncheckedAnswer) -> ProviderAnswer:
    return ProviderAnswer(
        title=_text(answer.title, TITLE_LENGTH),
        creator=_text(answer.creator, NAME_LENGTH),
        creator_url=_web_url(answer.creator_url),
        duration=_single_duration(answer.durations),
        uploaded_on=_date(answer.uploaded_on),
        picture_url=_url(answer.picture_url),
    )


def _text(value: Any, length: int) -> str:
    """Clean one line of text. Of a list, as the Internet Archive sends them, take the first item."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str):
        return ""
    return " ".join(strip_direction_marks(normalise(value[: 4 * length])).split())[:length].rstrip()


def _web_url(value: Any) -> str:
    """A URL that the site may link to."""
    url = _url(value)
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return ""
    return url


def _url(value: Any) -> str:
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= URL_LENGTH
    return value if is_plain else ""


def _single_duration(values: Sequence[Any]) -> int | None:
    """The one valid duration among `values`. A video of several files has no duration as a whole."""
    durations = [duration for value in values if (duration := _duration(value))]
    return durations[0] if len(durations) == 1 else None


def _duration(value: Any) -> int | None:
    """Whole seconds; None for what is no duration, and for the 0 of a live broadcast."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return round(seconds) or None if math.isfinite(seconds) and 0 < seconds <= MAX_DURATION else None


def _date(value: Any) -> date | None:
    """The day of an ISO 8601 date, or of a Unix timestamp."""
    try:
        if isinstance(value, str):
            return date.fromisoformat(value[:10])
        if isinstance(value, int) and value > 0:
            return datetime.fromtimestamp(value, UTC).date()
    except (ValueError, OverflowError, OSError):
        pass
    return None
