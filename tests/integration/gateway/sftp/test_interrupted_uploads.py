"""Every upload whose CLOSE never came leaves nothing, however the client went away."""

from __future__ import annotations

import socket
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from tests.clients import require_program
from tests.fakes.memory_vfs import MEGABYTE
from tests.integration.gateway.sftp.openssh import sftp_command
from tests.integration.gateway.sftp.peer import INBOX, Running, sftp_of

Interruption = Callable[[paramiko.SFTPClient, paramiko.Transport], None]


def _close_the_connection(client: paramiko.SFTPClient, transport: paramiko.Transport) -> None:
    transport.close()


def _reset_the_socket(client: paramiko.SFTPClient, transport: paramiko.Transport) -> None:
    assert isinstance(transport.sock, socket.socket)
    transport.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.sock.close()


def _close_the_channel(client: paramiko.SFTPClient, transport: paramiko.Transport) -> None:
    _channel(client).close()


def _send_the_end_of_file(client: paramiko.SFTPClient, transport: paramiko.Transport) -> None:
    _channel(client).shutdown_write()


def _channel(client: paramiko.SFTPClient) -> paramiko.Channel:
    channel = client.get_channel()
    assert channel is not None
    return channel


@pytest.mark.parametrize(
    "interrupt", [_close_the_connection, _reset_the_socket, _close_the_channel, _send_the_end_of_file]
)
def test_an_upload_that_is_interrupted_before_its_close_leaves_nothing(
    running: Running, interrupt: Interruption
) -> None:
    with socket.create_connection(("127.0.0.1", running.port)) as sock:
        transport = paramiko.Transport(sock)
        transport.connect(username="alice", password="wonder")
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        file = client.open(f"{INBOX}/a.csv", "wb")
        file.write(bytes(MEGABYTE))

        interrupt(client, transport)

        running.alice.wait_for(lambda: bool(running.alice.aborted))
        transport.close()
    assert running.alice.published() == []
    assert running.alice.aborted == ["the connection ended before the file was closed"]


def test_an_interrupted_overwrite_leaves_the_old_file(running: Running) -> None:
    running.alice.put(f"{INBOX}/a.csv", b"old")
    with sftp_of(running) as client:
        upload = client.open(f"{INBOX}/a.csv", "wb")
        upload.write(b"new, and not all of it")
        _channel(client).close()
        running.alice.wait_for(lambda: bool(running.alice.aborted))
    assert running.alice.content("a.csv") == b"old"


def test_of_several_uploads_only_the_closed_ones_stay(running: Running) -> None:
    with sftp_of(running) as client:
        with client.open(f"{INBOX}/whole.csv", "wb") as whole:
            whole.write(b"all of it")
        half, empty = client.open(f"{INBOX}/half.csv", "wb"), client.open(f"{INBOX}/empty.csv", "wb")
        half.write(b"half")
        _channel(client).close()
        running.alice.wait_for(lambda: len(running.alice.aborted) == 2)
        del half, empty  # paramiko closes a file that nobody holds
    assert running.alice.published() == ["whole.csv"]


@pytest.mark.clients
def test_an_upload_whose_client_is_killed_leaves_nothing(running: Running, tmp_path: Path) -> None:
    require_program("sftp")
    big = tmp_path / "big.csv"
    big.write_bytes(bytes(2 * MEGABYTE))
    # 800 kbit/s: twenty seconds of upload, of which the client lives to see the first moments.
    command = [*sftp_command(running), "-l", "800", "-b", "-", "alice@127.0.0.1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        assert client.stdin is not None
        client.stdin.write(f"put {big} {INBOX}/big.csv\n".encode())
        client.stdin.flush()
        running.alice.wait_for(lambda: running.alice.uploads_begun == 1)

        client.kill()

        running.alice.wait_for(lambda: bool(running.alice.aborted))
    assert running.alice.published() == []
