"""Videos as readers, feeds and machines get them: poster and words of ours, and nothing from elsewhere."""

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
    """In its body stands a film about which all is known."""
    post = make_post(body=f"Before\n\n{FILM}\n\nAfter")
    placement.keep_rows(post)
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


def test_a_video_stands_where_its_line_stood(post: Post) -> None:
    (prose,) = BeautifulSoup(read(post), "html.parser").select("#commentary .prose")
    assert [child.name for child in prose.find_all(recursive=False)] == ["p", "figure", "p"]
    (figure,) = prose.select("figure.video")
    assert figure["id"] == f"video-{Video.objects.get().pk}"
    assert figure["lang"] == "en"


def test_all_that_is_known_stands_before_the_click_without_asking_anybody(post: Post) -> None:
    (figure,) = figures(post)
    text = " ".join(figure.get_text().split())
    for said in (
        "The harbour",
        "12:04",
        "Play (loads YouTube)",
        "Made by Ada Lens",
        "CC BY 4.0",
        "With her permission",
    ):
        assert said in text
    assert text.index("Made by AI") < text.index("Play (loads YouTube)")
    assert "nobody stood here" in text
    assert [image["src"] for image in figure.select("[src]")] == ["/media/posters/harbour.jpg"]
    assert figure.select_one("a.video-facade")["href"] == FILM  # type: ignore[index]
    assert {CREDIT["creator_url"], CREDIT["licence_url"]} <= {link["href"] for link in figure.select("a")}


def test_without_a_poster_there_is_a_drawn_one_and_without_a_title_a_plain_name(make_post: MakePost) -> None:
    (figure,) = figures(make_post(body=FILM))
    assert figure.select("img") == []
    assert figure.select(".video-drawn")
    assert "Video at YouTube" in figure.get_text()
    assert "id" not in figure.attrs


@pytest.mark.parametrize(
    ("ai_origin", "label"),
    [("generated", "Made by AI"), ("modified", "Changed by AI"), ("none", ""), ("unknown", ""), ("", "")],
)
def test_only_what_ai_made_has_a_label(post: Post, ai_origin: str, label: str) -> None:
    Video.objects.update(ai_origin=ai_origin)
    (figure,) = figures(post)
    assert [element.get_text() for element in figure.select(".ai-label")] == [label] * bool(label)


def test_a_video_that_stands_twice_has_one_anchor(make_post: MakePost) -> None:
    post = make_post(body=f"{FILM}\n\nand\n\n{FILM}")
    placement.keep_rows(post)
    assert [figure.get("id") for figure in figures(post)] == [f"video-{Video.objects.get().pk}", None]


def test_attached_videos_stand_apart_and_those_of_a_text_only_there(post: Post) -> None:
    Video.objects.create(post=post, page_url=OTHER, provider="vimeo", provider_id="76979871", title="Attached")
    assert [figure.select_one(".video-title").get_text() for figure in figures(post)] == [  # type: ignore[union-attr]
        "Attached",
        "The harbour",
    ]


def test_a_tall_video_has_a_tall_place(make_post: MakePost) -> None:
    (figure,) = figures(make_post(body="https://www.tiktok.com/@some.one/video/7123456789012345678"))
    assert "video-tall" in figure["class"]


@pytest.mark.parametrize("seconds", [(5, "0:05"), (724, "12:04"), (3723, "1:02:03")])
def test_lengths_are_written_as_on_a_clock(seconds: tuple[int, str]) -> None:
    assert Video(duration=seconds[0]).length == seconds[1]


def test_a_video_that_is_gone_leaves_all_but_the_player(post: Post) -> None:
    Video.objects.update(status="unavailable", archive_url="https://archive.example/film")
    (figure,) = figures(post)
    assert figure.select("[data-player], iframe, .video-facade") == []
    text = figure.get_text()
    for kept in ("no longer available at YouTube", "The harbour", "nobody stood here", "Ada Lens"):
        assert kept in text
    assert figure.select('img[src="/media/posters/harbour.jpg"]')
    assert figure.select('a[href="https://archive.example/film"]')


def test_videos_in_the_words_go_with_the_words(make_repost: MakeRepost) -> None:
    post = make_repost()
    repost = current(post)
    repost.text = f"Look:\n\n{FILM}"
    repost.save()
    steps.state_by_host(repost, by="Eldon Host")
    placement.keep_rows(post)
    Video.objects.update(**COMPLETE | {"title": "Filmed words"})
    assert "Filmed words" in str(figures(post)[0])
    assert graph(post)["VideoObject"]["name"] == "Filmed words"
    steps.withdraw(current(post), by="Eldon Host")
    for address in (post.get_absolute_url(), "/feeds/posts.atom", "/feeds/posts.json"):
        text = Client().get(address).content.decode()
        assert "Filmed words" not in text
        assert "a-B_c1D2e3F" not in text


@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_page_and_a_feed_cost_the_same_with_any_number_of_videos(
    make_post: MakePost, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    addresses = [f"https://vimeo.com/{number}" for number in range(1, count + 1)]
    post = make_post(introduction="\n\n".join(addresses), body="\n\n".join(addresses))
    placement.keep_rows(post)
    assert Video.objects.count() == 2 * count
    address = post.get_absolute_url()
    with django_assert_num_queries(4):  # post; tags and credits; videos; comments
        assert Client().get(address).content.count(b"<figure") == 2 * count
    with django_assert_num_queries(2):
        Client().get("/feeds/posts.atom")


FIELDS = ("title", "creator", "licence_name", "note", "poster_alt", "transcript")


def test_nothing_typed_about_videos_breaks_out(make_post: MakePost) -> None:
    """Each attack in each field, on one page: what breaks out is a fault, or takes the next figure along."""
    texts = [attack.replace("\0", "")[:1000] for attack in ATTACKS.values()]  # as long as an id may be
    lines = [f"https://vimeo.com/{number}" for number, _text in enumerate(texts, start=1)]
    post = make_post(body="\n\n".join(lines))
    placement.keep_rows(post)
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
    assert html.count("<details>") == len(texts)  # what was typed is what is shown
    (entry,) = feedparser.parse(Client().get("/feeds/posts.atom").content).entries
    assert_harmless(entry.content[0].value.replace("http://127.0.0.1:8000/", "/"), page=True)


# --- Feeds ------------------------------------------------------------------------------------------------------------


def test_a_feed_names_a_video_without_a_title_once_and_keeps_that_of_the_words_among_them(
    make_repost: MakeRepost,
) -> None:
    post = make_repost()
    Video.objects.create(post=post, part="repost", page_url=OTHER, provider="vimeo", provider_id="76979871")
    Video.objects.create(post=post, page_url=FILM, provider="youtube", provider_id="a-B_c1D2e3F", title="The harbour")
    (entry,) = feedparser.parse(Client().get("/feeds/posts.atom").content).entries
    text = BeautifulSoup(entry.content[0].value, "html.parser").get_text()
    order = [text.index(part) for part in ("Video at Vimeo", "End of the words", "Video: The harbour")]
    assert order == sorted(order)
    assert "Video: Video" not in text


def test_a_feed_has_poster_link_and_title_and_never_a_frame(post: Post) -> None:
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
    for never in ("<iframe", "data-player", "<!--video", "youtube-nocookie"):
        assert never not in raw


def test_an_excerpt_has_no_trace_of_a_video(make_post: MakePost) -> None:
    post = make_post(introduction=f"{FILM}\n\nWords.")
    assert post.excerpt == "Words."
    assert "youtube" not in Client().get("/").content.decode()


# --- JSON-LD ----------------------------------------------------------------------------------------------------------


def test_a_complete_video_is_told_to_machines(post: Post) -> None:
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
def test_the_digital_source_is_named_where_ai_had_a_hand(post: Post, ai_origin: str, source: str | None) -> None:
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
def test_one_that_is_incomplete_or_that_nobody_can_see_is_not(post: Post, missing: dict[str, Any]) -> None:
    Video.objects.update(text="", **missing)  # attached: there it is shown, whatever the text says
    assert len(placement.shown_videos(Post.objects.for_page().get())) == 1
    assert "VideoObject" not in graph(post)


def test_a_licence_without_an_address_is_named(post: Post) -> None:
    Video.objects.update(licence_url="", creator="", duration=None)
    video = graph(post)["VideoObject"]
    assert video["license"] == {"@type": "CreativeWork", "name": "CC BY 4.0"}
    assert not {"creator", "duration"} & set(video)


def test_a_row_whose_line_is_gone_is_told_to_nobody(post: Post) -> None:
    Post.objects.update(body="x", body_html="<p>x</p>")
    assert "The harbour" not in read(post)
    assert "The harbour" not in Client().get("/feeds/posts.atom").content.decode()
    assert Repost.objects.count() == 0
