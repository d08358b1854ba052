"""What FTP and SFTP share: one virtual file system per session, bound to the login that opened it.

Front ends speak a protocol and know nothing of accounts, drops or storage; behind this seam nobody knows of
FTP or SFTP. Everything here is synchronous, may block (database, disk, hashing) and is thread-safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from postroom.gateway.vpath import VPath

How = Literal["sftp-close", "tls-close-notify", "ftp-eof"]
"""Which sign told that an upload is whole; "ftp-eof" is the only one that a crash can imitate."""

WriteMode = Literal["create", "replace", "append", "update"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who logged in, and for which account."""

    login: str
    account_id: int
    account_name: str


@dataclass(frozen=True, slots=True)
class Stat:
    """What a listing tells about a file or folder; `size` in bytes, `modified_at` aware and in UTC.

    `mode` holds full st_mode bits derived from the login's rights: 0o040555 or 0o040755 for folders,
    0o100444 or 0o100644 for files.
    """

    name: str
    is_dir: bool
    size: int
    modified_at: datetime
    mode: int


class Reader(Protocol):
    """An open published file."""

    @property
    def wants_receipt(self) -> bool:
        """Tell whether `delivered` is to be called."""
        ...

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; b"" at the end. Raises VfsError(IO)."""
        ...

    def delivered(self) -> None:
        """Record that the client has received every byte, in one transfer. Raises VfsError."""
        ...

    def close(self) -> None:
        """Let go of the file; a second call is fine."""
        ...


class CommittedFile(Protocol):
    """A published upload whose completeness may still be in doubt (plain FTP)."""

    def confirm(self) -> None:
        """Release the file for processing: the session lived on after the data ended. Idempotent."""
        ...

    def quarantine(self) -> None:
        """Take the file out of `in` again, never processed: the session died with the data. Idempotent."""
        ...


class Upload(Protocol):
    """Bytes on their way in: open, then committed or aborted; nobody sees them before the commit."""

    @property
    def size(self) -> int:
        """Return how many bytes the file would have if it were committed now."""
        ...

    def write_at(self, offset: int, data: bytes) -> None:
        """Keep `data` at `offset`. The first failure is sticky: later writes and the commit fail as well.

        Raises VfsError: TOO_BIG over the cap, QUOTA, IO when the disk is full or broken.
        """
        ...

    def truncate(self, size: int) -> None:
        """Cut or extend to `size` bytes; raises like `write_at`."""
        ...

    def commit(self, how: How, *, confirmed: bool = True) -> CommittedFile:
        """Publish durably in one transaction; unless `confirmed`, processing waits for `confirm`.

        Raises VfsError, and then nothing is published: also when bytes in the middle never came.
        """
        ...

    def abort(self, reason: str) -> None:
        """Forget the bytes. Idempotent, and harmless after a commit."""
        ...


class Vfs(Protocol):
    """The tree as one login sees it. Every method raises VfsError."""

    principal: Principal

    def resolve(self, cwd: str, raw: str | bytes) -> VPath:
        """Make a client's path normal; see `postroom.gateway.vpath.resolve`."""
        ...

    def stat(self, path: VPath) -> Stat:
        """Describe one file or folder.

        For a minute also a file that this login left and that processing took away: clients check.
        """
        ...

    def list(self, path: VPath) -> list[Stat]:
        """List a folder: published files and fixed folders, dot-files too, never "." and ".."."""
        ...

    def open_read(self, path: VPath) -> Reader:
        """Open a published file."""
        ...

    def open_write(self, path: VPath, *, mode: WriteMode, expected: int | None = None) -> Upload:
        """Start an upload; `expected` is the announced final size in bytes and may be refused at once.

        create: must not exist, at the commit either. replace: exists or not. append: start from the published
        bytes, if any. update: start from the published bytes; there must be a file.
        """
        ...

    def remove(self, path: VPath) -> None:
        """Delete a file."""
        ...

    def rename(self, source: VPath, target: VPath, *, replace: bool) -> None:
        """Give a file another name, replacing one there only if `replace`."""
        ...

    def mkdir(self, path: VPath) -> None:
        """Refuse: the tree is fixed."""
        ...

    def rmdir(self, path: VPath) -> None:
        """Refuse: the tree is fixed."""
        ...

    def utime(self, path: VPath, modified_at: datetime) -> None:
        """Set a file's time of modification (aware); accepted for what `stat` remembers."""
        ...


class GatewayAuth(Protocol):
    """Who may come in. Calls block for tens of milliseconds (password hashing): never on an event loop."""

    def password(self, login: str, secret: str, peer: str, proto: str) -> Principal:
        """Check a password; raises postroom.contacts.errors.Denied, in equal time for unknown logins."""
        ...

    def public_key(self, login: str, key_blob: bytes, peer: str) -> Principal:
        """Check a public key (SSH wire format); raises postroom.contacts.errors.Denied."""
        ...

    def open_vfs(self, principal: Principal) -> Vfs:
        """Return the tree of this login, for one session."""
        ...
