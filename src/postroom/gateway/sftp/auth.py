"""Who may come in over SSH, and that nothing but SFTP comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final

from asyncssh import (
    DISC_NO_MORE_AUTH_METHODS_AVAILABLE,
    ChannelOpenError,
    SSHKey,
    SSHReader,
    SSHServer,
    SSHServerConnection,
    SSHWriter,
)
from asyncssh.constants import OPEN_RESOURCE_SHORTAGE
from asyncssh.stream import SSHServerStreamSession

from postroom.contacts.errors import Denied
from postroom.gateway.seam import GatewayAuth, Principal
from postroom.gateway.sftp.acks import QuickAcks
from postroom.gateway.sftp.lobby import Lobby, Visit

PROTO: Final = "sftp"

Serve = Callable[["SftpChannel", Principal, SSHReader[bytes], SSHWriter[bytes]], None]


class SftpChannel(SSHServerStreamSession[bytes]):
    """A channel on which the SFTP subsystem may be asked for, and nothing else: no shell, no command, no scp.

    asyncssh would choose its own packet handler; with a session of our own we choose ours, and leave its
    module as it is.
    """

    def __init__(self, visit: Visit, principal: Principal, serve: Serve) -> None:
        """Call `serve` when the client asks for SFTP."""
        super().__init__(None)
        self.visit = visit
        self._principal = principal
        self._serve = serve
        visit.channels += 1

    def subsystem_requested(self, subsystem: str) -> bool:
        """Accept SFTP."""
        return subsystem == "sftp"

    def session_started(self) -> None:
        """Begin to serve."""
        # asyncssh sets the channel in connection_made, which comes first.
        assert self._chan is not None  # noqa: S101 - tells the type checker
        self._serve(self, self._principal, SSHReader(self, self._chan), SSHWriter(self, self._chan))

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another channel."""
        self.visit.channels -= 1
        super().connection_lost(exc)


class Gate(SSHServer):
    """One connection, from its admission to the login. Forwarding stays refused, as asyncssh has it."""

    def __init__(
        self,
        lobby: Lobby,
        auth: GatewayAuth,
        executor: Executor,
        serve: Serve,
        *,
        max_login_failures: int,
        max_channels: int,
    ) -> None:
        """Check logins with `auth`, which blocks, in `executor`."""
        self._lobby = lobby
        self._auth = auth
        self._executor = executor
        self._serve = serve
        self._max_login_failures = max_login_failures
        self._max_channels = max_channels
        self._failures = 0
        self._known_keys: dict[tuple[str, bytes], Principal | None] = {}
        self._accepted: tuple[str, str, Principal] | None = None
        self._connection: SSHServerConnection | None = None
        self._visit: Visit | None = None
        self._acks: QuickAcks | None = None

    def connection_made(self, conn: SSHServerConnection) -> None:
        """Enter the lobby."""
        self._connection = conn
        self._acks = QuickAcks(conn.get_extra_info("socket"))
        self._visit = self._lobby.admit(conn, conn.get_extra_info("peername", ("unknown",))[0])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        """Leave the lobby."""
        if self._acks is not None:
            self._acks.stop()
        if self._visit is not None:
            self._lobby.leave(self._visit)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's signature
        """Ask everybody for a proof: what exists shows only after it."""
        self._expect_another_try()
        return True

    def password_auth_supported(self) -> bool:
        """Offer passwords to every name, known or not."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Offer keys to every name, known or not."""
        return True

    def kbdint_auth_supported(self) -> bool:
        """Offer no second way to type the same password: clients would try a wrong one twice."""
        return False

    async def validate_password(self, username: str, password: str) -> bool:
        """Check a password in a thread: hashing takes longer than all of the protocol."""
        principal = await self._checked(
            "password", username, lambda peer: self._auth.password(username, password, peer, PROTO)
        )
        return self._take("password", username, principal)

    async def validate_public_key(self, username: str, key: SSHKey) -> bool:
        """Check a public key; asyncssh asks twice, before and with the signature, and checks that itself."""
        blob = key.public_data
        if (username, blob) not in self._known_keys:
            self._known_keys[username, blob] = await self._checked(
                "publickey", username, lambda peer: self._auth.public_key(username, blob, peer)
            )
        return self._take("publickey", username, self._known_keys[username, blob])

    def auth_completed(self) -> None:
        """Note who came in."""
        principal = self._principal()
        if principal is not None and self._accepted is not None and self._visit is not None:
            _, method, _ = self._accepted
            self._visit.journal.login_ok(principal.login, principal.account_name, method)

    def session_requested(self) -> SftpChannel:
        """Open a channel for SFTP."""
        principal = self._principal()
        if principal is None or self._visit is None or self._visit.channels >= self._max_channels:
            raise ChannelOpenError(OPEN_RESOURCE_SHORTAGE, "Too many channels; close one.")
        return SftpChannel(self._visit, principal, self._serve)

    async def _checked(
        self, method: str, username: str, check: Callable[[str], Principal]
    ) -> Principal | None:
        if self._visit is None or self._failures >= self._max_login_failures:
            return None
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, check, self._visit.peer)
        except Denied:
            self._visit.journal.login_failed(username, method)
        except Exception as error:  # noqa: BLE001 - whatever broke, nobody comes in; the journal has the traceback
            self._visit.journal.failed("login", error)
        self._failures += 1
        if self._failures == self._max_login_failures:
            self._visit.turn_away(DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "Too many failed logins.")
        return None

    def _take(self, method: str, username: str, principal: Principal | None) -> bool:
        # A key that was only asked about sets this too; what follows it must set it again to succeed.
        self._accepted = None if principal is None else (username, method, principal)
        self._expect_another_try()
        return principal is not None

    def _expect_another_try(self) -> None:
        # paramiko asks for the service anew before each try, say a password after a key that was refused.
        # asyncssh takes only the first such request and would end the connection; OpenSSH takes them all.
        if self._connection is not None:
            self._connection._next_service = b"ssh-userauth"  # noqa: SLF001 - there is no public way

    def _principal(self) -> Principal | None:
        if self._accepted is None or self._connection is None:
            return None
        username, _, principal = self._accepted
        return principal if username == self._connection.get_extra_info("username") else None
