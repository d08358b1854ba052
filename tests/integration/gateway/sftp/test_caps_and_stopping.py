"""How many may be here, how long they may do nothing, and how the server stops."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest

from postroom.contacts.errors import Refused, Unavailable
from postroom.gateway.sftp.server import SftpConfig, SftpServer
from tests.fakes.memory_vfs import MemoryGateway
from tests.integration.gateway.sftp.conftest import StartServer
from tests.integration.gateway.sftp.peer import (
    FX_OK,
    FXF_CREAT,
    FXF_TRUNC,
    FXF_WRITE,
    FXP_OPEN,
    INBOX,
    Running,
    Status,
    connected,
    new_wire,
    sftp_of,
    string,
)

NEW_FILE = FXF_WRITE | FXF_CREAT | FXF_TRUNC


@pytest.mark.parametrize("cap", ["max_sessions", "max_per_address"])
def test_one_connection_too_many_is_turned_away_and_there_is_room_again(
    start_server: StartServer, cap: str
) -> None:
    running = start_server(**{cap: 2})
    with connected(running), connected(running), pytest.raises((paramiko.SSHException, EOFError)):
        connected(running).__enter__()
    _until_let_in(running)


def _until_let_in(running: Running) -> None:
    # The server learns of the ends of the two connections after the client does.
    for _ in range(200):
        try:
            with connected(running):
                return
        except (paramiko.SSHException, EOFError, OSError):
            continue
    pytest.fail("There never was room again.")


def test_only_so_many_channels_are_opened_on_one_connection(start_server: StartServer) -> None:
    running = start_server(max_channels=2)
    with connected(running) as transport:
        both = [new_wire(transport), new_wire(transport)]
        with pytest.raises(paramiko.ChannelException):
            transport.open_session(timeout=10)
        assert len(both) == 2


def test_who_does_not_log_in_is_cut_off(start_server: StartServer) -> None:
    running = start_server(login_timeout=0.2)
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as sock:
        while sock.recv(4096):
            pass


def test_who_asks_for_nothing_is_cut_off_and_the_open_upload_is_dropped(start_server: StartServer) -> None:
    running = start_server(idle_timeout=0.5)
    # The client may find the connection gone when it closes it.
    with suppress(EOFError), sftp_of(running) as client:
        upload = client.open(f"{INBOX}/a.csv", "w")
        upload.write(b"half")
        running.alice.wait_for(lambda: bool(running.alice.aborted))
    assert running.alice.published() == []


def test_a_stop_lets_an_open_upload_be_finished_and_no_new_one_begin(running: Running) -> None:
    with connected(running) as transport:
        wire = new_wire(transport)
        handle = wire.open(f"{INBOX}/a.csv", NEW_FILE)
        wire.write(handle, 0, b"half, ")

        stopping = threading.Thread(target=running.server.stop, kwargs={"drain_seconds": 30})
        stopping.start()
        _until_refused(running)

        assert wire.write(handle, 6, b"whole") == Status(FX_OK, "")
        late = wire.ask(FXP_OPEN, string(f"{INBOX}/b.csv"), NEW_FILE.to_bytes(4, "big"), bytes(4))
        assert isinstance(late, Status)
        assert "stopping" in late.text
        assert wire.close(handle) == Status(FX_OK, "")
        stopping.join(10)
        assert not stopping.is_alive()
    assert running.alice.content("a.csv") == b"half, whole"


def _until_refused(running: Running) -> None:
    for _ in range(2000):
        try:
            socket.create_connection(("127.0.0.1", running.port), timeout=10).close()
        except ConnectionRefusedError:
            return
        except OSError:
            continue
    pytest.fail("The server still listens.")


def test_a_stop_without_patience_drops_open_uploads(running: Running) -> None:
    with sftp_of(running) as client:
        upload = client.open(f"{INBOX}/a.csv", "w")
        upload.write(b"half")
        running.server.stop(drain_seconds=0)
    assert running.alice.published() == []
    assert running.alice.aborted == ["the connection ended before the file was closed"]


def test_a_stopped_server_may_be_stopped_again(running: Running) -> None:
    running.server.stop()
    running.server.stop()


def test_the_server_runs_in_a_loop_of_the_caller_as_well(host_keys: tuple[Path, ...]) -> None:
    gateway = MemoryGateway()
    tree = gateway.add("alice", "wonder")
    server = SftpServer(SftpConfig(host_keys=host_keys, port=0), gateway)

    def upload() -> None:
        with sftp_of(Running(server, gateway, tree, tree, host_keys[0])) as client:
            client.open(f"{INBOX}/a.csv", "w").close()

    async def main() -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(server.serve_until(stop, on_ready=ready.set))
        await ready.wait()
        await asyncio.to_thread(upload)
        stop.set()
        await serving

    asyncio.run(main())
    assert tree.published() == ["a.csv"]


def test_an_address_in_use_is_told(running: Running, host_keys: tuple[Path, ...]) -> None:
    config = SftpConfig(host_keys=host_keys, port=running.port)
    with pytest.raises(Unavailable, match=f"127.0.0.1:{running.port}"):
        SftpServer(config, MemoryGateway()).start()


def test_a_server_without_a_host_key_does_not_start() -> None:
    with pytest.raises(Refused, match="no host key"):
        SftpServer(SftpConfig(host_keys=(), port=0), MemoryGateway()).start()
