"""The sample: complete after loading, and without a trace after removal."""

import re
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image
from pytest_django import Settings

from blog.models import Blog, Credit, Dispute, Evidence, Person, Post, Tag, Video
from blog.permissions import author_requests, steps, verification
from blog.permissions.disputes import submit_dispute
from blog.sample import content, loading
from comments.models import Comment
from comments.posting.submission import submit
from core import clock
from core.models import Invalidation
from tests.conftest import MakePost

WORDS = "the innocence of a mirror in an empty room"
PUBLIC = ("the-street-that-was-never-filmed", "let-it-be-printed", "how-to-quote-a-page-that-will-change")
UNSEEN = ("the-artist-in-the-courtroom", "notes-towards-a-lecture-on-silence")


def run(*arguments: str) -> str:
    """Run `manage.py sample` and return its output."""
    out = StringIO()
    call_command("sample", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def sample(db: None) -> Post:
    """Load the sample and return its post with a repost."""
    run()
    return Post.objects.for_page().get(slug=content.REPOST.slug)


def everything() -> dict[str, Any]:
    """All rows of all apps, by table."""
    models = [model for label in ("core", "blog", "comments") for model in apps.get_app_config(label).get_models()]
    models.remove(Invalidation)  # rows that triggers write for each change
    tables = [*models, Post.tags.through]
    return {table.__name__: list(table._default_manager.order_by("pk").values()) for table in tables}


def media_files(settings: Settings) -> list[str]:
    root = Path(settings.MEDIA_ROOT)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_the_home_page_lists_only_public_posts(client: Client, sample: Post) -> None:
    page = client.get("/").content.decode()
    assert all(f"/{slug}/" in page for slug in PUBLIC)
    assert not any(slug in page for slug in UNSEEN)


def test_the_repost_shows_its_words_the_credit_and_the_discussion(client: Client, sample: Post) -> None:
    response = client.get(sample.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 200
    for text in (WORDS, "Ines Halloway-Duarte", "With her permission", "Hanna Birkenfeld", "سینما مهتاب"):
        assert text in page


@pytest.mark.parametrize("slug", UNSEEN)
def test_the_scheduled_post_and_the_draft_are_not_public(client: Client, sample: Post, slug: str) -> None:
    post = Post.objects.get(slug=slug)
    assert not post.is_public
    assert client.get(post.get_absolute_url()).status_code == 404


def test_the_scheduled_post_becomes_public_at_its_time(sample: Post) -> None:
    with clock.standing_at(clock.now() + timedelta(days=8)):
        assert Post.objects.published().filter(slug=UNSEEN[0]).exists()


def test_the_permission_has_a_valid_ledger_dated_before_publication(sample: Post) -> None:
    event = sample.repost.events.get()
    assert verification.broken_rows(sample.repost) == []
    assert sample.published_at is not None
    assert event.at <= sample.published_at
    assert sample.repost.is_in_force


def test_the_essay_is_longer_than_the_repost(sample: Post) -> None:
    assert len(sample.body.split()) > len(sample.repost.text.split())
    assert len(sample.repost.text.split("\n\n")) == 2


def test_loading_twice_changes_nothing_and_says_so(settings: Settings, sample: Post) -> None:
    before, files = everything(), media_files(settings)
    assert "already there" in run()
    assert (everything(), media_files(settings)) == (before, files)


@pytest.mark.django_db(transaction=True)
def test_removal_leaves_database_and_media_as_they_were(settings: Settings) -> None:
    before = everything()
    run()
    assert len(media_files(settings)) == len(content.PICTURES)
    run("--remove")
    assert everything() == before
    assert media_files(settings) == []


def test_removing_a_missing_sample_says_so(db: None) -> None:
    assert "no sample" in run("--remove")


def test_removal_keeps_the_users_own_content(own_post: Post, host: Person) -> None:
    Blog.objects.update(title="My own title", tagline="Mine", owner=host)
    own_post.tags.add(Tag.objects.create(name="Images", slug="images"))
    submit(post_id=own_post.pk, name="Reader", text="A comment of their own.")
    before = everything()
    run()
    run("--remove")
    assert everything() == before


def test_removal_keeps_people_tags_and_pictures_that_are_used_elsewhere(
    make_post: MakePost, sample: Post, django_capture_on_commit_callbacks: Any
) -> None:
    mine = make_post("mine", cover=content.PICTURES[-1].path, cover_alt="A borrowed cover", author=sample.author)
    mine.tags.set(sample.tags.all()[:1])
    Credit.objects.create(post=mine, person=Person.objects.get(slug=content.GUEST.slug))
    with django_capture_on_commit_callbacks(execute=True):
        run("--remove")
    assert set(Person.objects.values_list("slug", flat=True)) >= {content.HOST.slug, content.GUEST.slug}
    assert Blog.load().owner == sample.author
    assert mine.tags.count() == 1
    assert default_storage.exists(content.PICTURES[-1].path)
    assert not default_storage.exists(content.POSTER.path)


def test_removal_deletes_visitors_comments_on_sample_posts(sample: Post) -> None:
    parent = Comment.objects.get(source__contains="Kratzer").public_id
    submit(post_id=sample.pk, name="Reader", text="Hello", parent=parent)
    run("--remove")
    assert not Comment.objects.exists()


def test_removal_deletes_requests_evidence_and_disputes_of_the_sample(
    sample: Post, django_capture_on_commit_callbacks: Any
) -> None:
    repost = sample.repost
    Person.objects.filter(slug=content.GUEST.slug).update(contact_email="ines@example.org")
    author_requests.ask(repost, by="Leander Quist")
    letter = Evidence(repost=repost, dated=date(2026, 2, 28), file=ContentFile(b"Yes.", name="letter.txt"))
    steps.add_evidence(letter, by="Leander Quist")
    submit_dispute(Dispute(repost=repost, text="Not hers.", network_key=b"k"), networks=[b"k"])
    with django_capture_on_commit_callbacks(execute=True):
        run("--remove")
    assert not Post.objects.filter(is_sample=True).exists()
    assert not Evidence.objects.exists()
    assert not letter.file.storage.exists(str(letter.file.name))


def test_a_failing_load_leaves_no_row(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    monkeypatch.setattr(content, "VIDEO_URL", "https://example.org/no-provider")
    with pytest.raises(AssertionError):
        run()
    assert everything() == before


def test_a_slug_in_use_is_reported(make_post: MakePost) -> None:
    mine = make_post("let-it-be-printed")
    with pytest.raises(CommandError, match="let-it-be-printed"):
        run()
    assert list(Post.objects.all()) == [mine]


def test_the_host_gets_the_login_and_the_blog_its_title(db: None) -> None:
    user = User.objects.create_superuser("host")
    run()
    blog = Blog.load()
    assert blog.owner == Person.objects.get(user=user)
    assert blog.title == content.BLOG_TITLE


def test_a_login_with_a_byline_of_its_own_keeps_it(host: Person) -> None:
    run()
    host.refresh_from_db()
    assert host.user is not None
    assert Person.objects.get(slug=content.HOST.slug).user is None


def test_replies_are_below_their_parents_and_reach_four_levels(sample: Post) -> None:
    comments = list(Comment.objects.select_related("parent"))
    for comment in comments:
        assert comment.discussion_id == sample.pk
        if comment.parent:
            assert bytes(comment.path).startswith(bytes(comment.parent.path))
            assert comment.depth == comment.parent.depth + 1
            assert comment.created_at > comment.parent.created_at
    assert len(comments) >= 12
    assert max(comment.depth for comment in comments) >= 3  # depth counts from 0
    assert {comment.language for comment in comments} == {"de", "en", "fa", "fr"}


def test_comments_are_spread_over_days_and_not_in_the_future(sample: Post) -> None:
    moments = list(Comment.objects.order_by("created_at").values_list("created_at", flat=True))
    assert sample.published_at is not None
    assert sample.published_at < moments[0]
    assert moments[-1] <= clock.now()
    assert moments[-1] - moments[0] > timedelta(days=1)


def test_no_text_contains_html_or_unrendered_markup(sample: Post) -> None:
    rendered = [html for post in Post.objects.all() for html in (post.introduction_html, post.body_html)]
    rendered += [sample.repost.public_html, *Comment.objects.values_list("html", flat=True)]
    for html in rendered:
        prose = re.sub(r"(?s)<(code|pre)\b.*?</\1>", "", html)
        prose = re.sub(r"<[^<>]+>", "", prose)
        assert not re.search(r"&lt;|\*\*|\[\^|\]\(|^#|~~|\|", prose), prose
    sources = [path.read_text(encoding="utf-8") for path in content.TEXTS.rglob("*.md")]
    assert not any(re.search(r"<[a-z/]", source) for source in sources)


def test_pictures_are_small_jpegs_and_drawn_the_same_every_time(sample: Post) -> None:
    video = Video.objects.get()
    assert default_storage.size(video.poster.name) < 80_000
    with default_storage.open(video.poster.name) as file, Image.open(file) as poster:
        assert (poster.format, poster.size) == ("JPEG", (1280, 720))
    first = [picture.draw().tobytes() for picture in content.PICTURES]
    assert first == [picture.draw().tobytes() for picture in content.PICTURES]
    assert all(picture.alt for picture in content.PICTURES)


def test_the_video_is_labelled_as_made_by_ai_and_as_not_real(sample: Post) -> None:
    video = Video.objects.get()
    assert video.ai_origin == Video.AiOrigin.GENERATED
    assert "leads to no real video" in video.title
    assert "leads to no real video" in " ".join(video.transcript.split())


def test_loading_overwrites_pictures_left_by_a_failed_load(db: None) -> None:
    default_storage.save(content.POSTER.path, ContentFile(b"half a picture"))
    assert loading.store(content.POSTER) == content.POSTER.path
