from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from postroom.ingest.sandbox.channel import MAX_MESSAGE_BYTES, Channel, Message, NonsenseError, Patience


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def head(text: bytes, body: int = 0) -> bytes:
    return struct.pack("!QQ", len(text), body) + text


def test_a_message_arrives_as_it_was_sent(ends: tuple[socket.socket, socket.socket]) -> None:
    sent = Message("frame", {"rows": 3, "é": [None, "\0"]}, bytes(range(256)) * 10_000)
    sender = threading.Thread(target=Channel(ends[1]).send, args=[sent])
    sender.start()

    received = Channel(ends[0]).receive()

    sender.join()
    assert received == sent


@pytest.mark.parametrize(
    "content",
    [
        head(b"nothing"),
        head(b"[1, {}]"),
        head(b'["x", []]'),
        head(b'["x"]'),
        head(b'{"x": 1, "y": 2, "z": 3}'),
        head(b"\xff\xfe"),
        head(b"[" * 200_000),
        struct.pack("!QQ", MAX_MESSAGE_BYTES, 1),
        struct.pack("!QQ", 2**64 - 1, 0),
    ],
    ids=["text", "number", "list", "short", "object", "bytes", "deep", "large", "huge"],
)
def test_nonsense_is_told_from_a_message(ends: tuple[socket.socket, socket.socket], content: bytes) -> None:
    sender = threading.Thread(target=ends[1].sendall, args=[content])
    sender.start()

    with pytest.raises(NonsenseError):
        Channel(ends[0]).receive()

    sender.join()


@pytest.mark.parametrize("content", [b"", b"\0" * 7, head(b'["x", {}]', body=5) + b"abc"])
def test_an_end_amid_a_message_is_an_end(ends: tuple[socket.socket, socket.socket], content: bytes) -> None:
    ends[1].sendall(content)
    ends[1].shutdown(socket.SHUT_WR)

    with pytest.raises(EOFError):
        Channel(ends[0]).receive()


def test_patience_ends_while_nothing_comes(ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        Channel(ends[0], Patience(0.01)).receive()


def test_patience_ends_however_the_other_end_drips(ends: tuple[socket.socket, socket.socket]) -> None:
    channel = Channel(ends[0], Patience(0.0))
    ends[1].sendall(head(json.dumps(["x", {}]).encode()))

    with pytest.raises(TimeoutError):
        channel.receive()


def test_patience_ends_while_the_other_end_takes_nothing(ends: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        Channel(ends[0], Patience(0.01)).send(Message("x", {}, bytes(10_000_000)))


def test_a_message_without_a_body_is_one_piece_so_that_an_answer_may_follow_at_once(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    sends: list[int] = []

    class Hasty(socket.socket):
        def sendall(self, content: bytes, flags: int = 0) -> None:  # type: ignore[override]  # the stub takes any buffer
            sends.append(len(content))
            super().sendall(content, flags)

    with Hasty(fileno=ends[1].detach()) as theirs:
        Channel(theirs).send(Message("order"))

    assert len(sends) == 1
    assert Channel(ends[0]).receive() == Message("order")
