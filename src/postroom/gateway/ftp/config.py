"""The settings of the FTP front end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from postroom.contacts.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpConfig:
    """Where to listen and what to allow. Port 0 takes a free one; durations are seconds.

    host: address to bind, "" for all of IPv4, "::" for IPv6 too. passive_ports: ports for passive data
    connections (at least twice the sessions), None for any; two processes must not share a range.
    masquerade_address: the IPv4 address that PASV names behind address translation. certificate and key: PEM
    files, None for plain FTP only. implicit_port: where FTPS without AUTH listens, None for nowhere.
    allow_plain False: logins and data over TLS only. confirm_seconds: how long the session must outlive a
    plain upload for the file to be processed.
    """

    host: str = "127.0.0.1"
    port: int = 2121
    implicit_port: int | None = None
    passive_ports: range | None = None
    masquerade_address: str | None = None
    certificate: Path | None = None
    key: Path | None = None
    allow_plain: bool = True
    max_sessions: int = 200
    max_per_address: int = 50
    max_login_attempts: int = 3
    banner: str = "Postroom"
    login_seconds: float = 30.0
    failed_login_seconds: float = 1.0
    idle_seconds: float = 300.0
    connect_seconds: float = 30.0
    stall_seconds: float = 60.0
    transfer_seconds: float = 3600.0
    confirm_seconds: float = 2.0

    def __post_init__(self) -> None:
        """Raise Refused for settings that contradict one another."""
        if self.certificate is None and not self.allow_plain:
            raise Refused("FTP without TLS is switched off, but there is no certificate: name one.")
        if self.certificate is None and self.implicit_port is not None:
            raise Refused("Implicit FTPS has a port, but there is no certificate: name one.")
        if self.passive_ports is not None and not self.passive_ports:
            raise Refused("The range of passive ports is empty.")
