"""What is never stored about the networks of writers, and what is deleted in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from blog.models import Dispute, Post
from comments.models import Ban, Comment, OutgoingEmail
from comments.moderation import retention
from config.environment import trusted_proxies
from core import clock
from core.models import NetworkKey
from core.privacy import networks
from core.tasks import worker
from tests.comments.conftest import Say

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DUE = MONDAY + timedelta(days=30)  # the key of that week is destroyed
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
KEY = b"k" * 32


def everything_stored() -> Iterator[tuple[str, bytes]]:
    """Every value in every table of the database, as bytes."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own tables
            for row in cursor.fetchall():
                for value in row:
                    is_binary = isinstance(value, bytes | memoryview)
                    yield table, bytes(value) if is_binary else str(value).encode()


def traces_of(ip: str) -> list[bytes]:
    """The textual and packed forms of an IP address and of its network."""
    found = ip_address(ip)
    parts = ip.split("." if found.version == 4 else ":")
    network = (".".join(parts[:3]) + "." if found.version == 4 else ":".join(parts[:3]) + ":").encode()
    packed = found.packed[: 3 if found.version == 4 else 6]
    return [network, packed, packed.hex().encode(), str(int(found)).encode(), found.exploded[:14].encode()]


@pytest.mark.parametrize("ip", ["203.0.113.77", "2001:db8:77:1:2:3:4:5"])
@pytest.mark.parametrize("is_behind_a_proxy", [False, True])
def test_the_ip_of_commenters_and_objectors_is_not_stored(
    noon: datetime, own_post: Post, permitted_repost: Post, settings: Settings, ip: str, is_behind_a_proxy: bool
) -> None:
    sender: dict[str, Any] = {"REMOTE_ADDR": ip}
    if is_behind_a_proxy:
        settings.TRUSTED_PROXIES = trusted_proxies("127.0.0.1")
        sender = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": f"{ip}:443" if "." in ip else ip}
    with clock.standing_at(MONDAY):
        words = {"name": "Rea", "text": "Well said."}
        assert Client().post(f"/comments/new/{own_post.pk}/", words, headers=OWN_PAGE, **sender).status_code == 303
        path = f"/permissions/{permitted_repost.repost.public_id}/dispute/"
        assert Client().post(path, {"text": "Not hers."}, **sender).status_code == 303
        worker.schedule()
        worker.run_due()
    assert Comment.objects.get().network_key
    assert Dispute.objects.get().network_key
    stored = list(everything_stored())
    assert "comments_comment" in {table for table, _ in stored}
    assert [(table, value) for table, value in stored for trace in traces_of(ip) if trace in value] == []


def test_an_ip_that_is_stored_would_be_found(say: Say) -> None:
    for ip in ("203.0.113.77", "2001:db8:77:1:2:3:4:5"):
        for form in (ip.encode(), ip_address(ip).packed):
            comment = say(f"From {form.hex()}.")
            Comment.objects.filter(pk=comment.pk).update(network_key=form)
            stored = list(everything_stored())
            assert [value for _, value in stored for trace in traces_of(ip) if trace in value]
            comment.delete()


@pytest.mark.parametrize(
    ("written", "is_kept"),
    [(MONDAY, False), (MONDAY + timedelta(days=7, seconds=-1), False), (MONDAY + timedelta(days=7), True)],
)
def test_hashes_are_forgotten_with_the_key_that_made_them(say: Say, written: datetime, is_kept: bool) -> None:
    comment = say()
    Comment.objects.update(network_key=KEY, created_at=written)
    OutgoingEmail.objects.create(kind="access", email="rea@private.example", network_key=KEY, created_at=written)
    Ban.objects.create(kind="network", key=KEY, created_at=written)
    with clock.standing_at(DUE):
        retention.forget_networks(networks.oldest_week())
    comment.refresh_from_db()
    assert bool(comment.network_key) is is_kept
    assert bool(OutgoingEmail.objects.get().network_key) is is_kept
    assert Ban.objects.exists() is is_kept


def test_a_network_ban_ends_with_the_key_of_its_comment(say: Say) -> None:
    comment = say()
    Comment.objects.update(network_key=KEY, created_at=MONDAY)
    Ban.objects.create(kind="network", key=KEY, comment=comment, created_at=DUE - timedelta(days=1))
    with clock.standing_at(DUE - timedelta(seconds=1)):
        retention.forget_networks(networks.oldest_week())
        assert Ban.objects.exists()
    with clock.standing_at(DUE):
        retention.forget_networks(networks.oldest_week())
    assert not Ban.objects.exists()


@pytest.mark.parametrize("kind", ["email", "word", "domain"])
def test_other_bans_stay(db: None, kind: str) -> None:
    Ban.objects.create(kind=kind, key=KEY, value="casino", created_at=MONDAY - timedelta(days=900))
    with clock.standing_at(DUE):
        retention.forget_networks(networks.oldest_week())
    assert Ban.objects.exists()


def test_the_worker_forgets_on_both_floors(noon: datetime, own_post: Post) -> None:
    with clock.standing_at(MONDAY):
        Client().post(f"/comments/new/{own_post.pk}/", {"name": "Rea", "text": "Yes."}, headers=OWN_PAGE)
    with clock.standing_at(DUE):
        worker.schedule()
        worker.run_due()
    assert Comment.objects.get().network_key is None
    assert not NetworkKey.objects.exists()
