"""Where films are kept: once for all posts that show them, and no longer than one does."""

import errno
import threading
from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from blog.models import Post, Video
from core.files import content_names
from tests.blog.videos.films import CAPTIONS, MP4, WEBM

LONG = 60.0  # seconds; nobody waits so long unless the test fails
SHORT = 0.5  # seconds for which one is held whom the other waits for


def named(data: bytes, extension: str = "webm") -> ContentFile[bytes]:
    """A file as the doors hand it over."""
    return ContentFile(data, name=content_names.by_content([data], extension))


def film_of(post: Post, data: bytes = WEBM, **fields: ContentFile[bytes]) -> Video:
    return Video.objects.create(post=post, provider="upload", file=named(data), **fields)


def kept(folder: str = "videos") -> set[str]:
    names = default_storage.listdir(folder)[1] if default_storage.exists(folder) else []
    return {f"{folder}/{name}" for name in names}


@pytest.fixture
def film(own_post: Post) -> Video:
    return film_of(own_post, captions=named(CAPTIONS, "vtt"), poster=named(b"a still", "jpg"))


def test_a_film_goes_with_its_post(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        film.post.delete()
        assert kept() == {film.file.name}  # it may still be rolled back
    assert kept() | kept("captions") | kept("posters") == set()


def test_a_film_goes_when_another_takes_its_place(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        film.file, film.captions, film.poster = named(MP4, "mp4"), "", named(b"another", "jpg")
        film.save()
    assert kept() == {film.file.name}
    assert film.file.name.endswith(".mp4")
    assert (kept("captions"), kept("posters")) == (set(), {film.poster.name})


def test_a_film_that_was_not_written_whole_is_written_anew(own_post: Post) -> None:
    """The disk was full; there is room now, and the host sends it once more."""

    class TooLong(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield WEBM[:1000]
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"), transaction.atomic():
        Video.objects.create(post=own_post, provider="upload", file=TooLong(WEBM, name=named(WEBM).name))
    video = film_of(own_post)
    assert kept() == {video.file.name}
    with default_storage.open(video.file.name) as file:
        assert file.read() == WEBM


def test_a_film_of_two_rows_is_one_file_and_goes_with_the_second(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    again = film_of(film.post)
    assert again.file.name == film.file.name
    assert kept() == {film.file.name}
    with django_capture_on_commit_callbacks(execute=True):
        film.delete()
    assert kept() == {again.file.name}
    assert kept("captions") == set()
    with django_capture_on_commit_callbacks(execute=True):
        Video.objects.all().delete()
    assert kept() == set()


def test_saving_a_row_for_other_reasons_keeps_its_film(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        film.title = "Another"
        film.save()
        film.save(update_fields=["status"])
    names = {film.file.name, film.captions.name, film.poster.name}
    assert kept() | kept("captions") | kept("posters") == names


def test_only_a_name_that_tells_the_content_is_taken_for_the_same(own_post: Post) -> None:
    first, second = (
        Video.objects.create(post=own_post, provider="upload", file=ContentFile(data, name="film.webm"))
        for data in (b"one", b"another")
    )
    assert first.file.name != second.file.name
    with second.file.open() as stored:
        assert stored.read() == b"another"


@pytest.mark.django_db(transaction=True)
def test_a_film_is_not_deleted_while_another_post_takes_it(own_post: Post) -> None:
    """On PostgreSQL that takes a lock of ours; on SQLite one writer waits for the other anyway."""
    first = film_of(own_post)

    def let_go() -> None:
        try:
            Video.objects.get(pk=first.pk).delete()
        finally:
            connection.close()

    other = threading.Thread(target=let_go)
    with transaction.atomic():
        second = film_of(own_post)
        assert second.file.name == first.file.name
        other.start()
        other.join(SHORT)
        assert other.is_alive()  # it waits until it can see whether somebody has the film
    other.join(LONG)
    assert not other.is_alive()
    assert Video.objects.get() == second
    assert kept() == {second.file.name}
