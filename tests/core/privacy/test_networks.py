"""Pseudonyms of networks: the same for neighbours, new every week, and gone after thirty days."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from blog.models import Dispute, Post
from config.environment import trusted_proxies
from core import clock
from core.models import NetworkKey
from core.privacy import networks
from core.privacy.networks import network_key, network_keys
from core.tasks import worker

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
SECOND, DAY, WEEK = timedelta(seconds=1), timedelta(days=1), timedelta(days=7)

pytestmark = pytest.mark.django_db


def request_from(address: str = "192.0.2.7", **headers: str) -> HttpRequest:
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def key(address: str = "192.0.2.7", **headers: str) -> bytes:
    return network_key(request_from(address, **headers))


def pseudonyms_at(moment: datetime) -> list[bytes]:
    with clock.standing_at(moment):
        return network_keys(request_from())


# --- Networks -------------------------------------------------------------------------------------------------------


def test_neighbouring_ips_are_one_network(noon: datetime) -> None:
    assert key("192.0.2.7") == key("192.0.2.200") == key("::ffff:192.0.2.9")
    assert key("2001:db8:1:2::3") == key("2001:db8:1:ffff::4")
    assert key("fe80::1%eth0") == key("fe80::2")
    different = [key(address) for address in ("192.0.2.7", "192.0.3.7", "2001:db8:1::1", "2001:db8:2::1", "", "x")]
    assert len(set(different)) == len(different) - 1  # an invalid IP counts as unknown, like an empty one
    assert {len(name) for name in different} == {32}


def test_a_new_64_for_every_request_is_the_same_network(noon: datetime) -> None:
    assert len({key(f"2001:db8:7:{number:x}::1") for number in range(0, 0x10000, 997)}) == 1


def test_a_forged_header_for_every_request_is_the_same_network(noon: datetime, settings: Settings) -> None:
    claims = [f"203.0.{number}.9" for number in range(50)]
    assert {key("192.0.2.7", x_forwarded_for=claim) for claim in claims} == {key("192.0.2.7")}
    settings.TRUSTED_PROXIES = trusted_proxies("127.0.0.1")
    assert {key("127.0.0.1", x_forwarded_for=f"{claim}, 192.0.2.7") for claim in claims} == {key("192.0.2.7")}


def test_visitors_behind_a_trusted_proxy_are_distinguished(noon: datetime, settings: Settings) -> None:
    assert key("127.0.0.1", x_forwarded_for="203.0.113.9") == key("127.0.0.1", x_forwarded_for="198.51.100.1")
    settings.TRUSTED_PROXIES = trusted_proxies("127.0.0.1")
    assert key("127.0.0.1", x_forwarded_for="203.0.113.9") == key("203.0.113.200")
    assert key("127.0.0.1", x_forwarded_for="203.0.113.9") != key("127.0.0.1", x_forwarded_for="198.51.100.1")


# --- The keys -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (MONDAY, "2026-11-16"),
        (MONDAY - SECOND, "2026-11-09"),
        (MONDAY + WEEK - SECOND, "2026-11-16"),
        (datetime(2027, 1, 1, 12, tzinfo=UTC), "2026-12-28"),
        (datetime(2026, 11, 16, 1, tzinfo=timezone(timedelta(hours=2))), "2026-11-09"),  # still Sunday in UTC
    ],
)
def test_a_key_belongs_to_a_week_that_begins_on_monday_in_utc(moment: datetime, week: str) -> None:
    pseudonyms_at(moment)
    made = NetworkKey.objects.get()
    assert (str(made.week), made.created_at) == (week, moment)
    assert len(bytes(made.secret)) == 32


def test_the_pseudonym_is_new_every_week_and_old_ones_stay_known() -> None:
    weeks = [pseudonyms_at(MONDAY + number * WEEK) for number in range(4)]
    assert len({names[0] for names in weeks}) == 4
    assert weeks[3] == [names[0] for names in reversed(weeks)]
    assert pseudonyms_at(MONDAY + 4 * WEEK - SECOND) == weeks[3]


def test_keys_are_read_with_one_query(noon: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(4):
        pseudonyms_at(MONDAY - number * WEEK)
    with django_assert_num_queries(1):
        assert len(network_keys(request_from())) == 4


def test_keys_are_random_and_not_derived(noon: datetime) -> None:
    before = key()
    NetworkKey.objects.all().delete()
    networks.clear_cached_secrets()
    assert key() != before


def test_keys_are_read_once_a_minute(noon: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    before = key()
    with django_assert_num_queries(0):
        assert key() == before
    NetworkKey.objects.all().delete()  # as another process may do
    with clock.standing_at(noon + timedelta(minutes=1)):
        assert key() != before


def test_a_stolen_database_alone_identifies_no_network(noon: datetime, settings: Settings) -> None:
    before = key()
    settings.SECRET_KEY = "another secret" * 5
    assert key() != before


def test_an_existing_key_is_not_changed(noon: datetime) -> None:
    NetworkKey.objects.create(week=MONDAY.date(), secret=b"s" * 32)
    key()
    assert bytes(NetworkKey.objects.get().secret) == b"s" * 32


@pytest.mark.django_db(transaction=True)
def test_processes_that_create_the_key_of_a_week_at_once_agree(noon: datetime) -> None:
    together, names = threading.Barrier(4), []

    def ask() -> None:
        try:
            assert not NetworkKey.objects.exists()
            together.wait(10)
            names.append(key())
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 4
    assert len(set(names)) == 1


# --- Forgetting -----------------------------------------------------------------------------------------------------


def test_after_thirty_days_a_key_is_destroyed(noon: datetime) -> None:
    pseudonyms_at(MONDAY)
    for moment, left in ((MONDAY + 30 * DAY - SECOND, 1), (MONDAY + 30 * DAY, 0)):
        with clock.standing_at(moment):
            networks.forget_networks()
            assert NetworkKey.objects.count() == left


def test_an_expired_key_is_not_used_even_before_it_is_destroyed() -> None:
    first = pseudonyms_at(MONDAY)[0]
    assert first in pseudonyms_at(MONDAY + 30 * DAY - SECOND)
    assert first not in pseudonyms_at(MONDAY + 30 * DAY)


@pytest.mark.parametrize("days", range(14))
def test_no_pseudonym_outlives_its_key(days: int) -> None:
    """What was stored before `oldest_week` has no key any more; what was stored since then has one."""
    now = MONDAY + 8 * WEEK + timedelta(days=days, hours=7)
    stored = {moment: pseudonyms_at(moment)[0] for moment in (MONDAY + number * DAY for number in range(56 + days))}
    with clock.standing_at(now):
        networks.forget_networks()
        known, oldest = network_keys(request_from()), networks.oldest_week()
    assert {moment for moment, name in stored.items() if name in known} == {
        moment for moment in stored if moment >= oldest
    }
    assert now - timedelta(days=30) < oldest <= now - timedelta(days=23)


def test_a_dispute_loses_its_network_with_the_key(permitted_repost: Post) -> None:
    for moment in (MONDAY, MONDAY + WEEK):
        Dispute.objects.create(
            repost=permitted_repost.repost, text="No.", created_at=moment, network_key=pseudonyms_at(moment)[0]
        )
    with clock.standing_at(MONDAY + 30 * DAY):
        networks.forget_networks()
    newer, older = Dispute.objects.all()
    assert older.network_key is None
    assert newer.network_key


def test_the_worker_destroys_keys_when_it_starts_and_every_day(noon: datetime) -> None:
    pseudonyms_at(MONDAY)
    with clock.standing_at(MONDAY + 29 * DAY):
        worker.schedule()
        worker.run_due()
        assert NetworkKey.objects.exists()
    with clock.standing_at(MONDAY + 30 * DAY + SECOND):
        worker.run_due()
        assert not NetworkKey.objects.exists()
    pseudonyms_at(MONDAY)
    with clock.standing_at(MONDAY + 30 * DAY + 2 * SECOND):
        worker.schedule()
        worker.run_due()
    assert not NetworkKey.objects.exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="another server's files are not ours to read")
@pytest.mark.django_db(transaction=True)
def test_a_destroyed_key_is_nowhere_in_the_database_file() -> None:
    def in_file() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return secret in Path(connection.settings_dict["NAME"]).read_bytes()

    pseudonyms_at(MONDAY)
    secret = bytes(NetworkKey.objects.get().secret)
    assert in_file()
    with clock.standing_at(MONDAY + 30 * DAY):
        networks.forget_networks()
    assert not in_file()
