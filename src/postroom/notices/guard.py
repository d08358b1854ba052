"""Connecting to where a webhook points, and nowhere inside: the address that was checked is the one taken.

Whoever may name a URL could otherwise have this server speak to its own neighbours (server-side request
forgery): a cloud's metadata service, a database with an HTTP door, a printer.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], list[str]]

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses that a translator turns into the IPv4 address in their last 32 bits (RFC 6052)."""


class ForbiddenAddressError(Exception):
    """A host has no address that may be connected to."""


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Tell whether to connect to `address`: it is everybody's, or in one of `networks`."""
    inner = _embedded(address)
    if any(address in network or inner in network for network in networks):
        return True
    return inner.is_global and address.is_global and not inner.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of `host`, the preferred ones first; raise OSError when there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class GuardedBackend(httpcore.SyncBackend):
    """Connects for one request, to allowed addresses alone, and ends whatever is left after a deadline.

    A timeout of each read does not bound the whole: a receiver that sends a byte now and then would hold
    its sender for ever.
    """

    def __init__(
        self, networks: Sequence[Network], *, deadline_seconds: float, resolve: Resolve = resolve
    ) -> None:
        """Allow `networks` besides what is everybody's."""
        self._networks = networks
        self._resolve = resolve
        self._deadline_seconds = deadline_seconds
        self._watched: socket.socket | None = None
        self._timer: threading.Timer | None = None
        self.expired = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first allowed address of `host`.

        Raises ForbiddenAddressError when there is none, OSError when the host is not known, and what
        httpcore raises when nobody answers there.
        """
        found = self._resolve(host, port)
        allowed = [text for text in found if is_allowed(ipaddress.ip_address(_bare(text)), self._networks)]
        if not allowed:
            raise ForbiddenAddressError(f"{host} has no public address: {', '.join(found)}")
        stream = super().connect_tcp(allowed[0], port, timeout, local_address, socket_options)
        self._watch(stream)
        return stream

    def release(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        if self._watched is not None:
            self._watched.close()

    def _watch(self, stream: httpcore.NetworkStream) -> None:
        # A duplicate: TLS takes the descriptor over, and this must reach the connection all the same.
        descriptor = os.dup(stream.get_extra_info("socket").fileno())
        self._watched = socket.socket(fileno=descriptor)
        self._timer = threading.Timer(self._deadline_seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _expire(self) -> None:
        self.expired = True
        with suppress(OSError):  # the receiver was faster in closing it
            if self._watched is not None:
                self._watched.shutdown(socket.SHUT_RDWR)


def _bare(text: str) -> str:
    return text.partition("%")[0]  # a link-local address comes with its interface
