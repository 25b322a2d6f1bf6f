"""How a post is cited: the original first where there is one, then the post, in which it is reprinted.

They carry none of the words, and call an author as the credit does.
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
from core.page_cache import cached_page, depends_on, public_cache_control
from core.site import override_locale

Medium = Repost.Medium


@dataclass(frozen=True)
class Source:
    """One thing to cite. `published` is None where nobody knows the day, `url` empty where there is none."""

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

# A brace counts for BibTeX even behind a backslash, so that braces, too, have to become commands.
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
_IN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})


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
    """The sources of a public post as a file. Under another date than the post's there is none."""
    post = Post.objects.published().for_page().filter(slug=slug).first()
    if post is None or request.path != unquote(f"{post.get_absolute_url()}cite.{suffix}"):
        raise Http404
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
    """What to cite of a stored post, the original first. Once its words have ended, only the host's own is left."""
    own, repost = _post(post), post.passage
    if not (repost and repost.is_in_force):
        return [own]
    original = _original(post, repost)
    contents = _("Contains: %(work)s") % {"work": _sentence(original)}
    ground = attribution.permission_sentence(repost, post.author.name)
    return [replace(original, note=_reprinted_in(own)), replace(own, note=f"{contents} {ground}")]


def reference(post: Post) -> Source | None:
    """The original that is reprinted in `post`, if there is one."""
    repost = post.passage
    return _original(post, repost) if repost and repost.is_in_force else None


def as_text(post: Post) -> str:
    """One citation for people: the original and where it is reprinted, or the post alone."""
    own, original = _post(post), reference(post)
    return f"{_sentence(original)} {_reprinted_in(own)}" if original else _sentence(own)


def as_meta(source: Source) -> str:
    """A work that a page cites, as the content of the meta element `citation_reference`."""
    fields = [("title", source.title), *(("author", author) for author in source.authors)]
    if source.published:
        fields.append(("publication_date", f"{source.published:%Y/%m/%d}"))
    return "; ".join(f"citation_{name}={_on_one_line(value).replace(';', ',')}" for name, value in fields)


def as_bibtex(source: Source) -> str:
    """One entry of a .bib file."""
    day = source.published
    fields = {
        "author": " and ".join(_bibtex_name(author) for author in source.authors),
        "title": f"{{{_latex(source.title)}}}",  # the second braces keep its capitals
        "howpublished": _latex(source.container),
        "year": f"{day.year}" if day else "",
        "month": f"{day.month}" if day else "",
        "url": _on_one_line(source.url).translate(_IN_ADDRESS),
        "language": source.language,
        "note": _latex(source.note),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{source.key},\n{lines}}}\n\n"


def as_ris(source: Source) -> str:
    """One record of a .ris file, its lines ended as that format wants them."""
    fields = [("TY", source.ris_type), *(("AU", author) for author in source.authors), ("TI", source.title)]
    fields += [("T2", source.container)]
    if source.published:
        fields += [("PY", f"{source.published.year}"), ("DA", f"{source.published:%Y/%m/%d}")]
    fields += [("UR", source.url), ("LA", source.language), ("N1", source.note)]
    lines = [f"{tag}  - {_on_one_line(value)}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def _post(post: Post) -> Source:
    published = post.published_at.astimezone(post.blog.zone).date() if post.published_at else None
    return Source(
        key=_key(post.author.name, published, f"post{post.pk}"),
        ris_type="BLOG",
        authors=(post.author.name,),
        title=post.title,
        container=post.blog.title,
        published=published,
        url=post.permalink,
        language=post.language,
    )


def _original(post: Post, repost: Repost) -> Source:
    authors = tuple(json_ld.name_of(post, person) for person in json_ld.authors(post))
    medium = repost.get_medium_display()
    return Source(
        key=_key(authors[0] if authors else "", repost.source_date, repost.public_id),
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
    given = {"authors": ", ".join(source.authors), "title": source.title, "container": source.container}
    parts = [_("%(authors)s, “%(title)s”, %(container)s") % given]
    if source.published:
        parts.append(date_format(source.published, "DATE_FORMAT"))
    if source.url:
        parts.append(source.url)
    return ", ".join(parts) + "."


def _key(name: str, published: date | None, number: str) -> str:
    """Of plain letters and digits, since every program takes those."""
    return "-".join(filter(None, [slugify(name), f"{published.year}" if published else "", number]))


def _bibtex_name(name: str) -> str:
    """BibTeX parts names at commas and between them at "and": what holds either is kept whole."""
    escaped = _latex(name)
    return f"{{{escaped}}}" if "," in name or " and " in f" {escaped} ".lower() else escaped


def _latex(text: str) -> str:
    return _on_one_line(text).translate(_LATEX)


def _on_one_line(text: str) -> str:
    """Without line ends and other control characters: in both formats a new line may begin a new field."""
    visible = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    return re.sub(r"\s+", " ", visible).strip()
