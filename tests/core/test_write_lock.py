"""Short write transactions of several threads."""

from threading import Thread

import pytest
from django.db import connection, transaction

from blog.models import Tag
from core import write_lock


@pytest.mark.django_db(transaction=True)
def test_threads_write_one_after_the_other_and_lose_nothing() -> None:
    def write(number: int) -> None:
        for again in range(5):
            with write_lock.short_write():
                Tag.objects.create(name=f"{number} {again}", slug=f"{number}-{again}")
        connection.close()

    threads = [Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Tag.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_a_failed_write_is_rolled_back_and_releases_the_lock() -> None:
    @write_lock.short_write()
    def fail() -> None:
        Tag.objects.create(name="One", slug="one")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Tag.objects.exists()
    with write_lock.short_write():
        Tag.objects.create(name="Two", slug="two")
    assert Tag.objects.get().slug == "two"


@pytest.mark.django_db(transaction=True)
def test_a_thread_in_a_transaction_does_not_wait_for_the_lock() -> None:
    with transaction.atomic(), write_lock.short_write(), write_lock.short_write():
        Tag.objects.create(name="One", slug="one")
    assert Tag.objects.exists()
