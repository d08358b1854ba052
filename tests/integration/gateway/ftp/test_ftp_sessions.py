"""Logins, TLS policy, strangers, limits, time-outs, draining, logs."""

from __future__ import annotations

import ftplib
import io
import logging
import socket
import ssl
import threading

import pytest

from postroom.contacts.errors import Refused, Unavailable
from postroom.gateway.ftp.config import FtpConfig
from postroom.gateway.ftp.server import FtpServer
from tests.fakes.memory_vfs import MemoryGateway
from tests.integration.gateway.ftp.conftest import StartServer
from tests.integration.gateway.ftp.served import (
    DEADLINE_SECONDS,
    INBOX,
    SECRET,
    Client,
    ServedVfs,
    finish,
    wait_until,
)


def connected(server: FtpServer) -> ftplib.FTP:
    ftp = ftplib.FTP(timeout=DEADLINE_SECONDS)
    try:
        ftp.connect("127.0.0.1", server.port)
    except ftplib.Error:
        ftp.close()
        raise
    return ftp


def a_bug(login: str) -> None:
    raise KeyError(login)


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(server: FtpServer) -> None:
    answers = set()
    for login, secret in [("alice", "wrong"), ("nobody", SECRET), ("al\x7fice", SECRET)]:
        with connected(server) as ftp, pytest.raises(ftplib.error_perm) as refusal:
            ftp.login(login, secret)
        answers.add(str(refusal.value))

    assert len(answers) == 1
    assert answers.pop().startswith("530")


def test_three_wrong_passwords_end_the_session(server: FtpServer) -> None:
    ftp = connected(server)
    for _ in range(3):
        with pytest.raises(ftplib.error_perm):
            ftp.login("alice", "wrong")

    with pytest.raises((EOFError, OSError)):
        ftp.sendcmd("NOOP")
    ftp.close()


def test_a_password_in_latin_1_is_understood(memory: MemoryGateway, server: FtpServer) -> None:
    memory.add("bob", "clé")
    with connected(server) as ftp:
        ftp.encoding = "latin-1"

        assert ftp.login("bob", "clé").startswith("230")


def test_nothing_works_before_the_login(server: FtpServer) -> None:
    with connected(server) as ftp:
        for command in ("LIST", "PWD", "STOR a", "PASV", "STAT /", "MLST", "SITE CHMOD 1 a"):
            with pytest.raises(ftplib.error_perm, match="530"):
                ftp.sendcmd(command)


def test_a_slow_password_check_holds_up_nobody_else(memory: MemoryGateway, server: FtpServer) -> None:
    checking, go_on = threading.Event(), threading.Event()

    def check(login: str) -> None:
        if login == "charlie":
            checking.set()
            go_on.wait(DEADLINE_SECONDS)

    memory.before_check = check
    charlie = connected(server)
    charlie.putcmd("USER charlie")
    charlie.getresp()
    charlie.putcmd(f"PASS {SECRET}")
    assert checking.wait(DEADLINE_SECONDS)

    with Client(server, tls=False) as alice:
        assert alice.pwd() == INBOX

    go_on.set()
    assert charlie.getresp().startswith("230")
    charlie.close()


def test_charlie_sees_nothing_of_alice(server: FtpServer) -> None:
    with Client(server, tls=True) as alice, Client(server, tls=True, login="charlie") as charlie:
        alice.storbinary("STOR a.csv", io.BytesIO(b"x"))

        assert charlie.nlst() == []
        with pytest.raises(ftplib.error_perm, match="550"):
            charlie.sendcmd(f"SIZE {INBOX}/a.csv")


def test_a_new_user_command_ends_the_old_login(server: FtpServer) -> None:
    with Client(server, tls=False) as alice:
        alice.sendcmd("USER charlie")

        with pytest.raises(ftplib.error_perm, match="530"):
            alice.sendcmd("PWD")
        assert alice.sendcmd(f"PASS {SECRET}").startswith("230")
        assert alice.pwd() == "/"


def test_without_plain_ftp_login_and_data_need_tls(start_server: StartServer) -> None:
    server = start_server(allow_plain=False)
    with connected(server) as ftp, pytest.raises(ftplib.error_perm, match=r"530 .*TLS"):
        ftp.login("alice", SECRET)
    with Client(server, tls=True) as alice:
        assert alice.nlst() == []
        with pytest.raises(ftplib.error_perm, match="534"):
            alice.sendcmd("PROT C")
        alice.sendcmd("REIN")
        alice.sendcmd("USER alice")
        alice.sendcmd(f"PASS {SECRET}")
        with pytest.raises(ftplib.error_perm, match="522"):
            alice.sendcmd("PASV")


def test_without_a_certificate_there_is_no_tls(start_server: StartServer) -> None:
    server = start_server(certificate=None)
    with Client(server, tls=False) as alice:
        assert "AUTH" not in alice.sendcmd("FEAT")
        alice.storbinary("STOR a.csv", io.BytesIO(b"x"))
    with connected(server) as ftp, pytest.raises(ftplib.error_perm, match="500"):
        ftp.sendcmd("AUTH TLS")


def test_commands_smuggled_in_before_tls_are_not_heard(server: FtpServer) -> None:
    ftp = connected(server)
    assert ftp.sock is not None
    ftp.sock.sendall(b"AUTH TLS\r\nUSER alice\r\nPASS wrong\r\n")
    assert ftp.getresp().startswith("234")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    with context.wrap_socket(ftp.sock) as control:
        control.sendall(b"NOOP\r\n")
        assert control.recv(1000).startswith(b"200")
    ftp.close()


def test_implicit_ftps_works(start_server: StartServer, served_vfs: ServedVfs) -> None:
    server = start_server(implicit_port=0, allow_plain=False)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    ftp = ftplib.FTP_TLS(context=context, timeout=DEADLINE_SECONDS)
    raw = socket.create_connection(("127.0.0.1", server.implicit_port), DEADLINE_SECONDS)
    ftp.af = raw.family
    ftp.host = "127.0.0.1"
    ftp.sock = context.wrap_socket(raw)
    ftp.file = ftp.sock.makefile("r", encoding="utf-8")
    assert ftp.getresp().startswith("220")

    ftp.login("alice", SECRET, secure=False)
    ftp.prot_p()
    ftp.storbinary(f"STOR {INBOX}/a.csv", io.BytesIO(b"x" * 100_000))
    ftp.quit()

    assert served_vfs.inbox.content("a.csv") == b"x" * 100_000


def test_data_connections_from_strangers_are_dropped_silently(
    server: FtpServer, served_vfs: ServedVfs
) -> None:
    with Client(server, tls=False) as alice:
        host, port = alice.makepasv()
        with socket.create_connection((host, port), DEADLINE_SECONDS, ("127.0.0.2", 0)) as stranger:
            assert stranger.recv(1) == b""
        data = socket.create_connection((host, port), DEADLINE_SECONDS)
        assert alice.sendcmd("STOR a.csv").startswith("1")
        data.sendall(b"hers")
        data.close()

        assert alice.reply().startswith("226")
        assert served_vfs.inbox.content("a.csv") == b"hers"


@pytest.mark.parametrize(
    "command",
    [
        "PORT 127,0,0,2,200,10",
        "EPRT |1|127.0.0.2|50000|",
        "PORT 127,0,0,1,0,25",
        "PORT 1,2,3",
        "EPRT |1|x|1|",
    ],
)
def test_the_server_connects_to_nobody_else(server: FtpServer, command: str) -> None:
    with Client(server, tls=False) as alice, pytest.raises(ftplib.error_perm, match="501"):
        alice.sendcmd(command)


def test_an_active_client_that_does_not_listen_is_told(server: FtpServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Client(server, tls=False) as alice, pytest.raises(ftplib.error_temp, match="425"):
        alice.sendport("127.0.0.1", port)


def test_passive_ports_stay_in_their_range(start_server: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = start_server(passive_ports=range(port, port + 1), masquerade_address="192.0.2.7")

    with Client(server, tls=False) as alice, Client(server, tls=False) as other:
        alice.af = socket.AF_INET
        answer = alice.sendcmd("PASV")
        assert answer == f"227 Entering passive mode (192,0,2,7,{port // 256},{port % 256})."
        with pytest.raises(ftplib.error_temp, match="425"):
            other.sendcmd("EPSV")


def test_a_data_connection_that_never_comes_is_given_up(
    start_server: StartServer, served_vfs: ServedVfs
) -> None:
    server = start_server(connect_seconds=0.05)
    with Client(server, tls=False) as alice:
        alice.makepasv()
        alice.putcmd("STOR a.csv")
        assert alice.reply().startswith("150")

        assert alice.reply().startswith("425")
        assert alice.pwd() == INBOX
    assert served_vfs.inbox.published() == []


@pytest.mark.parametrize("setting", ["stall_seconds", "transfer_seconds"])
def test_an_upload_that_stalls_or_drags_on_is_given_up(
    start_server: StartServer, served_vfs: ServedVfs, setting: str
) -> None:
    server = start_server(**{setting: 0.2})
    alice = Client(server, tls=True)
    data = alice.begin("half.csv", b"x" * 1000)

    assert alice.reply().startswith("421")

    wait_until(lambda: server.sessions == 0)
    assert served_vfs.inbox.published() == []
    data.close()
    alice.close()


def test_who_does_not_log_in_or_falls_silent_is_sent_away(start_server: StartServer) -> None:
    with connected(start_server(login_seconds=0.05)) as ftp:
        assert ftp.getmultiline().startswith("421")
    server = start_server(idle_seconds=0.3)
    with Client(server, tls=True) as alice:
        assert alice.reply().startswith("421")
    wait_until(lambda: server.sessions == 0)


def test_too_many_sessions_are_refused(start_server: StartServer) -> None:
    for settings in ({"max_sessions": 1}, {"max_per_address": 1}):
        server = start_server(**settings)
        with Client(server, tls=False), pytest.raises(ftplib.error_temp, match="421"):
            connected(server)
        wait_until(lambda server=server: server.sessions == 0)  # type: ignore[misc]  # a defaulted lambda
        with Client(server, tls=False) as again:
            assert again.pwd() == INBOX


def test_a_stopping_server_lets_an_upload_end(start_server: StartServer, served_vfs: ServedVfs) -> None:
    server = start_server()
    idle, busy = Client(server, tls=True), Client(server, tls=True)
    data = busy.begin("whole.csv", b"1" * 1000)
    stopping = threading.Thread(target=server.stop, args=(DEADLINE_SECONDS,))
    stopping.start()
    assert idle.reply().startswith("421")

    data.sendall(b"2" * 1000)
    finish(data)

    assert busy.reply().startswith("226")
    assert busy.reply().startswith("421")
    stopping.join(DEADLINE_SECONDS)
    assert not stopping.is_alive()
    assert served_vfs.inbox.content("whole.csv") == b"1" * 1000 + b"2" * 1000
    idle.close()
    busy.close()


def test_a_stopping_server_waits_until_a_plain_upload_is_sure(
    start_server: StartServer, served_vfs: ServedVfs
) -> None:
    server = start_server(confirm_seconds=0.2)
    alice = Client(server, tls=False)
    finish(alice.begin("whole.csv", b"1" * 1000))
    assert alice.reply().startswith("226")

    server.stop(DEADLINE_SECONDS)

    assert served_vfs.inbox.released() == ["whole.csv"]
    alice.close()


def test_a_stopping_server_cuts_off_at_its_deadline(start_server: StartServer, served_vfs: ServedVfs) -> None:
    server = start_server()
    alice = Client(server, tls=True)
    data = alice.begin("half.csv", b"1" * 1000)

    server.stop(0.1)
    server.stop(0.1)

    assert alice.reply().startswith("426")
    assert served_vfs.inbox.published() == []
    data.close()
    alice.close()


def test_serve_until_serves_until_told(certificate: object, memory: MemoryGateway) -> None:
    server, stop = FtpServer(FtpConfig(port=0), memory), threading.Event()
    thread = threading.Thread(target=server.serve_until, args=(stop,))
    thread.start()
    wait_until(server.is_serving)
    with Client(server, tls=False) as alice:
        assert alice.pwd() == INBOX

    stop.set()
    thread.join(DEADLINE_SECONDS)

    assert not thread.is_alive()


def test_settings_that_contradict_one_another_are_refused(memory: MemoryGateway, certificate: object) -> None:
    for settings in ({"allow_plain": False}, {"implicit_port": 0}, {"passive_ports": range(0)}):
        with pytest.raises(Refused):
            FtpConfig(**settings)


def test_an_authentication_that_breaks_tells_so_and_logs_no_password(
    memory: MemoryGateway, server: FtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(login: str) -> None:
        raise Unavailable("The database does not answer; try again later.")

    memory.before_check = fail
    with caplog.at_level(logging.DEBUG), connected(server) as ftp:
        with pytest.raises(ftplib.error_temp, match="451 The database"):
            ftp.login("alice", "hunter2")
        memory.before_check = a_bug
        with pytest.raises(ftplib.error_temp, match="451"):
            ftp.login("alice", "hunter2")

    assert "hunter2" not in caplog.text


def test_what_happens_is_logged_with_the_session_and_without_secrets(
    server: FtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), Client(server, tls=True) as alice:
        alice.storbinary("STOR a.csv", io.BytesIO(b"12345"))
        alice.rename("a.csv", "b.csv")
        alice.delete("b.csv")
        alice.begin("half.csv", b"x").close()
        alice.reply()
        with pytest.raises(ftplib.error_perm):
            alice.sendcmd("MKD \x1b[31mred")
        alice.quit()
        wait_until(lambda: server.sessions == 0)

    lines = [record.getMessage() for record in caplog.records if record.name == "postroom.gateway.ftp"]
    told = [line.split(" session=")[0] for line in lines if "session=" in line]
    assert told == [
        "login ok",
        "upload committed",
        "renamed",
        "deleted",
        "upload aborted",
        "refused",
        "session closed",
    ]
    assert len({line.split("session=")[1][:8] for line in lines if "session=" in line}) == 1
    assert "bytes=5 how='tls-close-notify'" in caplog.text
    assert "\x1b" not in caplog.text
    assert SECRET not in caplog.text
