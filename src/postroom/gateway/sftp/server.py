"""The SFTP server: its settings, its start and its stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import asyncssh
import uvloop
from asyncssh import SSHAcceptor, SSHReader, SSHServerChannel, SSHWriter

from postroom.contacts.errors import Unavailable
from postroom.gateway.hostkeys import load_host_keys
from postroom.gateway.seam import GatewayAuth, Principal
from postroom.gateway.sftp.auth import Gate, SftpChannel
from postroom.gateway.sftp.handler import SftpHandler
from postroom.gateway.sftp.lobby import Lobby
from postroom.gateway.sftp.session import SftpSession

# GCM costs least per packet here, ChaCha20 most; of what both sides know, the client's order decides.
CIPHERS: Final = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "chacha20-poly1305@openssh.com",
)


@dataclass(frozen=True, slots=True)
class SftpConfig:
    """What an operator sets. Times in seconds; port 0 takes a free one."""

    host_keys: tuple[Path, ...]
    host: str = "127.0.0.1"
    port: int = 2222
    max_sessions: int = 200
    """Connections, logged in or not."""
    max_per_address: int = 60
    max_channels: int = 4
    """SFTP channels on one connection."""
    max_open_files: int = 64
    """Files and listings open at once on one channel."""
    max_login_failures: int = 8
    """On one connection; every key that an agent offers counts."""
    login_timeout: float = 30.0
    keepalive: float = 30.0
    """Between questions to a silent client; three without an answer end the connection."""
    idle_timeout: float = 300.0
    """Without any request."""
    storage_threads: int = 16
    login_threads: int = 4
    ciphers: tuple[str, ...] = CIPHERS
    reuse_port: bool = False
    """Let several processes listen on the same port."""


class SftpServer:
    """Serves SFTP: `serve_until` in a process of its own, or `start` and `stop` in a thread."""

    def __init__(self, config: SftpConfig, auth: GatewayAuth) -> None:
        """Ask `auth` who may come in and for the tree each login sees."""
        self._config = config
        self._auth = auth
        self._port = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._drain_seconds = 0.0
        self._failure: BaseException | None = None

    @property
    def port(self) -> int:
        """Return the port that the server listens on; 0 before it does."""
        return self._port

    def start(self) -> None:
        """Listen, in a thread with an event loop of its own.

        Raises Refused for a host key that cannot be used, Unavailable when the address cannot be listened on.
        """
        ready = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._run, args=(ready,), name="postroom-sftp", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self._thread.join()
            self._thread = None
            raise self._failure

    def stop(self, drain_seconds: float = 10.0) -> None:
        """Stop listening, let open files be finished for up to `drain_seconds`, end. Twice is fine."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._drain_seconds = drain_seconds
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    async def serve_until(
        self,
        stop_event: asyncio.Event,
        *,
        drain_seconds: Callable[[], float] = lambda: 30.0,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve until `stop_event` is set, then drain; `on_ready` is called once `port` is known.

        Raises as `start` does. Give it uvloop: `asyncio.Runner(loop_factory=uvloop.new_event_loop)`.
        """
        config = self._config
        lobby = Lobby(
            max_sessions=config.max_sessions,
            max_per_address=config.max_per_address,
            idle_timeout=config.idle_timeout,
        )
        storage = ThreadPoolExecutor(config.storage_threads, "postroom-sftp-storage")
        # Logins have threads of their own: a flood of them must not hold up those who are in.
        logins = ThreadPoolExecutor(config.login_threads, "postroom-sftp-login")
        try:
            acceptor = await self._listening(lobby, storage, logins)
            self._port = acceptor.get_port()
            on_ready()
            await stop_event.wait()
            acceptor.close()
            await lobby.drain(drain_seconds())
        finally:
            storage.shutdown()
            logins.shutdown()

    def _run(self, ready: threading.Event) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve_in_thread(ready))
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits in `start`
            self._failure = error
        finally:
            ready.set()

    async def _serve_in_thread(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await self.serve_until(self._stopping, drain_seconds=lambda: self._drain_seconds, on_ready=ready.set)

    async def _listening(self, lobby: Lobby, storage: Executor, logins: Executor) -> SSHAcceptor:
        config = self._config

        def serve(
            channel: SftpChannel, principal: Principal, reader: SSHReader[bytes], writer: SSHWriter[bytes]
        ) -> None:
            lobby.serve(self._serve_channel(storage, channel, principal, reader, writer))

        def gate() -> Gate:
            return Gate(
                lobby,
                self._auth,
                logins,
                serve,
                max_login_failures=config.max_login_failures,
                max_channels=config.max_channels,
            )

        try:
            return await asyncssh.create_server(
                gate,
                config.host,
                config.port,
                server_host_keys=list(load_host_keys(config.host_keys)),
                server_version="Postroom",
                encryption_algs=config.ciphers,
                compression_algs=["none"],
                login_timeout=config.login_timeout,
                keepalive_interval=config.keepalive,
                reuse_port=config.reuse_port or None,
                encoding=None,
                line_editor=False,
                allow_pty=False,
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                gss_host=None,
                host_based_auth=False,
                config=None,
            )
        except OSError as error:
            where = f"{config.host}:{config.port}"
            raise Unavailable(f"SFTP cannot listen on {where}: {error.strerror}.") from error

    async def _serve_channel(
        self,
        storage: Executor,
        channel: SftpChannel,
        principal: Principal,
        reader: SSHReader[bytes],
        writer: SSHWriter[bytes],
    ) -> None:
        journal = channel.visit.journal
        try:
            loop = asyncio.get_running_loop()
            vfs = await loop.run_in_executor(storage, self._auth.open_vfs, principal)
            session = SftpSession(cast(SSHServerChannel[bytes], writer.channel), vfs, storage, journal)
            handler = SftpHandler(
                session, reader, writer, visit=channel.visit, max_open_files=self._config.max_open_files
            )
            await handler.run()
        except Exception as error:  # noqa: BLE001 - one session's failure; the journal has the traceback
            journal.failed("session", error)
        finally:
            writer.close()
