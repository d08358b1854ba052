"""A server of somebody's in memory, which breaks wherever a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from postroom.contacts.errors import Denied, Unavailable
from postroom.outflow.remote.seam import Address


def fine(step: str) -> None:
    """Let a step go well."""
    del step


@dataclass
class MemoryServer:
    """Files by name, and what was done, in order; `weather` is told of each step and may raise."""

    files: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    weather: Callable[[str], None] = fine
    password: str = "a-password"

    @contextmanager
    def connected(self, address: Address) -> Iterator[MemoryRemote]:
        """Yield the folder of this server."""
        self._step("connect")
        if address.password != self.password:
            raise Denied("The server refuses the login: 530", code="LOGIN_REFUSED")
        if address.folder not in {"", "in"}:
            raise Unavailable("There is no such folder.", code="NO_FOLDER")
        yield MemoryRemote(self)

    def _step(self, name: str) -> None:
        self.weather(name)
        self.done.append(name)


class MemoryRemote:
    """The folder of a MemoryServer."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server

    def size(self, name: str) -> int | None:
        content = self._server.files.get(name)
        return None if content is None else len(content)

    def put(self, name: str, content: BinaryIO) -> None:
        if name in self._server.folders:
            raise Unavailable(f"{name} is a folder.", code="REMOTE_REFUSES")
        content.seek(0)
        self._server.files[name] = b""
        try:
            while piece := content.read(1 << 16):
                self._server.files[name] += piece
        except OSError as broken:
            raise Unavailable(f"127.0.0.1: {broken}", code="REMOTE_AWAY") from broken
        self._server._step(f"put {name}")

    def rename(self, name: str, new_name: str) -> None:
        self._server.weather(f"rename {name}")
        if name not in self._server.files:
            raise Unavailable(f"127.0.0.1 refuses: there is no {name}", code="REMOTE_REFUSES")
        self._server.files[new_name] = self._server.files.pop(name)
        self._server._step(f"renamed {new_name}")

    def remove(self, name: str) -> None:
        self._server.files.pop(name, None)

    def close(self) -> None:
        """Nothing is open."""
