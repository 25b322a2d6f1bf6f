"""The people and posts of the sample. The long texts are in `texts/<slug>/`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from PIL import Image

from blog.sample import pictures

TEXTS = Path(__file__).parent / "texts"


def text(slug: str, part: str) -> str:
    """The Markdown of one part of a post: "introduction", "words", "body" or "transcript". Empty if there is none."""
    file = TEXTS / slug / f"{part}.md"
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


@dataclass(frozen=True)
class SamplePerson:
    name: str
    slug: str
    affiliation: str


@dataclass(frozen=True)
class Picture:
    """A drawn picture: its path in storage, the function that draws it, and its alternative text."""

    path: str
    draw: Callable[[], Image.Image]
    alt: str


@dataclass(frozen=True)
class SamplePost:
    """`age` counts back from the moment of loading. A post with a negative age is scheduled; None makes a draft."""

    title: str
    slug: str
    summary: str
    tags: tuple[str, ...]
    age: timedelta | None
    cover: Picture | None = None


BLOG_TITLE = "The Wide Margin"
BLOG_TAGLINE = "Notes on law, pictures and other people’s sentences"

HOST = SamplePerson("Leander Quist", "leander-quist", "Chair of Law and Culture, University of Halmfurt")
GUEST = SamplePerson("Ines Halloway-Duarte", "ines-halloway-duarte", "Film and Cultural Theory, Port Sabine")
PEOPLE = (HOST, GUEST)

REPOST = SamplePost(
    title="The street that was never filmed",
    slug="the-street-that-was-never-filmed",
    summary="A colleague’s note on one minute of film that no camera took, and what a court could ask of it.",
    tags=("Evidence", "Images", "Machines"),
    age=timedelta(days=3, hours=2, minutes=40),
)
OTHER_POSTS = (
    SamplePost(
        title="How to quote a page that will change",
        slug="how-to-quote-a-page-that-will-change",
        summary="An index card, a fingerprint and a modest promise: footnotes for a medium that forgets.",
        tags=("Quotation", "Machines"),
        age=timedelta(days=40, hours=6, minutes=5),
        cover=Picture(
            "covers/sample-sheets.jpg",
            pictures.sheets,
            "Sheets of translucent paper lie fanned over one another; a red thread runs through all of them.",
        ),
    ),
    SamplePost(
        title="Let it be printed",
        slug="let-it-be-printed",
        summary="On the one permission that old title pages never show, and why a blog should.",
        tags=("Quotation", "History"),
        age=timedelta(days=19, hours=3, minutes=25),
        cover=Picture(
            "covers/sample-book.jpg",
            pictures.open_book,
            "An open book on dark cloth: a single short line on the left page, a frame with a red seal on the right.",
        ),
    ),
    SamplePost(
        title="The artist in the courtroom",
        slug="the-artist-in-the-courtroom",
        summary="A morning beside somebody who draws trials, and waits for hands.",
        tags=("Evidence", "Images"),
        age=-timedelta(days=7),
    ),
    SamplePost(
        title="Notes towards a lecture on silence",
        slug="notes-towards-a-lecture-on-silence",
        summary="",
        tags=("Evidence",),
        age=None,
    ),
)
POSTS = (REPOST, *OTHER_POSTS)

SOURCE_TITLE = "A note on a boy who looks at no one"
PERMISSION_NOTE = "With her permission I repost here, whole and unchanged, a note that she sent me by e-mail."
WRITTEN_BEFORE = timedelta(days=8)  # both count back from publication
GRANTED_BEFORE = timedelta(days=6)

VIDEO_URL = "https://www.youtube.com/watch?v=samplevideo"
VIDEO_TITLE = "Harbour street, about 1911 (sample: the link leads to no real video)"
POSTER = Picture(
    "posters/sample-street.jpg",
    pictures.street,
    "An empty street between dark houses runs down to the sea and a low sun. The shadows of its lamp posts fall "
    "towards the sun instead of away from it.",
)
PICTURES = (POSTER, *(post.cover for post in POSTS if post.cover))
