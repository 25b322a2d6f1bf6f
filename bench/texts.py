"""Texts for posts and comments, recombined from the sample content. Each distinct text is rendered once."""

from dataclasses import dataclass
from functools import cache
from random import Random

from blog import rendering
from blog.sample import content

PREFIX = "p0b-"  # of ids in rendered posts; it contains the primary key of the post
SHORT_POSTS, COMMENTS = 40, 60  # distinct texts
TITLES = ("street", "letter", "camera", "margin", "witness", "drawing", "court", "archive", "shadow", "signature")


@dataclass(frozen=True)
class Text:
    source: str
    html: str
    excerpt: str = ""

    def html_of(self, post: int) -> str:
        return self.html.replace(PREFIX, f"p{post}b-") if PREFIX in self.html else self.html


@cache
def long_posts() -> list[Text]:
    """The essays of the sample, 400 to 800 words each."""
    return [_post(content.text(post.slug, "body")) for post in content.POSTS]


@cache
def short_posts() -> list[Text]:
    """Two paragraphs each."""
    random = Random(7)
    return [_post("\n\n".join(random.sample(paragraphs(), 2))) for _ in range(SHORT_POSTS)]


@cache
def comments() -> list[Text]:
    """One to five sentences each, some with emphasis."""
    random = Random(11)
    sentences = [part.strip(" .") for paragraph in paragraphs() for part in paragraph.split(". ") if part.strip(" .")]
    sources = []
    for number in range(COMMENTS):
        chosen = [f"{sentence}." for sentence in random.sample(sentences, 1 + number % 5)]
        sources.append(" ".join([*chosen, "I am *not* sure."] if number % 7 == 0 else chosen))
    return [Text(source, rendering.render_comment(source)) for source in sources]


@cache
def paragraphs() -> list[str]:
    """Plain paragraphs without links, so that no rule holds a comment made of them."""
    found = [part for post in content.POSTS for part in content.text(post.slug, "body").split("\n\n")]
    return [" ".join(part.split()) for part in found if part[:1].isalpha() and not set(part) & set("[]`<*_^")]


def _post(source: str) -> Text:
    html = rendering.render_post(source, id_prefix=PREFIX)
    return Text(source, html, rendering.excerpt(html, length=300))
