"""What a provider says about a video: whether it is still there, what it is called, and where its picture is.

Only addresses of the table of providers are asked, and nothing that comes back is believed: a text is cut and cleaned,
a number has to be one, and a picture is looked for on the provider's own hosts alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from blog.rendering.markdown import readable, without_direction_marks
from blog.videos.references import PROVIDERS, Reference
from core.fetching.client import Fetcher, FetchFailed

TITLE_LENGTH, NAME_LENGTH, ADDRESS_LENGTH = 300, 200, 1000  # characters, as the columns of a video
LONGEST = 366 * 24 * 3600  # seconds; a longer film is a mistake, and no database has to hold it
REFUSED = frozenset({401, 403, 404, 410})  # how providers say that a video is private, blocked or deleted
MISSING = frozenset({404, 410})

Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What a provider told of a video that is there; empty where it told nothing that can be used."""

    title: str = ""
    creator: str = ""
    creator_url: str = ""
    duration: int | None = None  # seconds
    uploaded_on: date | None = None
    picture: str = ""  # an address, not checked yet


def can_ask(reference: Reference) -> bool:
    """Whether there is somebody to ask, and the settings let us."""
    provider = PROVIDERS.get(reference.provider)
    if not (settings.VIDEO_FETCH and provider and provider.key in READERS and reference.info_url):
        return False
    return not provider.hosts or reference.host in getattr(settings, provider.hosts)


def ask(reference: Reference, fetcher: Fetcher) -> Told | None:
    """What its provider tells of a video; None where it says that there is no such video (any more).

    Raises FetchFailed where the answer means neither: the network, a server in trouble, too many questions.
    """
    provider = PROVIDERS[reference.provider]
    try:
        answer = fetcher.json(reference.info_url)
    except FetchFailed as failure:
        if failure.status in REFUSED and _is_believed(failure, reference, fetcher):
            return None
        raise
    return READERS[provider.key](answer, reference)


def pictures_of(reference: Reference, told: Told) -> list[str]:
    """Where a still picture of the video may be fetched, the best first."""
    provider = PROVIDERS[reference.provider]
    named = [told.picture] if _is_among(told.picture, provider.picture_hosts, reference) else []
    fixed = [reference.poster_url] if reference.poster_url else []
    return list(dict.fromkeys(named + fixed))


def _is_believed(failure: FetchFailed, reference: Reference, fetcher: Fetcher) -> bool:
    """Whether a refusal means this video: a refusal alone may only mean that it must not be embedded."""
    if reference.poster_url:
        return _picture_is_gone(reference, fetcher)  # the second witness, where there is one
    # A door with a riddle for people refuses machines, and whatever they ask for.
    return failure.status in MISSING or not failure.is_page


def _picture_is_gone(reference: Reference, fetcher: Fetcher) -> bool:
    try:
        fetcher.picture(reference.poster_url)
    except FetchFailed as failure:
        return failure.status in MISSING
    return False


def _is_among(address: str, hosts: tuple[str, ...], reference: Reference) -> bool:
    """Whether an `address` that somebody told us is on one of `hosts`."""
    try:
        host = urlsplit(address).netloc
    except ValueError:
        return False
    names = [name.format(host=reference.host) for name in hosts]
    return any(host.endswith(name) if name.startswith(".") else host == name for name in names if name)


# --- Readers: one for each kind of answer -----------------------------------------------------------------------------


def _oembed(answer: Json, reference: Reference) -> Told:
    """Also what Vimeo adds to the standard: how long, and since when."""
    return Told(
        title=_text(answer.get("title"), TITLE_LENGTH),
        **_maker(answer.get("author_name"), answer.get("author_url")),
        duration=_seconds(answer.get("duration")),
        uploaded_on=_day(answer.get("upload_date")),
        picture=_address(answer.get("thumbnail_url")),
    )


def _dailymotion(answer: Json, reference: Reference) -> Told:
    return Told(
        title=_text(answer.get("title"), TITLE_LENGTH),
        **_maker(answer.get("owner.screenname"), answer.get("owner.url")),
        duration=_seconds(answer.get("duration")),
        uploaded_on=_day(answer.get("created_time")),
        picture=_address(answer.get("thumbnail_720_url") or answer.get("thumbnail_480_url")),
    )


def _peertube(answer: Json, reference: Reference) -> Told:
    account = _object(answer.get("account"))
    path = _address(answer.get("previewPath") or answer.get("thumbnailPath"))
    return Told(
        title=_text(answer.get("name"), TITLE_LENGTH),
        **_maker(account.get("displayName"), account.get("url")),
        duration=_seconds(answer.get("duration")),
        uploaded_on=_day(answer.get("publishedAt")),
        picture=f"https://{reference.host}{path}" if path.startswith("/") else "",
    )


def _archive(answer: Json, reference: Reference) -> Told | None:
    """Of what it never had, and of what it had to hide, it answers with a 200 and nothing in it."""
    if not answer or answer.get("is_dark"):
        return None
    about = _object(answer.get("metadata"))
    files = answer.get("files")
    files = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    lengths = [_seconds(file.get("length")) for file in files if file.get("source") == "original"]
    films = [length for length in lengths if length]
    still = _address(f"{answer.get('server')}{answer.get('dir')}/__ia_thumb.jpg")
    has_still = any(file.get("name") == "__ia_thumb.jpg" for file in files)
    return Told(
        title=_text(about.get("title"), TITLE_LENGTH),
        **_maker(about.get("creator"), None),
        duration=films[0] if len(films) == 1 else None,  # of several films, the whole is as long as none
        uploaded_on=_day(about.get("publicdate")),
        picture=f"https://{still}" if has_still else "",
    )


READERS: dict[str, Callable[[Json, Reference], Told | None]] = {
    "youtube": _oembed,
    "vimeo": _oembed,
    "tiktok": _oembed,
    "dailymotion": _dailymotion,
    "peertube": _peertube,
    "archive": _archive,
}


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: Any, length: int) -> str:
    """One line without anything in it that is no text; of a list, as the Internet Archive has them, the first."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str):
        return ""
    return " ".join(without_direction_marks(readable(value[: 4 * length])).split())[:length].rstrip()


def _maker(name: Any, page: Any) -> dict[str, str]:
    return {"creator": _text(name, NAME_LENGTH), "creator_url": _web_page(page)}


def _web_page(value: Any) -> str:
    """An address that may become a link of ours."""
    address = _address(value)
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        return ""
    return address


def _address(value: Any) -> str:
    is_one = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= ADDRESS_LENGTH
    return value if is_one else ""


def _seconds(value: Any) -> int | None:
    """Whole seconds; None for what is no length, and for the 0 of a broadcast that still runs."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return round(seconds) or None if math.isfinite(seconds) and 0 < seconds <= LONGEST else None


def _day(value: Any) -> date | None:
    """The day in a date of ISO 8601, or in seconds since 1970."""
    try:
        if isinstance(value, str):
            return date.fromisoformat(value[:10])
        if isinstance(value, int) and value > 0:
            return datetime.fromtimestamp(value, UTC).date()
    except (ValueError, OverflowError, OSError):
        pass
    return None
