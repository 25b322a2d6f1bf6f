"""Whose limit a request counts against."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from blog.visitors import network_key

PROXY = "127.0.0.1"


def key(address: str, **headers: str) -> str:
    return network_key(RequestFactory().get("/", REMOTE_ADDR=address, headers=headers))


def test_behind_a_proxy_it_is_the_address_that_the_proxy_names(settings: Settings) -> None:
    settings.VISITOR_ADDRESS_HEADER = "X-Real-IP"
    assert key(PROXY, x_real_ip="203.0.113.9") == key("203.0.113.9")
    assert key(PROXY, x_real_ip="203.0.113.9", x_forwarded_for="198.51.100.1") == key("203.0.113.9")


def test_a_proxy_that_says_nothing_is_counted_itself(settings: Settings) -> None:
    settings.VISITOR_ADDRESS_HEADER = "X-Real-IP"
    assert key(PROXY) == key(PROXY, x_real_ip=PROXY)


@pytest.mark.parametrize("named", ["", "x", "unknown, nonsense", "9" * 5000])
def test_a_broken_header_is_no_accident(settings: Settings, named: str) -> None:
    settings.VISITOR_ADDRESS_HEADER = "X-Real-IP"
    assert len(key(PROXY, x_real_ip=named)) == 64


def test_without_a_proxy_no_header_is_believed() -> None:
    assert key("192.0.2.7", x_real_ip="203.0.113.9", x_forwarded_for="203.0.113.9") == key("192.0.2.7")
