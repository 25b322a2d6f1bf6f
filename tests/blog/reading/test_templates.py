"""The markup that readers, crawlers and screen readers rely on: who wrote which part, and what a page loads."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.test.html import Element, parse_html

from blog import rendering
from blog.models import Blog, Credit, Person, Post, Repost, Tag, Video
from blog.publishing import lifecycle
from blog.reading import views
from blog.reading.pages import public_page
from blog.templatetags.blog_tags import lang_attrs
from core import clock
from tests.conftest import GUEST_MARK, MakePost, MakeRepost

pytestmark = pytest.mark.django_db

STATIC = Path(settings.BASE_DIR) / "static"
FIGURE = re.compile(r'<figure class="passage.*?</figure>', re.DOTALL)
JSON_LD = re.compile(r'<script type="application/ld\+json">[^<]*</script>')  # data, which browsers never run
LOADING = re.compile(r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc(?:set)?=\"([^\"]*)\"")
LOADED_LINK = re.compile(r"<link\b[^>]*\brel=\"(?:stylesheet|icon|preconnect|preload|dns-prefetch)\"[^>]*>")


@pytest.fixture
def clip(permitted_repost: Post) -> Video:
    """A video that belongs to the reposted words."""
    return Video.objects.create(
        post=permitted_repost,
        part=Video.Part.REPOST,
        page_url="https://youtu.be/a-B_c1D2e3F",
        provider="youtube",
        provider_id="a-B_c1D2e3F",
        title="The harbour that was not",
        transcript="A voice: nobody stood here.",
        ai_origin=Video.AiOrigin.GENERATED,
    )


def read(client: Client, post: Post) -> str:
    response = client.get(post.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def preview_of(post: Post, rf: RequestFactory) -> str:
    words = rendering.render_repost(post.repost.text, id_prefix="preview-r-")
    context = {**views.page_context(post), "preview": True, "words_html": words}
    return public_page("blog/post_detail.html", context, blog=post.blog).content.decode()


def elements(root: Element, name: str, **attributes: str) -> list[Element]:
    """All elements below `root` with this name and these attributes."""
    found = []
    for child in root.children:
        if isinstance(child, Element):
            if child.name == name and set(attributes.items()) <= set(child.attributes):
                found.append(child)
            found += elements(child, name, **attributes)
    return found


# --- The other person's words -----------------------------------------------------------------------------------------


def test_the_words_are_in_a_figure_and_nowhere_else(client: Client, permitted_repost: Post) -> None:
    html = read(client, permitted_repost)
    (figure,) = FIGURE.findall(html)
    assert GUEST_MARK in figure
    assert GUEST_MARK not in JSON_LD.sub("", html.replace(figure, ""))


def test_the_figure_is_a_quotation_with_its_caption(client: Client, permitted_repost: Post) -> None:
    root = parse_html(read(client, permitted_repost))
    (figure,) = elements(root, "figure")
    assert ("class", "h-cite passage u-quotation-of") in figure.attributes
    label, quote, caption = [child for child in figure.children if isinstance(child, Element)]
    assert (label.name, quote.name, caption.name) == ("p", "blockquote", "figcaption")
    assert {("cite", "https://ada.example/where-it-stood"), ("lang", "en")} <= set(quote.attributes)
    assert "Ada Colleague" in str(label)
    assert "Ada Colleague" not in str(quote)


def test_the_caption_names_author_source_permission_and_note(client: Client, permitted_repost: Post) -> None:
    (figure,) = FIGURE.findall(read(client, permitted_repost))
    assert '<a class="p-author h-card" href="https://ada.example/">Ada Colleague</a>' in figure
    assert 'href="https://ada.example/where-it-stood">Where it stood</a></cite>' in figure
    assert "Reposted with permission, as stated by Eldon Host." in figure
    assert "<q>With her permission I repost here.</q>" in figure


def test_an_e_mail_has_no_source_url(client: Client, make_repost: MakeRepost) -> None:
    (figure,) = FIGURE.findall(read(client, make_repost(source_url="", source_title="")))
    assert " cite=" not in figure
    assert "e-mail" in figure


def test_contributors_other_than_authors_are_named_with_their_role(client: Client, permitted_repost: Post) -> None:
    translator = Person.objects.create(name="Bo Writer", slug="bo-writer")
    Credit.objects.create(post=permitted_repost, person=translator, role=Credit.Role.TRANSLATOR, position=1)
    (figure,) = FIGURE.findall(read(client, permitted_repost))
    assert "Bo Writer</a> (translator)" in figure
    assert "Words of Ada Colleague<" in figure


def test_excerpts_and_changes_are_stated(client: Client, make_repost: MakeRepost) -> None:
    post = make_repost(extent=Repost.Extent.EXCERPT, alterations=Repost.Alterations.TYPOGRAPHY)
    (figure,) = FIGURE.findall(read(client, post))
    assert "An excerpt." in figure
    assert "Changed here: typography or spelling." in figure


def test_withdrawn_words_leave_a_tombstone(client: Client, withdrawn_repost: Post) -> None:
    html = read(client, withdrawn_repost)
    (section,) = elements(parse_html(html), "section", id=f"words-{withdrawn_repost.repost.public_id}")
    assert not elements(section, "blockquote")
    assert len(elements(section, "p", **{"class": "tombstone"})) == 1
    assert "Ada Colleague" in str(section)
    assert "The author asked for it." in str(section)
    assert "h-cite" not in html
    assert GUEST_MARK not in html


def test_words_without_permission_leave_no_trace(client: Client, unpermitted_repost: Post) -> None:
    html = read(client, unpermitted_repost)
    assert GUEST_MARK not in html
    assert "Ada Colleague" not in html
    assert "words-" not in html


def test_a_preview_shows_words_that_readers_do_not_see(unpermitted_repost: Post, rf: RequestFactory) -> None:
    html = preview_of(unpermitted_repost, rf)
    assert GUEST_MARK in html
    assert '<meta name="robots" content="noindex">' in html


def test_search_engines_may_be_forbidden_to_show_the_words(client: Client, permitted_repost: Post) -> None:
    Post.objects.update(search_policy=Post.SearchPolicy.NOSNIPPET)
    (section,) = elements(parse_html(read(client, permitted_repost)), "section", **{"data-voice": "guest"})
    assert "data-nosnippet" in dict(section.attributes)


def test_the_description_for_link_previews_names_both(client: Client, permitted_repost: Post) -> None:
    assert '<meta property="og:description" content="Eldon Host reposts words by Ada Colleague.' in read(
        client, permitted_repost
    )


# --- The page ---------------------------------------------------------------------------------------------------------


def test_every_voice_has_a_labelled_region(client: Client, permitted_repost: Post) -> None:
    voices = [
        (attributes["data-voice"], attributes["aria-label"])
        for section in elements(parse_html(read(client, permitted_repost)), "section")
        if "data-voice" in (attributes := dict(section.attributes))
    ]
    assert voices == [
        ("host", "Introduction by Eldon Host"),
        ("guest", "Reposted words of Ada Colleague"),
        ("host", "Commentary by Eldon Host"),
    ]


@pytest.mark.parametrize(
    "url",
    ["/", "/2026/", "/tags/witness/", "/people/eldon-host/", "/search/", "/search/?q=none", "/nowhere/", "POST"],
)
def test_every_page_has_exactly_one_h1(client: Client, permitted_repost: Post, noon: object, url: str) -> None:
    permitted_repost.tags.add(Tag.objects.create(name="Witness", slug="witness"))
    html = client.get(url.replace("POST", permitted_repost.get_absolute_url())).content.decode()
    assert len(elements(parse_html(html), "h1")) == 1


def test_a_page_loads_nothing_from_elsewhere(client: Client, permitted_repost: Post, clip: Video) -> None:
    html = read(client, permitted_repost)
    links = [re.findall(r'href="([^"]*)"', link)[0] for link in LOADED_LINK.findall(html)]
    loaded = LOADING.findall(html) + links
    assert len(loaded) >= 5
    assert [url for url in loaded if not re.match(r"/(?!/)", url)] == []
    assert "<iframe" not in html


def test_a_page_has_no_inline_script_or_style(client: Client, permitted_repost: Post, clip: Video) -> None:
    html = read(client, permitted_repost)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", JSON_LD.sub("", html))


def test_moments_are_written_to_the_second(client: Client, permitted_repost: Post) -> None:
    """HTML validators reject the microseconds of a database."""
    Post.objects.update(published_at=datetime(2026, 11, 19, 12, 0, 1, 833746, tzinfo=UTC))
    for html in (read(client, Post.objects.for_page().get()), client.get("/").content.decode()):
        assert 'datetime="2026-11-19T12:00:01+00:00"' in html
        assert ".833746" not in html


def test_titles_and_names_are_escaped(client: Client, make_post: MakePost, host: Person) -> None:
    host.name = '<img src=x onerror="1">'
    host.save()
    html = read(client, make_post(title='</title><script>"', summary='"><script>'))
    assert "<img src=x" not in html
    assert '<script>"' not in html
    assert '"><script>' not in html


def test_a_text_has_its_language_and_direction(client: Client, make_post: MakePost) -> None:
    root = parse_html(read(client, make_post(language="fa")))
    assert elements(root, "h1", lang="fa", dir="rtl")
    assert ("lang", "en") in root.attributes


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("en", "ltr"),
        ("fa", "rtl"),
        ("ar-EG", "rtl"),
        ("he", "rtl"),
        ("fa-Latn", "ltr"),
        ("az-Arab", "rtl"),
        ("de-1996", "ltr"),
    ],
)
def test_the_direction_depends_on_script_and_language(language: str, direction: str) -> None:
    assert lang_attrs(language) == f'lang="{language}" dir="{direction}"'


def test_a_withdrawn_post_shows_the_reason_and_none_of_its_text(client: Client, permitted_repost: Post) -> None:
    lifecycle.withdraw(permitted_repost, note="It rested on a forged source.")
    response = client.get(permitted_repost.get_absolute_url())
    html = response.content.decode()
    assert response.status_code == 410
    assert "It rested on a forged source." in html
    assert GUEST_MARK not in html
    assert "own words" not in html


def test_crawlers_must_not_follow_the_edit_link(client: Client, own_post: Post) -> None:
    (link,) = elements(parse_html(read(client, own_post)), "a", href=f"{own_post.get_absolute_url()}edit/")
    assert ("rel", "nofollow") in link.attributes


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_a_card_names_the_other_author_without_the_words(client: Client, permitted_repost: Post) -> None:
    html = client.get("/").content.decode()
    assert 'with words by <span class="guest-name">Ada Colleague</span>' in html
    assert GUEST_MARK not in html


def test_a_card_names_no_author_without_a_stated_permission(client: Client, unpermitted_repost: Post) -> None:
    html = client.get("/").content.decode()
    assert unpermitted_repost.title in html
    assert "Ada Colleague" not in html


def test_cards_open_no_picture_file(client: Client, make_post: MakePost) -> None:
    make_post(cover="covers/lost.png", cover_alt="Nothing")
    assert 'src="/media/covers/lost.png"' in client.get("/").content.decode()


def test_a_post_with_a_missing_picture_file_is_still_shown(client: Client, make_post: MakePost) -> None:
    assert 'alt="A lost picture"' in read(client, make_post(cover="covers/lost.png", cover_alt="A lost picture"))


def test_the_search_field_repeats_the_query(client: Client, blog: Blog) -> None:
    html = client.get("/search/", {"q": '"><b>ghost'}).content.decode()
    assert 'value="&quot;&gt;&lt;b&gt;ghost"' in html
    assert 'role="status"' in html


# --- Video ------------------------------------------------------------------------------------------------------------


def test_a_video_is_a_labelled_link_to_its_page(client: Client, permitted_repost: Post, clip: Video) -> None:
    html = read(client, permitted_repost)
    (link,) = elements(parse_html(html), "a", **{"class": "video-facade"})
    attributes = dict(link.attributes)
    assert attributes["href"] == clip.reference.watch_url
    assert attributes["data-player"] == clip.reference.player_url
    assert attributes["data-title"] == clip.title
    assert attributes["rel"] == "noopener noreferrer nofollow"
    assert "Play (loads YouTube)" in str(link)
    assert html.index("Made by AI") < html.index("Play (loads YouTube)")
    assert "nobody stood here" in html


def test_a_video_of_the_repost_is_in_its_section_and_disappears_with_it(
    client: Client, permitted_repost: Post, clip: Video
) -> None:
    (section,) = elements(parse_html(read(client, permitted_repost)), "section", **{"data-voice": "guest"})
    assert clip.title in str(section)
    Repost.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    assert clip.title not in read(client, permitted_repost)


def test_an_unavailable_video_has_no_player(client: Client, permitted_repost: Post, clip: Video) -> None:
    Video.objects.update(status=Video.Status.UNAVAILABLE)
    html = read(client, permitted_repost)
    assert "no longer available on YouTube" in html
    assert "data-player" not in html
    assert clip.title in html


# --- Weight -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "budget"), [("css", 10 * 1024), ("js", 6 * 1024)])
def test_the_first_visit_is_light(client: Client, permitted_repost: Post, kind: str, budget: int) -> None:
    """The files of one kind that a post's page loads stay below a limit in compressed bytes."""
    files = re.findall(rf'"/static/({kind}/[\w.-]+)"', read(client, permitted_repost))
    assert files
    assert sum(len(gzip.compress((STATIC / file).read_bytes())) for file in files) <= budget
