"""One listening port, as its sessions see it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from socket import socket as Socket  # noqa: N812  # pyftpdlib wants an attribute of the name

from OpenSSL import SSL

from postroom.gateway.ftp.config import FtpConfig
from postroom.gateway.ftp.recall import Recall
from postroom.gateway.seam import GatewayAuth


@dataclass(eq=False)
class Door:
    """What the sessions of one port share. pyftpdlib calls this the server, and wants some of the names."""

    socket: Socket
    implicit: bool
    config: FtpConfig
    auth: GatewayAuth
    tls: SSL.Context | None
    stopping: threading.Event
    wake: Socket
    recall: Recall
    backlog: int = 100
    ip_map: list[str] = field(default_factory=list)  # pyftpdlib's; empty: sessions are counted by the server

    def _accept_new_cons(self) -> bool:
        return True
