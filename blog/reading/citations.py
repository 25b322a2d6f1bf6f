"""Citations of a post: first the original, if the post reprints one, then the post itself.

A citation never contains the reposted text, and names an author as the credit does.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from blog.models import Post, Repost
from blog.page_tags import tags_of
from blog.permissions import attribution
from blog.reading import json_ld
from blog.reading.post_page import load_parts, load_post
from core.page_cache import cached_page, depends_on, public_cache_control
from core.site import override_locale

Medium = Repost.Medium


@dataclass(frozen=True)
class Source:
    """A work to cite. `published` is None if the date is unknown; `url` is empty if the work is not on the web."""

    key: str
    ris_type: str
    authors: tuple[str, ...]
    title: str
    container: str
    published: date | None
    url: str
    language: str
    note: str = ""


_RIS_TYPES = {
    Medium.WEB: "ELEC",
    Medium.SOCIAL: "ELEC",
    Medium.EMAIL: "ICOMM",
    Medium.LETTER: "PCOMM",
    Medium.UNPUBLISHED: "UNPB",
}

# BibTeX counts braces even after a backslash, so they are replaced by commands.
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "$&#%_"},
    }
)
_URL_ESCAPES = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})


@cached_page()
@require_safe
def bibtex(request: HttpRequest, year: int, month: int, slug: str) -> HttpResponse:
    return _download(request, slug, "bib", "application/x-bibtex", as_bibtex)


@cached_page()
@require_safe
def ris(request: HttpRequest, year: int, month: int, slug: str) -> HttpResponse:
    return _download(request, slug, "ris", "application/x-research-info-systems", as_ris)


def _download(
    request: HttpRequest, slug: str, suffix: str, content_type: str, write: Callable[[Source], str]
) -> HttpResponse:
    """Return the citations of a public post as a file.

    Raises Http404 if there is no such post or the URL has another date than the post.
    """
    post = load_post(slug)
    if post is None or not post.is_public or request.path != unquote(f"{post.get_absolute_url()}cite.{suffix}"):
        raise Http404
    load_parts(post)
    depends_on(request, *tags_of([post]))
    with override_locale(post.blog):
        text = "".join(write(source) for source in sources(post))
    disposition = content_disposition_header(True, f"{post.slug}.{suffix}")
    headers = {"Content-Disposition": disposition or "attachment"}
    response = HttpResponse(text, f"{content_type}; charset=utf-8", headers=headers)
    response["Cache-Control"] = public_cache_control(200)
    response["X-Robots-Tag"] = "noindex"
    return response


def sources(post: Post) -> list[Source]:
    """Return the works to cite for a saved post, the original first.

    Without a permission in force, only the post itself is cited.
    """
    own, repost = _cite_post(post), post.passage
    if not (repost and repost.is_in_force):
        return [own]
    original = _cite_original(post, repost)
    contents = _("Contains: %(work)s") % {"work": _sentence(original)}
    permission = attribution.permission_sentence(repost, post.author.name)
    return [replace(original, note=_reprinted_in(own)), replace(own, note=f"{contents} {permission}")]


def original_source(post: Post) -> Source | None:
    """Return the original that `post` reprints, or None."""
    repost = post.passage
    return _cite_original(post, repost) if repost and repost.is_in_force else None


def as_text(post: Post) -> str:
    """One citation in prose: the original and where it is reprinted, or the post alone."""
    own, original = _cite_post(post), original_source(post)
    return f"{_sentence(original)} {_reprinted_in(own)}" if original else _sentence(own)


def as_meta(source: Source) -> str:
    """The content of the meta element `citation_reference`, by which a page names a work that it cites."""
    fields = [("title", source.title), *(("author", author) for author in source.authors)]
    if source.published:
        fields.append(("publication_date", f"{source.published:%Y/%m/%d}"))
    return "; ".join(f"citation_{name}={_single_line(value).replace(';', ',')}" for name, value in fields)


def as_bibtex(source: Source) -> str:
    """Return one entry of a .bib file."""
    day = source.published
    fields = {
        "author": " and ".join(_bibtex_name(author) for author in source.authors),
        "title": f"{{{_latex(source.title)}}}",  # the second pair of braces preserves capitals
        "howpublished": _latex(source.container),
        "year": f"{day.year}" if day else "",
        "month": f"{day.month}" if day else "",
        "url": _single_line(source.url).translate(_URL_ESCAPES),
        "language": source.language,
        "note": _latex(source.note),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{source.key},\n{lines}}}\n\n"


def as_ris(source: Source) -> str:
    """Return one record of a .ris file, with the line endings that the format requires."""
    fields = [("TY", source.ris_type), *(("AU", author) for author in source.authors), ("TI", source.title)]
    fields += [("T2", source.container)]
    if source.published:
        fields += [("PY", f"{source.published.year}"), ("DA", f"{source.published:%Y/%m/%d}")]
    fields += [("UR", source.url), ("LA", source.language), ("N1", source.note)]
    lines = [f"{tag}  - {_single_line(value)}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def _cite_post(post: Post) -> Source:
    published = post.published_at.astimezone(post.blog.zone).date() if post.published_at else None
    return Source(
        key=_citation_key(post.author.name, published, f"post{post.pk}"),
        ris_type="BLOG",
        authors=(post.author.name,),
        title=post.title,
        container=post.blog.title,
        published=published,
        url=post.permalink,
        language=post.language,
    )


def _cite_original(post: Post, repost: Repost) -> Source:
    authors = tuple(json_ld.display_name(post, person) for person in json_ld.authors(post))
    medium = repost.get_medium_display()
    return Source(
        key=_citation_key(authors[0] if authors else "", repost.source_date, repost.public_id),
        ris_type=_RIS_TYPES.get(Medium(repost.medium), "GEN"),
        authors=authors,
        title=repost.source_title or _("Untitled (%(medium)s)") % {"medium": medium},
        container=medium,
        published=repost.source_date,
        url=repost.source_url,
        language=repost.language,
    )


def _reprinted_in(own: Source) -> str:
    return _("Reprinted in: %(own)s") % {"own": _sentence(own)}


def _sentence(source: Source) -> str:
    names = {"authors": ", ".join(source.authors), "title": source.title, "container": source.container}
    parts = [_("%(authors)s, “%(title)s”, %(container)s") % names]
    if source.published:
        parts.append(date_format(source.published, "DATE_FORMAT"))
    if source.url:
        parts.append(source.url)
    return ", ".join(parts) + "."


def _citation_key(name: str, published: date | None, number: str) -> str:
    """Return a BibTeX key of ASCII letters, digits and hyphens, which every program accepts."""
    return "-".join(filter(None, [slugify(name), f"{published.year}" if published else "", number]))


def _bibtex_name(name: str) -> str:
    """Put a name that contains a comma or "and" in braces: BibTeX would split it there."""
    escaped = _latex(name)
    return f"{{{escaped}}}" if "," in name or " and " in f" {escaped} ".lower() else escaped


def _latex(text: str) -> str:
    return _single_line(text).translate(_LATEX)


def _single_line(text: str) -> str:
    """Replace line breaks and other control characters: in both formats a new line may begin a new field."""
    visible = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    return re.sub(r"\s+", " ", visible).strip()
