"""The IP of the visitor: what our proxies say about it, and what is only said in their name."""

from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from config.environment import trusted_proxies
from core.privacy.proxies import MAX_HOPS, visitor_ip

PROXY = "10.0.0.1"
TRUSTED = "10.0.0.0/8,::1,2001:db8:ffff::/48"
VISITOR = "203.0.113.9"
EVIL = "198.51.100.66"  # the IP that an attacker wants to be taken for


@pytest.fixture
def behind_proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = trusted_proxies(TRUSTED)


def found(peer: str, forwarded: str | None = None, **headers: str) -> str:
    """The IP that counts, or "" for none."""
    meta: dict[str, Any] = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        meta["HTTP_X_FORWARDED_FOR"] = forwarded
    return str(visitor_ip(RequestFactory().get("/", headers=headers, **meta)) or "")


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        (VISITOR, VISITOR),
        (f"  {VISITOR}\t", VISITOR),
        (f"{VISITOR}:5678", VISITOR),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:80", "2001:db8::7"),
        ("fe80::7%eth0", "fe80::7"),
        ("[fe80::7%25eth0]:443", "fe80::7"),
        (f"::ffff:{VISITOR}", VISITOR),
        (f"[::ffff:{VISITOR}]:99", VISITOR),
        # Several proxies in a row: each appends the IP of its client.
        (f"{VISITOR}, 10.0.0.2, 10.0.0.3", VISITOR),
        (f"{VISITOR},10.0.0.2:1234,[::1]:80,2001:db8:ffff::5,::ffff:10.7.7.7", VISITOR),
        # A request of the proxy itself, such as a health check.
        ("10.0.0.2", "10.0.0.2"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        # Empty entries mean nothing.
        (f", ,{VISITOR},, 10.0.0.2, ,", VISITOR),
        ("", PROXY),
        (" , ,", PROXY),
        # What the visitor has sent is further left.
        (f"{EVIL}, {VISITOR}", VISITOR),
        (f"{EVIL}, {VISITOR}, 10.0.0.2", VISITOR),
        (f"10.0.0.9, {VISITOR}", VISITOR),
        (f"{EVIL}, 10.0.0.9, {VISITOR}", VISITOR),
        (f"unknown, {VISITOR}", VISITOR),
        (f"{EVIL},,, {VISITOR}", VISITOR),
        (f"::1, {EVIL}, [::1]:80, {VISITOR}:1", VISITOR),
        # Garbage from our own proxies: the last known IP counts, and never what is left of it.
        ("unknown", PROXY),
        ("unix:", PROXY),
        (f"{EVIL}, unknown", PROXY),
        (f"{EVIL}, _hidden, 10.0.0.2", "10.0.0.2"),
        (f"{EVIL}, 1.2.3", PROXY),
        (f"{EVIL}, 1.2.3.4.5", PROXY),
        (f"{EVIL}, 999.1.1.1", PROXY),
        (f"{EVIL}, 010.1.1.1", PROXY),
        (f"{EVIL}, 1.2.3.4:", PROXY),
        (f"{EVIL}, 1.2.3.4:port", PROXY),
        (f"{EVIL}, [::1", PROXY),
        (f"{EVIL}, []:80", PROXY),
        (f"{EVIL}, :::", PROXY),
        (f"{EVIL}, 10.0.0.2/8", PROXY),
        (f"{EVIL}, 1.2.3.4 5.6.7.8", PROXY),
        (f"{EVIL}; {VISITOR}", PROXY),
        (f'{EVIL}, for="{VISITOR}"', PROXY),
        (f"{EVIL}, ١.٢.٣.٤", PROXY),
        (f"{EVIL}, \0", PROXY),
        (f"{EVIL}, 3405803785", PROXY),
    ],
)
def test_our_own_proxies_name_the_visitor(behind_proxies: None, forwarded: str, visitor: str) -> None:
    assert found(PROXY, forwarded) == visitor


@pytest.mark.parametrize("peer", [EVIL, "2001:db8::66", "11.0.0.1", f"::ffff:{EVIL}"])
@pytest.mark.parametrize("forwarded", [VISITOR, PROXY, f"{VISITOR}, {PROXY}", f"{PROXY}, {VISITOR}", "::1"])
def test_no_other_peer_is_believed(behind_proxies: None, peer: str, forwarded: str) -> None:
    assert found(peer, forwarded) == peer.removeprefix("::ffff:")


def test_no_other_header_is_believed(behind_proxies: None) -> None:
    forged = {"X-Real-IP": EVIL, "Forwarded": f"for={EVIL}", "Client-IP": EVIL, "True-Client-IP": EVIL, "Via": EVIL}
    assert found(PROXY, **forged) == PROXY
    assert found(PROXY, VISITOR, **forged) == VISITOR


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", PROXY, "192.168.0.1", ""])
def test_no_proxy_is_trusted_by_default(peer: str) -> None:
    assert found(peer, EVIL) == peer


@pytest.mark.parametrize(
    "peer", ["10.0.0.1", "::ffff:10.0.0.1", "::FFFF:a00:1", "10.0.0.1%eth0", " 10.0.0.1 ", "::1%lo"]
)
def test_a_proxy_is_recognised_in_every_notation(behind_proxies: None, peer: str) -> None:
    assert found(peer, VISITOR) == VISITOR


@pytest.mark.parametrize(
    ("trusted", "forwarded", "visitor"),
    [
        ("", VISITOR, ""),
        ("10.0.0.0/8", VISITOR, ""),
        ("unix", None, ""),
        ("unix", "unknown", ""),
        ("unix", VISITOR, VISITOR),
        ("unix", f"{VISITOR}, 10.0.0.1", "10.0.0.1"),
        ("unix,10.0.0.1", f"{VISITOR}, 10.0.0.1", VISITOR),
    ],
)
def test_a_local_socket_is_trusted_if_configured(
    settings: Settings, trusted: str, forwarded: str | None, visitor: str
) -> None:
    settings.TRUSTED_PROXIES = trusted_proxies(trusted)
    assert found("", forwarded) == visitor


@pytest.mark.parametrize(
    "header",
    [
        ",".join(["10.0.0.2"] * 10_000),
        EVIL + ",10.0.0.2" * 10_000,
        "," * 10_000,
        ", " * 10_000 + "10.0.0.2",
        "9" * 100_000,
        ":" * 100_000,
        "1:" * 50_000,
        "[" * 100_000,
        "[::1%" + "a" * 100_000,
        "1." * 50_000,
    ],
    ids=["proxies", "then evil", "commas", "gaps", "figure", "colons", "groups", "brackets", "zone", "points"],
)
def test_a_long_list_leads_no_further_than_our_proxies(behind_proxies: None, header: str) -> None:
    assert found(PROXY, header) in (PROXY, "10.0.0.2")


@pytest.mark.parametrize(("proxies_between", "visitor"), [(MAX_HOPS - 1, VISITOR), (MAX_HOPS, "10.0.0.2")])
def test_a_list_is_read_to_a_certain_length(behind_proxies: None, proxies_between: int, visitor: str) -> None:
    assert found(PROXY, f"{EVIL}, {VISITOR}" + ", 10.0.0.2" * proxies_between) == visitor
