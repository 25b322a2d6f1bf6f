"""Helpers for tests of the moderators' pages."""

import re
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import Permission, User
from django.test import Client

from comments.models import Comment

QUEUE = "/admin/comments/comment/queue/"
LIST = "/admin/comments/comment/"


def decide_url(comment: Comment) -> str:
    return f"/admin/comments/comment/{comment.pk}/decide/"


def state_of(comment: Comment) -> str:
    return Comment.objects.get(pk=comment.pk).state


def staff(name: str, *codenames: str) -> Client:
    """The client of a staff member with these permissions and no others."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="comments", codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, path: str, **data: object) -> tuple[str, str]:
    """Press a button, and return the page that follows and the batch in its URL."""
    response = client.post(path, data, follow=True)
    assert response.status_code == 200
    last = response.redirect_chain[-1][0] if response.redirect_chain else ""
    return response.content.decode(), "".join(parse_qs(urlsplit(last).query).get("done", []))


def text_of(html: str) -> str:
    """The text of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
