"""Files of videos are stored once for all rows that use them, and deleted with the last one."""

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

LONG = 60.0  # seconds; reached only if the test fails
SHORT = 0.5  # seconds for which one thread makes the other wait


def named(data: bytes, extension: str = "webm") -> ContentFile[bytes]:
    """A file with a name from its content, as the form fields return it."""
    return ContentFile(data, name=content_names.by_content([data], extension))


def film_of(post: Post, data: bytes = WEBM, **fields: ContentFile[bytes]) -> Video:
    return Video.objects.create(post=post, provider="upload", file=named(data), **fields)


def stored(folder: str = "videos") -> set[str]:
    names = default_storage.listdir(folder)[1] if default_storage.exists(folder) else []
    return {f"{folder}/{name}" for name in names}


@pytest.fixture
def film(own_post: Post) -> Video:
    return film_of(own_post, captions=named(CAPTIONS, "vtt"), poster=named(b"a still", "jpg"))


def test_a_file_is_deleted_with_its_post(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        film.post.delete()
        assert stored() == {film.file.name}  # it may still be rolled back
    assert stored() | stored("captions") | stored("posters") == set()


def test_a_file_is_deleted_when_another_replaces_it(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        film.file, film.captions, film.poster = named(MP4, "mp4"), "", named(b"another", "jpg")
        film.save()
    assert stored() == {film.file.name}
    assert film.file.name.endswith(".mp4")
    assert (stored("captions"), stored("posters")) == (set(), {film.poster.name})


def test_a_file_that_was_not_written_completely_is_written_again(own_post: Post) -> None:
    """The disk was full. Now there is space, and the host sends the file again."""

    class TooLong(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield WEBM[:1000]
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"), transaction.atomic():
        Video.objects.create(post=own_post, provider="upload", file=TooLong(WEBM, name=named(WEBM).name))
    video = film_of(own_post)
    assert stored() == {video.file.name}
    with default_storage.open(video.file.name) as file:
        assert file.read() == WEBM


def test_two_rows_with_the_same_content_share_a_file_until_both_are_deleted(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    again = film_of(film.post)
    assert again.file.name == film.file.name
    assert stored() == {film.file.name}
    with django_capture_on_commit_callbacks(execute=True):
        film.delete()
    assert stored() == {again.file.name}
    assert stored("captions") == set()
    with django_capture_on_commit_callbacks(execute=True):
        Video.objects.all().delete()
    assert stored() == set()


def test_saving_other_fields_of_a_row_keeps_its_files(
    film: Video, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        film.title = "Another"
        film.save()
        film.save(update_fields=["status"])
    names = {film.file.name, film.captions.name, film.poster.name}
    assert stored() | stored("captions") | stored("posters") == names


def test_only_files_named_by_their_content_are_shared(own_post: Post) -> None:
    first, second = (
        Video.objects.create(post=own_post, provider="upload", file=ContentFile(data, name="film.webm"))
        for data in (b"one", b"another")
    )
    assert first.file.name != second.file.name
    with second.file.open() as file:
        assert file.read() == b"another"


@pytest.mark.django_db(transaction=True)
def test_a_file_is_not_deleted_while_another_row_starts_to_use_it(own_post: Post) -> None:
    """On PostgreSQL this needs an explicit lock; on SQLite one writer waits for the other anyway."""
    first = film_of(own_post)

    def delete_first() -> None:
        try:
            Video.objects.get(pk=first.pk).delete()
        finally:
            connection.close()

    other = threading.Thread(target=delete_first)
    with transaction.atomic():
        second = film_of(own_post)
        assert second.file.name == first.file.name
        other.start()
        other.join(SHORT)
        assert other.is_alive()  # it waits until it can see whether a row uses the file
    other.join(LONG)
    assert not other.is_alive()
    assert Video.objects.get() == second
    assert stored() == {second.file.name}
