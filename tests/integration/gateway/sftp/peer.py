"""The other side: a running server with Alice's and Bob's trees, and clients that speak to it by hand."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from postroom.gateway.sftp.server import SftpServer
from tests.fakes.memory_vfs import MemoryGateway, MemoryTree

INBOX = "/contacts/import/in"

FXP_INIT, FXP_OPEN, FXP_CLOSE, FXP_READ, FXP_WRITE, FXP_OPENDIR = 1, 3, 4, 5, 6, 11
FXP_STATUS, FXP_HANDLE, FXP_DATA = 101, 102, 103
FXF_READ, FXF_WRITE, FXF_APPEND, FXF_CREAT, FXF_TRUNC, FXF_EXCL = 1, 2, 4, 8, 16, 32
FX_OK, FX_NO_SUCH_FILE, FX_PERMISSION_DENIED, FX_FAILURE, FX_OP_UNSUPPORTED = 0, 2, 3, 4, 8


@dataclass(frozen=True)
class Running:
    """A server on a port of its own, and what is behind it."""

    server: SftpServer
    gateway: MemoryGateway
    alice: MemoryTree
    bob: MemoryTree
    alice_key: Path

    @property
    def port(self) -> int:
        return self.server.port


@contextmanager
def connected(
    running: Running, login: str = "alice", password: str = "wonder"
) -> Iterator[paramiko.Transport]:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as sock:
        transport = paramiko.Transport(sock)
        try:
            transport.connect(username=login, password=password)
            yield transport
        finally:
            transport.close()


@contextmanager
def sftp_of(
    running: Running, login: str = "alice", password: str = "wonder"
) -> Iterator[paramiko.SFTPClient]:
    with connected(running, login, password) as transport:
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        with client:
            yield client


def string(value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(raw)) + raw


@dataclass(frozen=True)
class Status:
    code: int
    text: str


@dataclass
class Wire:
    """SFTP packet by packet, for what no polite client sends."""

    channel: paramiko.Channel
    extensions: dict[bytes, bytes] = field(default_factory=dict)
    _next: int = 0

    def ask(self, kind: int, *parts: bytes) -> Status | bytes:
        """Send a request and return its answer: a status, or the first string of anything else."""
        self.send(kind, *parts)
        return self.answer()

    def send(self, kind: int, *parts: bytes) -> None:
        self._next += 1
        payload = struct.pack(">BI", kind, self._next) + b"".join(parts)
        self.channel.sendall(string(payload))

    def answer(self) -> Status | bytes:
        payload = self.packet()
        if payload[0] != FXP_STATUS:
            (length,) = struct.unpack_from(">I", payload, 5)
            return payload[9 : 9 + length]
        code, length = struct.unpack_from(">II", payload, 5)
        return Status(code, payload[13 : 13 + length].decode())

    def packet(self) -> bytes:
        (length,) = struct.unpack(">I", self._exactly(4))
        return self._exactly(length)

    def open(self, path: str, flags: int, attributes: bytes = bytes(4)) -> bytes:
        handle = self.ask(FXP_OPEN, string(path), struct.pack(">I", flags), attributes)
        assert isinstance(handle, bytes), handle
        return handle

    def write(self, handle: bytes, offset: int, data: bytes, trailing: bytes = b"") -> Status | bytes:
        return self.ask(FXP_WRITE, string(handle), struct.pack(">Q", offset), string(data), trailing)

    def read(self, handle: bytes, offset: int, size: int) -> Status | bytes:
        return self.ask(FXP_READ, string(handle), struct.pack(">QI", offset, size))

    def close(self, handle: bytes) -> Status | bytes:
        return self.ask(FXP_CLOSE, string(handle))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.channel.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


def new_wire(transport: paramiko.Transport) -> Wire:
    channel = transport.open_session(timeout=10)
    channel.settimeout(10)
    channel.invoke_subsystem("sftp")
    wire = Wire(channel)
    channel.sendall(string(struct.pack(">BI", FXP_INIT, 3)))
    rest = wire.packet()[5:]
    while rest:
        name, rest = _cut(rest)
        wire.extensions[name], rest = _cut(rest)
    return wire


@contextmanager
def wired(running: Running) -> Iterator[Wire]:
    with connected(running) as transport:
        yield new_wire(transport)


def _cut(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack_from(">I", data)
    return data[4 : 4 + length], data[4 + length :]
