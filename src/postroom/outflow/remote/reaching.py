"""Which servers may be spoken to: everybody's, and those in networks that the operator names.

Whoever may make a location could otherwise have this server look around among its own neighbours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from postroom.contacts.errors import Denied, RemoteTrouble
from postroom.notices.guard import Network, is_allowed, resolve


def check_reachable(host: str, port: int, networks: Sequence[Network] | None) -> None:
    """Raise Denied for a host with an address that is neither everybody's nor in `networks` (None: any).

    Raises RemoteTrouble for one that has no address.
    """
    if networks is None:
        return
    try:
        found = resolve(host, port)
    except OSError as unknown:
        raise RemoteTrouble(f"{host} has no address: is it spelled right?", code="REMOTE_AWAY") from unknown
    if not all(is_allowed(ipaddress.ip_address(each), networks) for each in found):
        raise Denied(
            f"{host} is in a private network: POSTROOM_LOCATION_NETWORKS names those that may be reached.",
            code="FORBIDDEN_ADDRESS",
        )


def is_literal(host: str) -> bool:
    """Tell whether a host is an address itself, so that no name server is asked."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
