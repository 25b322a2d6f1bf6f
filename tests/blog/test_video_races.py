"""A film that one post lets go while another takes it. On SQLite one writer waits for the other whatever we lock."""

import threading

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from blog import naming
from blog.models import Post, Video
from tests.blog.films import WEBM

pytestmark = pytest.mark.django_db(transaction=True)

LONG = 60.0  # seconds; nobody waits so long unless the test fails
SHORT = 0.5  # seconds for which one is held whom the other waits for


def film() -> ContentFile[bytes]:
    return ContentFile(WEBM, name=naming.by_content([WEBM], "webm"))


def test_a_film_is_not_deleted_while_another_post_takes_it(own_post: Post) -> None:
    first = Video.objects.create(post=own_post, provider="upload", file=film())

    def let_go() -> None:
        try:
            Video.objects.get(pk=first.pk).delete()
        finally:
            connection.close()

    other = threading.Thread(target=let_go)
    with transaction.atomic():
        second = Video.objects.create(post=own_post, provider="upload", file=film())
        assert second.file.name == first.file.name
        other.start()
        other.join(SHORT)
        assert other.is_alive()  # it waits until it can see whether somebody has the film
    other.join(LONG)
    assert not other.is_alive()
    assert Video.objects.get() == second
    assert default_storage.exists(second.file.name)
