"""Closed does not mean complete: gateway.md section 3, each row with real sockets, over FTP and FTPS."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys

import pytest

from postroom.gateway.ftp.server import FtpServer
from tests.integration.gateway.ftp.conftest import StartServer
from tests.integration.gateway.ftp.served import (
    INBOX,
    SECRET,
    Client,
    ServedVfs,
    finish,
    reset,
    wait_until,
)

HALF = b"nom;prenom\r\n" * 90_000

plain_and_tls = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])

# Uploads half a file in a process of its own, says so, and waits to be killed.
KILLED_CLIENT = """
import ssl, sys, ftplib
port, tls, secret = int(sys.argv[1]), sys.argv[2] == "tls", sys.argv[3]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
ftp = ftplib.FTP_TLS(context=context) if tls else ftplib.FTP()
ftp.connect("127.0.0.1", port)
ftp.login("alice", secret)
if tls:
    ftp.prot_p()
data = ftp.transfercmd("STOR /contacts/import/in/half.csv")
data.sendall(b"x" * 1_000_000)
print("half", flush=True)
sys.stdin.read()
"""


@plain_and_tls
def test_a_finished_upload_is_published_before_it_is_answered(
    server: FtpServer, served_vfs: ServedVfs, *, tls: bool
) -> None:
    with Client(server, tls=tls) as alice:
        finish(alice.begin("whole.csv", HALF))

        assert alice.reply().startswith("226")
        assert served_vfs.inbox.published() == ["whole.csv"]
        assert served_vfs.inbox.content("whole.csv") == HALF


@plain_and_tls
def test_a_reset_upload_leaves_nothing(server: FtpServer, served_vfs: ServedVfs, *, tls: bool) -> None:
    with Client(server, tls=tls) as alice:
        reset(alice.begin("half.csv", HALF))

        assert alice.reply().startswith("426")
        assert served_vfs.inbox.published() == []
        assert alice.pwd() == INBOX


@plain_and_tls
def test_an_aborted_upload_leaves_nothing(server: FtpServer, served_vfs: ServedVfs, *, tls: bool) -> None:
    with Client(server, tls=tls) as alice:
        data = alice.begin("half.csv", HALF)
        alice.putcmd("ABOR")

        assert alice.reply().startswith("426")
        assert alice.reply().startswith("226")
        reset(data)
        assert served_vfs.inbox.published() == []
        assert alice.pwd() == INBOX


@plain_and_tls
def test_the_old_way_of_sending_abor_works_too(
    server: FtpServer, served_vfs: ServedVfs, *, tls: bool
) -> None:
    with Client(server, tls=tls) as alice:
        data = alice.begin("half.csv", HALF)
        assert alice.sock is not None
        alice.sock.sendall(b"\xff\xf4\xff\xf2ABOR\r\n")  # telnet interrupt and synch, then the command

        assert alice.reply().startswith("426")
        assert alice.reply().startswith("226")
        reset(data)
        assert served_vfs.inbox.published() == []


@plain_and_tls
@pytest.mark.parametrize("how", ["closed", "reset"])
def test_losing_the_control_connection_first_leaves_nothing(
    server: FtpServer, served_vfs: ServedVfs, *, tls: bool, how: str
) -> None:
    alice = Client(server, tls=tls)
    data = alice.begin("half.csv", HALF)
    assert alice.sock is not None
    if how == "reset":
        reset(alice.sock)
    alice.close()

    wait_until(lambda: server.sessions == 0)

    assert served_vfs.inbox.published() == []
    reset(data)


@plain_and_tls
def test_a_killed_client_leaves_nothing(server: FtpServer, served_vfs: ServedVfs, *, tls: bool) -> None:
    arguments = [sys.executable, "-c", KILLED_CLIENT, str(server.port), "tls" if tls else "plain", SECRET]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"half\n"
        client.send_signal(signal.SIGKILL)

    wait_until(lambda: server.sessions == 0)

    assert served_vfs.inbox.published() == []
    assert served_vfs.inbox.released() == []


def test_a_tls_upload_cut_without_close_notify_leaves_nothing(
    server: FtpServer, served_vfs: ServedVfs
) -> None:
    with Client(server, tls=True) as alice:
        alice.begin("half.csv", HALF).close()

        assert alice.reply().startswith("426")
        assert served_vfs.inbox.published() == []


def test_a_tls_upload_is_processed_at_once(server: FtpServer, served_vfs: ServedVfs) -> None:
    alice = Client(server, tls=True)
    finish(alice.begin("whole.csv", HALF))
    assert alice.reply().startswith("226")

    assert served_vfs.inbox.released() == ["whole.csv"]
    alice.close()
    wait_until(lambda: server.sessions == 0)
    assert served_vfs.inbox.published() == ["whole.csv"]


@pytest.mark.parametrize("tls_on_control", [False, True], ids=["plain", "tls control"])
def test_a_plain_upload_is_processed_only_after_the_next_command(
    server: FtpServer, served_vfs: ServedVfs, *, tls_on_control: bool
) -> None:
    with Client(server, tls=tls_on_control) as alice:
        if tls_on_control:
            alice.prot_c()
        finish(alice.begin("whole.csv", HALF))
        assert alice.reply().startswith("226")
        assert served_vfs.inbox.published() == ["whole.csv"]
        assert served_vfs.inbox.released() == []

        alice.voidcmd("NOOP")
        alice.voidcmd("NOOP")

        assert served_vfs.inbox.released() == ["whole.csv"]


def test_quit_confirms_a_plain_upload(server: FtpServer, served_vfs: ServedVfs) -> None:
    alice = Client(server, tls=False)
    finish(alice.begin("whole.csv", HALF))
    assert alice.reply().startswith("226")

    alice.putcmd("QUIT")
    alice.close()

    wait_until(lambda: server.sessions == 0)
    assert served_vfs.inbox.released() == ["whole.csv"]


def test_a_session_that_lives_on_confirms_a_plain_upload(
    start_server: StartServer, served_vfs: ServedVfs
) -> None:
    server = start_server(confirm_seconds=0.05)
    with Client(server, tls=False) as alice:
        finish(alice.begin("whole.csv", HALF))
        assert alice.reply().startswith("226")

        wait_until(lambda: served_vfs.inbox.released() == ["whole.csv"])


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_losing_the_control_connection_right_after_takes_a_plain_upload_back(
    server: FtpServer, served_vfs: ServedVfs, how: str
) -> None:
    alice = Client(server, tls=False)
    data = alice.begin("whole.csv", HALF)
    assert alice.sock is not None
    data.close()
    if how == "reset":
        reset(alice.sock)
    alice.close()

    wait_until(lambda: server.sessions == 0)

    assert served_vfs.inbox.published() == []


def test_a_command_sent_before_the_client_died_confirms_nothing(
    start_server: StartServer, served_vfs: ServedVfs
) -> None:
    server = start_server()
    alice = Client(server, tls=False)
    data = alice.begin("half.csv", HALF)
    alice.putcmd("NOOP")
    data.close()
    alice.close()

    wait_until(lambda: server.sessions == 0)

    assert served_vfs.inbox.published() == []


@plain_and_tls
def test_an_interrupted_upload_leaves_the_older_file(
    server: FtpServer, served_vfs: ServedVfs, *, tls: bool
) -> None:
    with Client(server, tls=tls) as alice:
        finish(alice.begin("a.csv", b"old"))
        assert alice.reply().startswith("226")
        reset(alice.begin("a.csv", HALF))

        assert alice.reply().startswith("426")
        assert served_vfs.inbox.content("a.csv") == b"old"


def test_a_client_that_cannot_do_our_tls_on_data_is_told(server: FtpServer, served_vfs: ServedVfs) -> None:
    with Client(server, tls=True) as alice:
        host, port = alice.makepasv()
        data = socket.create_connection((host, port))
        assert alice.sendcmd("STOR a.csv").startswith("1")
        data.sendall(b"this is no handshake\r\n" * 10)

        assert alice.reply().startswith("522")
        data.close()
        assert served_vfs.inbox.published() == []


def test_tls_1_3_is_not_spoken(server: FtpServer) -> None:
    with Client(server, tls=True) as alice:
        assert isinstance(alice.sock, ssl.SSLSocket)
        assert alice.sock.version() == "TLSv1.2"
