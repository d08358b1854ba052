"""Who gets in, how often one may try, and that there is nothing here but SFTP."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import paramiko
import pytest

from tests.integration.gateway.sftp.conftest import StartServer
from tests.integration.gateway.sftp.peer import INBOX, Running, connected, sftp_of


@contextmanager
def _greeted(running: Running) -> Iterator[paramiko.Transport]:
    """Return a connection on which nobody has logged in yet."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as sock:
        transport = paramiko.Transport(sock)
        try:
            transport.start_client(timeout=10)
            yield transport
        finally:
            transport.close()


def test_a_password_opens_the_tree_of_its_login(running: Running) -> None:
    with sftp_of(running, "bob", "builder") as client:
        client.open(f"{INBOX}/a.csv", "w").close()
    assert running.bob.published() == ["a.csv"]
    assert running.alice.published() == []
    assert running.gateway.attempts == [("bob", "127.0.0.1", "sftp")]


def test_a_key_opens_the_tree_of_its_login_and_is_looked_up_once(running: Running) -> None:
    with _greeted(running) as transport:
        transport.auth_publickey("alice", paramiko.Ed25519Key(filename=str(running.alice_key)))
        assert transport.is_authenticated()
    assert len(running.gateway.attempts) == 1


def test_a_key_opens_no_other_login(running: Running) -> None:
    key = paramiko.Ed25519Key(filename=str(running.alice_key))
    with _greeted(running) as transport, pytest.raises(paramiko.AuthenticationException):
        transport.auth_publickey("bob", key)


@pytest.mark.parametrize(
    ("login", "password"), [("alice", "wrong"), ("nobody", "wonder"), ("", ""), ("é", "x")]
)
def test_a_wrong_login_is_refused_and_logged_without_its_password(
    running: Running, caplog: pytest.LogCaptureFixture, login: str, password: str
) -> None:
    secret = f"{password}-hunter2"
    caplog.set_level(logging.DEBUG)
    with _greeted(running) as transport, pytest.raises(paramiko.AuthenticationException):
        transport.auth_password(login, secret)
    assert f"login failed login={login!a} method=password" in caplog.text
    assert secret not in caplog.text


def test_unknown_names_are_offered_the_same_methods_as_known_ones(running: Running) -> None:
    offered = []
    for login in ("alice", "nobody"):
        with _greeted(running) as transport:
            with pytest.raises(paramiko.BadAuthenticationType) as refused:
                transport.auth_none(login)
            offered.append(sorted(refused.value.allowed_types))
    assert offered == [["password", "publickey"]] * 2


def test_a_failure_while_checking_lets_nobody_in(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    def fail(login: str) -> None:
        raise RuntimeError("The database is gone.")

    running.gateway.before_check = fail
    with _greeted(running) as transport, pytest.raises(paramiko.AuthenticationException):
        transport.auth_password("alice", "wonder")
    assert "failed act=login" in caplog.text


def test_a_slow_password_check_holds_up_nobody_else(running: Running) -> None:
    checking, release = threading.Event(), threading.Event()

    def wait_for_bob(login: str) -> None:
        if login == "bob":
            checking.set()
            assert release.wait(10)

    running.gateway.before_check = wait_for_bob
    slow = threading.Thread(target=lambda: sftp_of(running, "bob", "builder").__enter__().close())
    with sftp_of(running) as client:
        slow.start()
        assert checking.wait(10)
        assert "contacts" in client.listdir("/")
        release.set()
        slow.join()


def test_after_too_many_wrong_passwords_the_connection_ends(start_server: StartServer) -> None:
    running = start_server(max_login_failures=3)
    with _greeted(running) as transport:
        for _ in range(3):
            with pytest.raises(paramiko.AuthenticationException):
                transport.auth_password("alice", "wrong")
        with pytest.raises(paramiko.SSHException):
            transport.auth_password("alice", "wonder")
    assert len(running.gateway.attempts) == 3


def test_a_public_key_alone_opens_nothing(running: Running, tmp_path: Path) -> None:
    # Anybody can know Alice's public key and ask about it; what counts is the signature.
    (tmp_path / "key").write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    key = _Pretender(filename=str(tmp_path / "key"))
    key.shown = paramiko.Ed25519Key(filename=str(running.alice_key)).asbytes()
    with _greeted(running) as transport:
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("alice", key)
        transport.auth_password("bob", "builder")
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        client.open(f"{INBOX}/a.csv", "w").close()
    assert running.bob.published() == ["a.csv"]
    assert running.alice.published() == []


class _Pretender(paramiko.Ed25519Key):
    """Shows a public key whose private half it does not have."""

    shown = b""

    def asbytes(self) -> bytes:
        return self.shown


@pytest.mark.parametrize(
    "ask",
    [
        lambda channel: channel.exec_command("id"),
        lambda channel: channel.exec_command(f"scp -t {INBOX}"),
        lambda channel: channel.invoke_shell(),
        lambda channel: channel.get_pty(),
        lambda channel: channel.invoke_subsystem("netconf"),
    ],
    ids=["a command", "scp", "a shell", "a terminal", "another subsystem"],
)
def test_nothing_but_sftp_can_be_started(running: Running, ask: Callable[[paramiko.Channel], None]) -> None:
    with connected(running) as transport:
        channel = transport.open_session(timeout=10)
        with pytest.raises((paramiko.SSHException, EOFError)):
            ask(channel)


def test_nothing_is_forwarded(running: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, connected(running) as transport:
        with pytest.raises(paramiko.ChannelException):
            transport.open_channel("direct-tcpip", elsewhere.getsockname(), ("127.0.0.1", 1), timeout=10)
        with pytest.raises(paramiko.SSHException):
            transport.request_port_forward("127.0.0.1", 0)
        with pytest.raises((paramiko.SSHException, EOFError)):
            transport.open_session(timeout=10).request_x11()


def test_compression_is_not_offered(running: Running) -> None:
    with connected(running) as transport:
        assert transport.get_security_options().compression
        assert transport.local_compression == "none"
