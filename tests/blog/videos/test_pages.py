"""Videos on pages, in feeds and in JSON-LD: with a poster and text from this site, and nothing from other hosts."""

from datetime import date
from typing import Any

import extruct
import feedparser
import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from blog.models import Post, Repost, Video
from blog.permissions import steps
from blog.videos import placement
from tests.attacks import ATTACKS, assert_harmless
from tests.blog.conftest import current
from tests.conftest import MakePost, MakeRepost

pytestmark = pytest.mark.django_db

FILM = "https://www.youtube.com/watch?v=a-B_c1D2e3F"
OTHER = "https://vimeo.com/76979871"
UUID = "9c9de5e8-0a1e-484a-b099-e80766180a6d"
CREDIT = {
    "creator": "Ada Lens",
    "creator_url": "https://lens.example/",
    "licence_name": "CC BY 4.0",
    "licence_url": "https://creativecommons.org/licenses/by/4.0/",
    "note": "With her permission",
}
COMPLETE: dict[str, Any] = {
    **CREDIT,
    "title": "The harbour",
    "poster": "posters/harbour.jpg",
    "poster_alt": "A harbour",
    "duration": 724,
    "uploaded_on": date(2026, 11, 2),
    "transcript": "A voice: nobody stood here.",
    "ai_origin": "generated",
}


@pytest.fixture
def post(make_post: MakePost) -> Post:
    """Its body contains a video with all details."""
    post = make_post(body=f"Before\n\n{FILM}\n\nAfter")
    placement.synchronise_rows(post)
    Video.objects.update(**COMPLETE)
    return post


def read(post: Post) -> str:
    response = Client().get(post.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def figures(post: Post) -> list[Tag]:
    return BeautifulSoup(read(post), "html.parser").select("figure.video")


def graph(post: Post) -> dict[str, Any]:
    (document,) = extruct.extract(read(post), base_url=post.permalink, syntaxes=["json-ld"])["json-ld"]
    return {node["@type"]: node for node in document["@graph"]}


# --- The page ---------------------------------------------------------------------------------------------------------


def test_a_video_is_shown_where_its_line_is_in_the_text(post: Post) -> None:
    (prose,) = BeautifulSoup(read(post), "html.parser").select("#commentary .prose")
    assert [child.name for child in prose.find_all(recursive=False)] == ["p", "figure", "p"]
    (figure,) = prose.select("figure.video")
    assert figure["id"] == f"video-{Video.objects.get().pk}"
    assert figure["lang"] == "en"


def test_all_details_are_shown_before_the_click_without_requests_to_others(post: Post) -> None:
    (figure,) = figures(post)
    text = " ".join(figure.get_text().split())
    for expected in (
        "The harbour",
        "12:04",
        "Play (loads YouTube)",
        "Made by Ada Lens",
        "CC BY 4.0",
        "With her permission",
    ):
        assert expected in text
    assert text.index("Made by AI") < text.index("Play (loads YouTube)")
    assert "nobody stood here" in text
    assert [image["src"] for image in figure.select("[src]")] == ["/media/posters/harbour.jpg"]
    assert figure.select_one("a.video-facade")["href"] == FILM  # type: ignore[index]
    assert {CREDIT["creator_url"], CREDIT["licence_url"]} <= {link["href"] for link in figure.select("a")}


def test_without_a_poster_there_is_a_drawing_and_without_a_title_a_generic_name(make_post: MakePost) -> None:
    (figure,) = figures(make_post(body=FILM))
    assert figure.select("img") == []
    assert figure.select(".video-drawn")
    assert "Video on YouTube" in figure.get_text()
    assert "id" not in figure.attrs


@pytest.mark.parametrize(
    ("ai_origin", "label"),
    [("generated", "Made by AI"), ("modified", "Changed by AI"), ("none", ""), ("unknown", ""), ("", "")],
)
def test_only_videos_made_or_changed_by_ai_have_a_label(post: Post, ai_origin: str, label: str) -> None:
    Video.objects.update(ai_origin=ai_origin)
    (figure,) = figures(post)
    assert [element.get_text() for element in figure.select(".ai-label")] == [label] * bool(label)


def test_a_video_that_occurs_twice_has_one_anchor(make_post: MakePost) -> None:
    post = make_post(body=f"{FILM}\n\nand\n\n{FILM}")
    placement.synchronise_rows(post)
    assert [figure.get("id") for figure in figures(post)] == [f"video-{Video.objects.get().pk}", None]


def test_attached_videos_are_shown_separately_from_those_in_a_text(post: Post) -> None:
    Video.objects.create(post=post, page_url=OTHER, provider="vimeo", provider_id="76979871", title="Attached")
    assert [figure.select_one(".video-title").get_text() for figure in figures(post)] == [  # type: ignore[union-attr]
        "Attached",
        "The harbour",
    ]


def test_a_tall_video_has_a_tall_frame(make_post: MakePost) -> None:
    (figure,) = figures(make_post(body="https://www.tiktok.com/@some.one/video/7123456789012345678"))
    assert "video-tall" in figure["class"]


@pytest.mark.parametrize(("seconds", "length"), [(5, "0:05"), (724, "12:04"), (3723, "1:02:03")])
def test_durations_are_shown_as_minutes_and_seconds(seconds: int, length: str) -> None:
    assert Video(duration=seconds).length == length


def test_an_unavailable_video_keeps_everything_but_the_player(post: Post) -> None:
    Video.objects.update(status="unavailable", archive_url="https://archive.example/film")
    (figure,) = figures(post)
    assert figure.select("[data-player], iframe, .video-facade") == []
    text = figure.get_text()
    for expected in ("no longer available on YouTube", "The harbour", "nobody stood here", "Ada Lens"):
        assert expected in text
    assert figure.select('img[src="/media/posters/harbour.jpg"]')
    assert figure.select('a[href="https://archive.example/film"]')


def test_videos_in_reposted_words_disappear_with_the_words(make_repost: MakeRepost) -> None:
    post = make_repost()
    repost = current(post)
    repost.text = f"Look:\n\n{FILM}"
    repost.save()
    steps.assert_by_host(repost, by="Eldon Host")
    placement.synchronise_rows(post)
    Video.objects.update(**COMPLETE | {"title": "Filmed words"})
    assert "Filmed words" in str(figures(post)[0])
    assert graph(post)["VideoObject"]["name"] == "Filmed words"
    steps.withdraw(current(post), by="Eldon Host")
    for path in (post.get_absolute_url(), "/feeds/posts.atom", "/feeds/posts.json"):
        text = Client().get(path).content.decode()
        assert "Filmed words" not in text
        assert "a-B_c1D2e3F" not in text


@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_page_and_a_feed_need_the_same_queries_for_any_number_of_videos(
    make_post: MakePost, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = "\n\n".join(f"https://vimeo.com/{number}" for number in range(1, count + 1))
    post = make_post(introduction=text, body=text)
    placement.synchronise_rows(post)
    assert Video.objects.count() == 2 * count
    path = post.get_absolute_url()
    with django_assert_num_queries(5):  # post; tags; credits; videos; comments
        assert Client().get(path).content.count(b"<figure") == 2 * count
    with django_assert_num_queries(3):  # posts; credits; videos
        Client().get("/feeds/posts.atom")


FIELDS = ("title", "creator", "licence_name", "note", "poster_alt", "transcript")


def test_no_detail_of_a_video_breaks_out_of_its_markup(make_post: MakePost) -> None:
    """Put each attack in each field, on one page: markup that breaks out is a fault, or swallows the next figure."""
    texts = [attack.replace("\0", "")[:1000] for attack in ATTACKS.values()]  # as long as an id may be
    lines = [f"https://vimeo.com/{number}" for number, _text in enumerate(texts, start=1)]
    post = make_post(body="\n\n".join(lines))
    placement.synchronise_rows(post)
    for line, text in zip(lines, texts, strict=True):
        Video.objects.filter(page_url=line).update(**COMPLETE | dict.fromkeys(FIELDS, text[:200]))
    common = {"post": post, "page_url": OTHER}
    Video.objects.bulk_create(
        Video(**common | row)
        for text in texts
        for row in (
            {"provider": "vimeo", "provider_id": text, "title": "x"},
            {"provider": "peertube", "provider_id": UUID, "provider_host": text[:200]},
            {"provider": text[:20], "provider_id": text, "status": "unavailable"},
        )
    )
    html = read(post)
    assert_harmless(html, page=True)
    assert html.count('<figure class="video') == len(BeautifulSoup(html, "html.parser").select("figure.video"))
    assert html.count('<figure class="video') == 4 * len(texts)
    assert html.count("<details>") == len(texts)  # each transcript is shown
    (entry,) = feedparser.parse(Client().get("/feeds/posts.atom").content).entries
    assert_harmless(entry.content[0].value.replace("http://127.0.0.1:8000/", "/"), page=True)


# --- Feeds ------------------------------------------------------------------------------------------------------------


def test_a_feed_names_a_video_without_a_title_once_and_keeps_videos_of_the_repost_with_it(
    make_repost: MakeRepost,
) -> None:
    post = make_repost()
    Video.objects.create(post=post, part="repost", page_url=OTHER, provider="vimeo", provider_id="76979871")
    Video.objects.create(post=post, page_url=FILM, provider="youtube", provider_id="a-B_c1D2e3F", title="The harbour")
    (entry,) = feedparser.parse(Client().get("/feeds/posts.atom").content).entries
    text = BeautifulSoup(entry.content[0].value, "html.parser").get_text()
    order = [text.index(part) for part in ("Video on Vimeo", "End of the words", "Video: The harbour")]
    assert order == sorted(order)
    assert "Video: Video" not in text


def test_a_feed_has_poster_link_and_title_but_no_frame(post: Post) -> None:
    Video.objects.create(post=post, page_url=OTHER, provider="vimeo", provider_id="76979871", title="Attached")
    (entry,) = feedparser.parse(Client().get("/feeds/posts.atom").content).entries
    content = BeautifulSoup(entry.content[0].value, "html.parser")
    link = content.select_one(f'a[href="{FILM}"]')
    assert link
    assert "The harbour" in link.get_text()
    assert [image["src"] for image in link.select("img")] == ["http://127.0.0.1:8000/media/posters/harbour.jpg"]
    text = content.get_text()
    assert "Made by AI" in text
    assert text.index("Before") < text.index("The harbour") < text.index("After")
    assert content.select(f'a[href="{OTHER}"]')
    raw = Client().get("/feeds/posts.json").content.decode() + str(content)
    for unwanted in ("<iframe", "data-player", "<!--video", "youtube-nocookie"):
        assert unwanted not in raw


def test_an_excerpt_contains_nothing_of_a_video(make_post: MakePost) -> None:
    post = make_post(introduction=f"{FILM}\n\nWords.")
    assert post.excerpt == "Words."
    assert "youtube" not in Client().get("/").content.decode()


# --- JSON-LD ----------------------------------------------------------------------------------------------------------


def test_a_complete_video_is_in_the_json_ld(post: Post) -> None:
    video = graph(post)["VideoObject"]
    assert video["duration"] == "PT12M4S"
    assert video["creator"] == {"@type": "Person", "name": "Ada Lens", "url": "https://lens.example/"}
    assert video["license"] == CREDIT["licence_url"]
    assert video["transcript"] == "A voice: nobody stood here."
    assert video["url"] == FILM
    assert video["embedUrl"].startswith("https://www.youtube-nocookie.com/")


@pytest.mark.parametrize(
    ("ai_origin", "source"),
    [
        ("generated", "https://schema.org/TrainedAlgorithmicMediaDigitalSource"),
        ("modified", "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource"),
        ("none", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_the_digital_source_type_says_if_ai_made_or_changed_a_video(
    post: Post, ai_origin: str, source: str | None
) -> None:
    Video.objects.update(ai_origin=ai_origin)
    assert graph(post)["VideoObject"].get("digitalSourceType") == source


@pytest.mark.parametrize(
    "missing",
    [
        {"title": ""},
        {"poster": ""},
        {"uploaded_on": None},
        {"status": "unavailable"},
        {"provider": "peertube", "provider_id": UUID, "provider_host": "forgotten.example"},
    ],
    ids=lambda missing: next(iter(missing)),
)
def test_a_video_that_is_incomplete_or_cannot_be_seen_is_not_in_the_json_ld(
    post: Post, missing: dict[str, Any]
) -> None:
    Video.objects.update(text="", **missing)  # attached, so it is shown whatever the text says
    assert len(placement.shown_videos(Post.objects.for_page().get())) == 1
    assert "VideoObject" not in graph(post)


def test_a_licence_without_a_url_is_named(post: Post) -> None:
    Video.objects.update(licence_url="", creator="", duration=None)
    video = graph(post)["VideoObject"]
    assert video["license"] == {"@type": "CreativeWork", "name": "CC BY 4.0"}
    assert not {"creator", "duration"} & set(video)


def test_a_row_whose_line_is_gone_is_not_shown_anywhere(post: Post) -> None:
    Post.objects.update(body="x", body_html="<p>x</p>")
    assert "The harbour" not in read(post)
    assert "The harbour" not in Client().get("/feeds/posts.atom").content.decode()
    assert Repost.objects.count() == 0
