"""The seam to a server of others: one connection, the files of one folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Final, Protocol

CONNECT_SECONDS: Final = 20.0
"""How long a server may take to let us in."""

ANSWER_SECONDS: Final = 60.0
"""How long it may take over one answer, or one piece of a file."""

PIECE_BYTES: Final = 1 << 20


class Speaks(StrEnum):
    """How a server is spoken to."""

    SFTP = "sftp"
    FTPS = "ftps"
    """TLS by AUTH TLS, on port 21 as a rule."""
    FTPS_IMPLICIT = "ftps-implicit"
    """TLS from the start, on port 990 as a rule."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a folder is and how to log in. `folder` is relative to the login's own unless it begins with /.

    `host_key` is the SSH key that the server must have, a line as in known_hosts without the host;
    `authority` is what its certificate must be signed by (PEM), the system's authorities without it.
    """

    protocol: Speaks
    host: str
    port: int
    folder: str
    username: str
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    host_key: str | None = None
    authority: str | None = None


class Remote(Protocol):
    """A folder of a server, while connected.

    Every method raises RemoteTrouble when the server is away, breaks off, or refuses what it may accept
    another time (a full disk), and Denied when nothing will change that by itself (a wrong password, another
    host key).
    """

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None when there is none of that name."""
        ...

    def put(self, name: str, content: BinaryIO) -> None:
        """Write a file from the start of `content`, in place of one that is there."""
        ...

    def rename(self, name: str, new_name: str) -> None:
        """Give a file another name, in place of one that has it."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def close(self) -> None:
        """Say goodbye, without waiting for long."""
        ...
