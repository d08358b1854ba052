"""What is wrong with a server is told in words that say what to do, not in the system's."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench.servers import free_port
from postroom.contacts.errors import Denied, PostroomError
from postroom.outflow.remote.connecting import connected
from postroom.outflow.remote.seam import Address, Speaks
from postroom.outflow.remote.sftp import host_key_of, new_key_pair
from postroom.outflow.remote.telling import away, hint_of
from tests.integration.gateway.ftp.conftest import certificate
from tests.servers import vsftpd

__all__ = ["certificate"]

_PRIVATE, HOST_KEY = new_key_pair("host")


def address(protocol: Speaks, port: int) -> Address:
    host_key = HOST_KEY if protocol is Speaks.SFTP else None
    return Address(protocol, "127.0.0.1", port, "", "alice", password="x", host_key=host_key)


def told(wanted: Address) -> PostroomError:
    with pytest.raises(PostroomError) as caught, connected(wanted):
        pass
    return caught.value


@contextmanager
def hanging_up() -> Iterator[int]:
    """Yield the port of a server that lets everybody in and hangs up at once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("protocol", Speaks)
def test_a_port_at_which_nobody_listens_may_be_the_wrong_one(protocol: Speaks) -> None:
    port = free_port()

    assert told(address(protocol, port)).message == (
        f"127.0.0.1:{port} refuses connections: is it the right port?"
    )


def test_a_port_at_which_nobody_listens_has_no_key_to_be_pinned() -> None:
    with pytest.raises(PostroomError, match="refuses connections: is it the right port"):
        host_key_of("127.0.0.1", free_port())


@pytest.mark.parametrize("protocol", [Speaks.FTPS, Speaks.FTPS_IMPLICIT])
def test_who_hangs_up_is_not_told_by_a_number(protocol: Speaks) -> None:
    with hanging_up() as port:
        said = told(address(protocol, port)).message

    assert said == f"127.0.0.1:{port} broke the connection off."


@pytest.mark.parametrize("protocol", Speaks)
def test_no_number_of_the_system_is_shown(protocol: Speaks) -> None:
    with hanging_up() as port:
        assert "Errno" not in told(address(protocol, port)).message


def test_a_certificate_of_an_authority_of_ones_own_names_the_option(
    tmp_path: Path, certificate: Path
) -> None:
    with vsftpd(tmp_path, certificate) as served:
        refused = told(replace(served.address, authority=None))

    assert isinstance(refused, Denied)
    assert "An authority of your own is named by --authority FILE" in refused.message


def test_a_server_that_speaks_tls_by_command_is_not_taken_for_implicit(
    tmp_path: Path, certificate: Path
) -> None:
    with vsftpd(tmp_path, certificate) as served:
        said = told(replace(served.address, protocol=Speaks.FTPS_IMPLICIT)).message

    assert "it is ftps://." in said


def test_a_server_that_does_not_greet_may_want_tls_from_the_start() -> None:
    silent = TimeoutError("timed out")

    assert "ftps-implicit://" in away("host:990", silent, hint=hint_of(Speaks.FTPS, silent)).message
    assert hint_of(Speaks.FTPS_IMPLICIT, silent) == ""
    assert hint_of(Speaks.FTPS, ssl.SSLError()) == ""
