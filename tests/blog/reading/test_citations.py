"""Citations: the original first, in files that independent parsers can read, for any title or name."""

from datetime import date, datetime

import bibtexparser
import pytest
import rispy
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Credit, Person, Post, Repost
from blog.permissions import steps
from blog.publishing import lifecycle
from blog.reading import citations
from tests.conftest import GUEST_MARK, MakePost, MakeRepost

pytestmark = pytest.mark.django_db

DIFFICULT_TEXTS = [
    "100% of $5 & more_or_less #1 ~ ^ \\input{/etc/passwd}",
    "{unbalanced",
    "}, url = {https://evil.example/",
    "one\nER  - \nTY  - BOOK",
    "two\r\n}\n@misc{evil,",
    'quotes " and “these” <b>&amp;</b>',
    "Ünïcode 漢字 خط",
    "\x00\x1b[31m\u2028red",
]


def download(post: Post, suffix: str) -> str:
    response = Client().get(f"{post.get_absolute_url()}cite.{suffix}")
    assert response.status_code == 200
    return response.content.decode()


def bibtex(post: Post) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = bibtexparser.loads(download(post, "bib")).entries
    return entries


def test_the_original_comes_first_then_the_post_that_reprints_it(make_repost: MakeRepost) -> None:
    post = make_repost(source_date=date(2026, 2, 27))
    original, reprint = bibtex(post)
    assert original["author"] == "Ada Colleague"
    assert original["title"] == "{Where it stood}"
    assert (original["year"], original["month"]) == ("2026", "2")
    assert original["url"] == "https://ada.example/where-it-stood"
    assert original["note"].startswith("Reprinted in: Eldon Host, “Permitted Repost”, Marginalia")
    assert reprint["author"] == "Eldon Host"
    assert reprint["url"] == post.permalink
    assert "as stated by Eldon Host" in reprint["note"]


def test_ris_has_the_same_data(make_repost: MakeRepost) -> None:
    post = make_repost(source_date=date(2026, 2, 27), medium=Repost.Medium.EMAIL, source_url="")
    text = download(post, "ris")
    assert all(line.endswith("\r") for line in text.split("\n")[:-1])
    original, reprint = rispy.loads(text)
    assert original["type_of_reference"] == "ICOMM"
    assert original["authors"] == ["Ada Colleague"]
    assert "urls" not in original
    assert reprint["type_of_reference"] == "BLOG"
    assert reprint["urls"] == [post.permalink]


def test_a_post_without_a_repost_is_cited_as_a_blog_post(noon: datetime, own_post: Post) -> None:
    (entry,) = rispy.loads(download(own_post, "ris"))
    assert (entry["type_of_reference"], entry["title"], entry["secondary_title"]) == ("BLOG", "Own Post", "Marginalia")
    assert citations.as_text(own_post) == f"Eldon Host, “Own Post”, Marginalia, Nov. 19, 2026, {own_post.permalink}."


def test_a_post_with_a_slug_in_any_script_can_be_cited(make_post: MakePost) -> None:
    post = make_post("über-straße")
    assert "Eldon Host" in download(post, "bib")
    assert "Eldon Host" in download(post, "ris")


def test_the_page_has_a_citation_in_prose_and_links_to_both_files(noon: datetime, permitted_repost: Post) -> None:
    html = Client().get(permitted_repost.get_absolute_url()).content.decode()
    assert "Ada Colleague, “Where it stood”, e-mail, https://ada.example/where-it-stood. Reprinted in: Eldon" in html
    for suffix in ("bib", "ris"):
        assert f'href="{permitted_repost.get_absolute_url()}cite.{suffix}"' in html


def test_the_meta_elements_name_the_host_as_author_and_the_original_as_reference(make_repost: MakeRepost) -> None:
    post = make_repost(source_date=date(2026, 2, 27), source_title="Hearsay; again")
    html = Client().get(post.get_absolute_url()).content.decode()
    assert '<meta name="citation_author" content="Eldon Host">' in html
    assert (
        '<meta name="citation_reference" content="citation_title=Hearsay, again; citation_author=Ada Colleague; '
        'citation_publication_date=2026/02/27">'
    ) in html


def test_an_original_without_title_is_cited_by_its_medium(make_repost: MakeRepost) -> None:
    original, _reprint = bibtex(make_repost(source_title="", source_url=""))
    assert original["title"] == "{Untitled (e-mail)}"
    assert "year" not in original


def test_citations_name_an_author_as_the_credit_does(permitted_repost: Post) -> None:
    Repost.objects.update(credit_wording="A. C., of the Harbour Institute")
    assert bibtex(permitted_repost)[0]["author"] == "{A. C., of the Harbour Institute}"
    assert "Ada Colleague" not in download(permitted_repost, "bib") + download(permitted_repost, "ris")


def test_an_original_is_not_cited_after_the_permission_ended(withdrawn_repost: Post) -> None:
    (entry,) = bibtex(withdrawn_repost)
    assert entry["author"] == "Eldon Host"
    assert "Ada" not in download(withdrawn_repost, "bib") + download(withdrawn_repost, "ris")
    html = Client().get(withdrawn_repost.get_absolute_url()).content.decode()
    assert "Reprinted in" not in html
    assert "citation_reference" not in html


def test_no_citation_contains_the_reposted_text(permitted_repost: Post) -> None:
    assert GUEST_MARK not in download(permitted_repost, "bib") + download(permitted_repost, "ris")


@pytest.mark.parametrize("text", DIFFICULT_TEXTS)
def test_no_title_or_name_breaks_the_files(make_repost: MakeRepost, text: str, original_author: Person) -> None:
    Person.objects.update(name=text.replace("\x00", ""))
    post = make_repost(source_title=text.replace("\x00", ""))
    bib, ris = download(post, "bib"), download(post, "ris")
    assert len(bibtexparser.loads(bib).entries) == 2
    assert [entry["type_of_reference"] for entry in rispy.loads(ris)] == ["ICOMM", "BLOG"]
    assert "evil" not in [entry["ID"] for entry in bibtexparser.loads(bib).entries]
    assert "\\input{" not in bib
    assert bib.count("{") == bib.count("}")
    assert not [character for character in bib + ris if ord(character) < 32 and character not in "\r\n"]


def test_braces_in_a_url_are_escaped(make_repost: MakeRepost) -> None:
    original, _reprint = bibtex(make_repost(source_url="https://ada.example/{a}?q=50%25&x=_#top"))
    assert original["url"] == "https://ada.example/%7Ba%7D?q=50%25&x=_#top"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Ada Colleague", "Bo Writer"], "Ada Colleague and Bo Writer"),
        (["Colleague, Ada"], "{Colleague, Ada}"),
        (["Bread and Roses Press"], "{Bread and Roses Press}"),
    ],
)
def test_several_authors_and_unusual_names(permitted_repost: Post, names: list[str], expected: str) -> None:
    Credit.objects.all().delete()
    for position, name in enumerate(names):
        person = Person.objects.create(name=name, slug=f"person-{position}")
        Credit.objects.create(post=permitted_repost, person=person, position=position)
    assert bibtex(permitted_repost)[0]["author"] == expected


@pytest.mark.parametrize("suffix", ["bib", "ris"])
def test_only_public_posts_can_be_cited(permitted_repost: Post, suffix: str) -> None:
    url = f"{permitted_repost.get_absolute_url()}cite.{suffix}"
    page = Client().get(url)
    assert page["Cache-Control"] == "public, max-age=0, s-maxage=10, must-revalidate"
    assert page["X-Robots-Tag"] == "noindex"
    assert page["Content-Disposition"] == f'attachment; filename="permitted-repost.{suffix}"'
    assert Client().get(f"/1999/01/permitted-repost/cite.{suffix}").status_code == 404
    lifecycle.withdraw(permitted_repost)
    assert Client().get(url).status_code == 404


def test_a_citation_needs_three_queries(
    permitted_repost: Post, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):  # post with blog, author and repost; tags; credits; videos
        Client().get(f"{permitted_repost.get_absolute_url()}cite.bib")


def test_withdrawal_and_restoration_take_effect_immediately(permitted_repost: Post, make_post: MakePost) -> None:
    steps.withdraw(permitted_repost.repost, by="Eldon Host")
    assert len(bibtex(permitted_repost)) == 1
    steps.restore(permitted_repost.repost, by="Eldon Host")
    assert len(bibtex(permitted_repost)) == 2
