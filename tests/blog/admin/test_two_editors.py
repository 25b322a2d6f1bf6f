"""Two editors who save the same post at once."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from blog.models import Person
from blog.videos import placement
from tests.blog.conftest import change_url, resubmission
from tests.conftest import MakePost

FILM = "https://www.youtube.com/watch?v=a-B_c1D2e3F"
LONG = 60.0  # seconds; nothing takes this long unless the test fails
SHORT = 1.0  # seconds for which the first editor holds the transaction


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_who_save_at_once_the_second_is_warned(host: Person, make_post: MakePost) -> None:
    """PostgreSQL needs our lock for this; on SQLite one writer waits for the other anyway."""
    post = make_post(body="a", status="draft")
    assert host.user
    desk = Client()
    desk.force_login(host.user)
    data = resubmission(desk, post, body=FILM)
    responses: list[Any] = []

    def save() -> None:
        try:
            responses.append(desk.post(change_url(post), data))
        finally:
            connection.close()

    other = threading.Thread(target=save)
    with transaction.atomic():
        post.body = f"Mine:\n\n{FILM}"
        post.save()
        placement.synchronise_rows(post)
        other.start()
        other.join(SHORT)
        assert other.is_alive()
    other.join(LONG)
    assert [response.status_code for response in responses] == [200]
    assert "This post was saved elsewhere" in responses[0].content.decode()
    post.refresh_from_db()
    assert post.body == f"Mine:\n\n{FILM}"
    assert post.videos.count() == 1
