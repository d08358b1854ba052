from __future__ import annotations

from ipaddress import ip_network

import pytest

from postroom.contacts.errors import Denied, Unavailable
from postroom.outflow.remote.reaching import check_reachable


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "::1", "0.0.0.0"])
def test_neighbours_are_not_reached_unless_they_are_named(host: str) -> None:
    with pytest.raises(Denied, match="POSTROOM_LOCATION_NETWORKS") as told:
        check_reachable(host, 22, [])

    assert told.value.code == "FORBIDDEN_ADDRESS"


def test_a_network_that_is_named_is_reached() -> None:
    check_reachable("127.0.0.1", 22, [ip_network("127.0.0.0/8")])


def test_everybodys_addresses_are_reached() -> None:
    check_reachable("192.0.9.1", 22, [])


def test_where_anywhere_is_meant_nothing_is_looked_up() -> None:
    check_reachable("no.such.host.invalid", 22, None)


def test_a_host_without_an_address_may_have_one_later() -> None:
    with pytest.raises(Unavailable, match="no address"):
        check_reachable("no.such.host.invalid", 22, [])
