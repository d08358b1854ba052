"""Whether a client has all of a download, told by its socket alone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from postroom.gateway.ftp import receipt
from postroom.gateway.ftp.receipt import has_all
from tests.integration.gateway.ftp.served import reset

CONTENT = b"profileId;contactPoint\n" * 1000
PATIENCE = 5.0

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Our end of a connection over loopback, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=10)
        ours, _ = listener.accept()
    with ours, client:
        yield ours, client


def read_all(client: socket.socket) -> None:
    while client.recv(1 << 16):
        pass
    client.close()


def read_some(client: socket.socket) -> None:
    client.recv(10)
    client.close()


def read_nothing(client: socket.socket) -> None:
    reset(client)


def asked(pair: Pair, act: Callable[[socket.socket], None]) -> bool:
    """Send everything while the client acts; tell what we find out."""
    ours, client = pair
    thread = threading.Thread(target=act, args=(client,))
    thread.start()
    try:
        ours.sendall(CONTENT)
        return has_all(ours.fileno(), PATIENCE)
    finally:
        thread.join()


def test_who_reads_to_the_end_has_all(pair: Pair) -> None:
    assert asked(pair, read_all)


@pytest.mark.parametrize("act", [read_some, read_nothing])
def test_who_leaves_in_the_middle_has_not(pair: Pair, act: Callable[[socket.socket], None]) -> None:
    ours, client = pair
    ours.sendall(CONTENT)

    act(client)

    assert not has_all(ours.fileno(), PATIENCE)


def test_who_waits_for_our_word_before_it_closes_has_all(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipt, "_PATIENCE_SECONDS", 0.05)
    ours, client = pair
    ours.sendall(CONTENT)

    assert has_all(ours.fileno(), PATIENCE)

    received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert received == CONTENT


def test_who_takes_nothing_in_has_not_when_our_patience_ends(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt, "_PATIENCE_SECONDS", 0.0)
    ours, client = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    ours.setblocking(False)
    sent = 0
    try:
        while True:
            sent += ours.send(b"x" * (1 << 20))
    except BlockingIOError:
        pass

    assert sent > 0
    assert not has_all(ours.fileno(), 0.1)


def test_a_connection_that_is_gone_already_has_nothing(pair: Pair) -> None:
    ours, client = pair
    ours.sendall(CONTENT)
    reset(client)
    with pytest.raises(ConnectionResetError):
        ours.recv(1)

    assert not has_all(ours.fileno(), PATIENCE)


def test_the_connection_itself_stays_the_callers(pair: Pair) -> None:
    ours, client = pair
    client.close()
    has_all(ours.fileno(), PATIENCE)

    assert ours.fileno() >= 0
    ours.close()
