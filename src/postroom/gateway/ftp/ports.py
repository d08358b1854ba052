"""How data connections come about: passive (PASV, EPSV) and active (PORT, EPRT)."""

from __future__ import annotations

import errno
import socket
from typing import Any

from postroom.gateway.ftp.library import ActiveDTP, PassiveDTP


class PassivePort(PassiveDTP):  # type: ignore[misc]  # pyftpdlib has no types
    """A port that waits for the one data connection of one session."""

    backlog = 2

    def __init__(self, cmd_channel: Any, extmode: bool = False) -> None:  # noqa: ANN401, FBT001, FBT002  - the signature of the library
        """Listen, and tell the client where. Raises OSError when no port of the range is free."""
        self.timeout = cmd_channel.config.connect_seconds
        self._is_probing = False
        super().__init__(cmd_channel, extmode)

    def bind_af_unspecified(self, addr: tuple[str, int]) -> Any:  # noqa: ANN401  - the signature of the library
        """Find the address family by binding to any port."""
        self._is_probing = True
        try:
            return super().bind_af_unspecified(addr)
        finally:
            self._is_probing = False

    def bind(self, addr: tuple[Any, ...]) -> None:
        """Bind, but never outside the configured range: a firewall would swallow the connection."""
        if self.cmd_channel.passive_ports is not None and addr[1] == 0 and not self._is_probing:
            raise OSError(errno.EADDRINUSE, "no passive port is free")
        super().bind(addr)

    def handle_accepted(self, sock: socket.socket, addr: tuple[Any, ...]) -> None:
        """Take the connection if it is the client's; others are hung up on, and the port goes on waiting.

        Nothing is said on the control connection: a stranger must not be able to put replies there.
        """
        if addr[0] != self.cmd_channel.remote_ip:
            sock.close()
            self.cmd_channel.session_log.warning("refused", command="data connection", address=addr[0])
            return
        super().handle_accepted(sock, addr)
        # A connection reset while it waited to be accepted is dropped without a word by pyftpdlib.
        self.cmd_channel.data_port_failed(self, "426 The data connection was lost; nothing was kept.")

    def handle_timeout(self) -> None:
        """Stop waiting; only a client that waits for a transfer is told."""
        self.close()
        self.cmd_channel.data_port_failed(self, "425 The data connection was not opened in time.")


class ActivePort(ActiveDTP):  # type: ignore[misc]  # pyftpdlib has no types
    """An attempt to connect to the port that the client named."""

    def __init__(self, ip: str, port: int, cmd_channel: Any) -> None:  # noqa: ANN401  # a pyftpdlib handler
        """Start connecting."""
        self.timeout = cmd_channel.config.connect_seconds
        super().__init__(ip, port, cmd_channel)

    def handle_timeout(self) -> None:
        """Give up in time."""
        super().handle_timeout()
        self.cmd_channel.data_port_failed(self, "")

    def handle_close(self) -> None:
        """Hear that the client does not listen there."""
        super().handle_close()
        self.cmd_channel.data_port_failed(self, "")
