"""What the tests of the moderators' pages share: who looks at them, and what is read off them."""

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
    """The browser of somebody on the staff who may do this and nothing else."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="comments", codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def act(client: Client, address: str, **sent: object) -> tuple[str, str]:
    """Press a button; the page that follows, and the batch that its address names."""
    answer = client.post(address, sent, follow=True)
    assert answer.status_code == 200
    last = answer.redirect_chain[-1][0] if answer.redirect_chain else ""
    return answer.content.decode(), "".join(parse_qs(urlsplit(last).query).get("done", []))


def text_of(html: str) -> str:
    """The words of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
