"""Which addresses a webhook may be at."""

from __future__ import annotations

import ipaddress

import pytest

from postroom.notices.guard import ForbiddenAddressError, GuardedBackend, is_allowed, resolve

PRIVATE = [ipaddress.ip_network("10.1.0.0/16")]


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822", "2002:5db8:d822::1"],
)
def test_what_is_everybodys_is_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "224.0.0.1",
        "233.252.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
    ],
)
def test_what_is_inside_is_not_however_it_is_written(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address), ())


def test_a_network_of_the_operator_s_is_allowed_and_nothing_beside_it() -> None:
    assert is_allowed(ipaddress.ip_address("10.1.2.3"), PRIVATE)
    assert is_allowed(ipaddress.ip_address("::ffff:10.1.2.3"), PRIVATE)
    assert not is_allowed(ipaddress.ip_address("10.2.0.1"), PRIVATE)


def test_a_name_that_points_inside_is_not_connected_to() -> None:
    backend = GuardedBackend((), deadline_seconds=1.0, resolve=lambda *_: ["169.254.169.254", "fe80::1%eth0"])

    with pytest.raises(ForbiddenAddressError, match=r"hook\.example has no public address: 169\.254"):
        backend.connect_tcp("hook.example", 443)


def test_numbers_in_odd_spellings_are_what_they_resolve_to() -> None:
    for spelling in ("127.1", "0x7f000001", "2130706433"):
        assert resolve(spelling, 80) == ["127.0.0.1"]
