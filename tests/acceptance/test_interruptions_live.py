"""Closed does not mean complete: interrupted uploads over the real tree, while a worker takes files."""

from __future__ import annotations

import ftplib
import io
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator

import paramiko
import pytest

from tests.acceptance.clients import ftp_session, sftp_session
from tests.acceptance.live import CONTACTS, INBOX, Live, wait_until

HALF = CONTACTS * 20_000

# Uploads half a file in a process of its own, says so, and waits to be killed.
KILLED_FTP = """
import ssl, sys, ftplib
port, tls, secret = int(sys.argv[1]), sys.argv[2] == "ftps", sys.argv[3]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
ftp = ftplib.FTP_TLS(context=context) if tls else ftplib.FTP()
ftp.connect("127.0.0.1", port)
ftp.login("alice", secret)
if tls:
    ftp.prot_p()
data = ftp.transfercmd("STOR /contacts/import/in/half.csv")
data.sendall(b"email\\r\\nalice@example.org\\r\\n" * 40_000)
print("half", flush=True)
sys.stdin.read()
"""

KILLED_SFTP = """
import socket, sys, paramiko
transport = paramiko.Transport(socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
transport.connect(username="alice", password=sys.argv[3])
file = paramiko.SFTPClient.from_transport(transport).open("/contacts/import/in/half.csv", "wb")
file.write(b"email\\r\\nalice@example.org\\r\\n" * 40_000)
print("half", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def nothing_came_of_it(live: Live) -> Iterator[None]:
    """Interrupt while a worker runs; the next file is processed, and it is the only one that ever was."""
    with live.working():
        yield
        with sftp_session(live, live.alice) as client:
            client.putfo(io.BytesIO(CONTACTS), "whole.csv")
        live.wait_for_ok("whole.csv")
    assert live.drops() == 1


def _reset(sock: object) -> None:
    assert isinstance(sock, socket.socket)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _begun(ftp: ftplib.FTP) -> socket.socket:
    ftp.voidcmd("TYPE I")
    data = ftp.transfercmd("STOR half.csv")
    data.sendall(HALF)
    return data


@pytest.mark.parametrize("tls", [False, True], ids=["ftp", "ftps"])
def test_a_reset_upload_leaves_nothing(live: Live, *, tls: bool) -> None:
    with ftp_session(live, live.alice, tls=tls) as ftp:
        _reset(_begun(ftp))

        assert ftp.getmultiline().startswith("426")
        assert live.names() == []


@pytest.mark.parametrize("tls", [False, True], ids=["ftp", "ftps"])
def test_an_aborted_upload_leaves_nothing(live: Live, *, tls: bool) -> None:
    with ftp_session(live, live.alice, tls=tls) as ftp:
        data = _begun(ftp)
        ftp.putcmd("ABOR")

        assert ftp.getmultiline().startswith("426")
        assert ftp.getmultiline().startswith("226")
        assert live.names() == []
        _reset(data)


def test_a_tls_upload_cut_without_close_notify_leaves_nothing(live: Live) -> None:
    with ftp_session(live, live.alice, tls=True) as ftp:
        _begun(ftp).close()

        assert ftp.getmultiline().startswith("426")
        assert live.names() == []


@pytest.mark.parametrize("protocol", ["ftp", "ftps", "sftp"])
def test_a_killed_client_leaves_nothing(live: Live, protocol: str) -> None:
    program, port = (KILLED_SFTP, live.sftp.port) if protocol == "sftp" else (KILLED_FTP, live.ftp.port)
    arguments = [sys.executable, "-c", program, str(port), protocol, live.alice.password]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"half\n"
        client.send_signal(signal.SIGKILL)

    # The staged bytes of the others are gone when they are; the unconfirmed file of plain FTP is taken back.
    wait_until(lambda: list(live.room.blobs.staging.iterdir()) == [])
    wait_until(lambda: live.ftp.sessions == 0)
    wait_until(lambda: live.names() == [])


def _close_the_connection(client: paramiko.SFTPClient) -> None:
    _channel(client).get_transport().close()


def _reset_the_connection(client: paramiko.SFTPClient) -> None:
    _reset(_channel(client).get_transport().sock)


def _close_the_channel(client: paramiko.SFTPClient) -> None:
    _channel(client).close()


def _channel(client: paramiko.SFTPClient) -> paramiko.Channel:
    channel = client.get_channel()
    assert channel is not None
    return channel


@pytest.mark.parametrize("interrupt", [_close_the_connection, _reset_the_connection, _close_the_channel])
def test_an_sftp_upload_without_its_close_leaves_nothing(
    live: Live, interrupt: Callable[[paramiko.SFTPClient], None]
) -> None:
    with sftp_session(live, live.alice) as client:
        upload = client.open("half.csv", "wb")
        upload.write(HALF)

        interrupt(client)

        wait_until(lambda: list(live.room.blobs.staging.iterdir()) == [])
        assert live.names() == []


def test_losing_the_control_connection_right_after_takes_a_plain_upload_back(live: Live) -> None:
    with ftp_session(live, live.alice) as ftp:
        data = _begun(ftp)
        assert ftp.sock is not None
        data.close()
        _reset(ftp.sock)

    wait_until(lambda: live.ftp.sessions == 0)
    assert live.names(INBOX) == []
