"""Which servers may be spoken to: everybody's, and those in networks that the operator names.

Whoever may make a location could otherwise have this server look around among its own neighbours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from postroom.contacts.errors import Denied, Unavailable
from postroom.notices.guard import Network, is_allowed, resolve


def check_reachable(host: str, port: int, networks: Sequence[Network] | None) -> None:
    """Raise Denied for a host with an address that is neither everybody's nor in `networks` (None: any).

    Raises Unavailable for one that has no address.
    """
    if networks is None:
        return
    try:
        found = resolve(host, port)
    except OSError as unknown:
        raise Unavailable(f"{host} has no address: {unknown.strerror}.", code="REMOTE_AWAY") from unknown
    if not all(is_allowed(ipaddress.ip_address(each), networks) for each in found):
        raise Denied(
            f"{host} is in a private network: POSTROOM_LOCATION_NETWORKS names those that may be reached.",
            code="FORBIDDEN_ADDRESS",
        )
