"""Whatever fails on our side, what was typed is on the page that says so."""

from io import BytesIO

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils.html import escape

from blog.models import Post
from blog.reading.views import server_error
from tests.attacks import ATTACKS
from tests.blog.conftest import Submission
from tests.comments.mailbox import OWN_PAGE

TEXT = "A remark of more than a line, on which somebody has spent an evening.\nAnd <b>another</b> line."


def lose_the_posts() -> None:
    """Until the test is over."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE blog_post RENAME TO lost")


def test_a_comment_is_shown_when_the_database_fails(client: Client, own_post: Post) -> None:
    client.raise_request_exception = False
    lose_the_posts()
    answer = client.post(f"/comments/new/{own_post.pk}/", {"name": "Rea", "text": TEXT}, headers=OWN_PAGE)
    assert answer.status_code == 500
    assert escape(TEXT) in answer.text
    assert answer["Cache-Control"] == "no-store"


def test_a_post_is_shown_and_no_secret(desk: Client, submission: Submission) -> None:
    desk.raise_request_exception = False
    lose_the_posts()
    secret = "s" * 100
    typed = submission | {"body": TEXT, "password": secret, "csrfmiddlewaretoken": secret}
    answer = desk.post("/admin/blog/post/add/", typed)
    assert answer.status_code == 500
    assert escape(TEXT) in answer.text
    assert secret not in answer.text


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_was_typed_is_text(rf: RequestFactory, attack: str) -> None:
    request = rf.post("/", {"text": attack + "\n" + TEXT})
    assert escape(attack) in server_error(request).content.decode()


class Broken(BytesIO):
    def read(self, *_: object) -> bytes:
        raise OSError("The visitor is gone.")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 2000)),
        ("application/x-www-form-urlencoded", b"text=%ff%fe\0" + b"x" * 100),
    ],
)
def test_a_form_that_cannot_be_read_is_no_second_error(rf: RequestFactory, kind: str, body: bytes) -> None:
    assert server_error(rf.generic("POST", "/", body, kind)).status_code == 500


def test_a_visitor_who_is_gone_is_no_second_error(rf: RequestFactory) -> None:
    request = rf.post("/", {"text": TEXT})
    request.environ["wsgi.input"] = request._stream = Broken()
    assert server_error(request).status_code == 500
