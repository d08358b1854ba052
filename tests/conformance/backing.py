"""What stands behind a Vfs in the suite: the real tree over database and blobs, or the fake in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from postroom.drops.claiming import claim_next
from postroom.drops.room import Limits, Room
from postroom.gateway.recent import Recent
from postroom.gateway.seam import How, Principal, Vfs
from postroom.gateway.vfs import DropVfs
from postroom.gateway.vpath import VPath, resolve
from postroom.store import drops
from postroom.store.drops import Drop
from tests.conftest import Person
from tests.fakes.memory_vfs import MemoryGateway
from tests.tidiness import assert_tidy

INBOX = "/contacts/import/in"
LIMIT = 100_000


class Backing(Protocol):
    """Alice's and Charlie's trees, and what processing does with Alice's."""

    def session(self, login: str = "alice") -> Vfs:
        """Open a session of alice or charlie; uploads are limited to LIMIT bytes."""
        ...

    def claim(self, name: str) -> None:
        """Begin to process the file of Alice's inbox, the only one there that may be."""
        ...

    def released(self) -> list[str]:
        """Name the files of Alice's inbox that may be processed."""
        ...

    def check(self) -> None:
        """Fail when anything lies about."""
        ...


class RealBacking:
    """`DropVfs` over a room."""

    def __init__(self, room: Room, alice: Person, charlie: Person) -> None:
        self.room = replace(room, limits=Limits(upload_bytes=LIMIT))
        self.recent = Recent()
        self.people = {person.login: person for person in (alice, charlie)}

    def session(self, login: str = "alice") -> Vfs:
        account = self.people[login].account
        return DropVfs(self.room, Principal(login, account.account_id, account.name), self.recent)

    def claim(self, name: str) -> None:
        claimed = claim_next(self.room, self.people["alice"].account.account_id)
        assert isinstance(claimed, Drop)
        assert claimed.name == name

    def released(self) -> list[str]:
        with self.room.database.transaction() as connection:
            account_id = self.people["alice"].account.account_id
            return [drop.name for drop in drops.drops_of_account(connection, account_id, state="ready")]

    def check(self) -> None:
        assert_tidy(self.room)


class MemoryBacking:
    """The fake that the tests of the front ends stand on."""

    def __init__(self) -> None:
        self.gateway = MemoryGateway()
        for login in ("alice", "charlie"):
            self.gateway.add(login, "secret").limit = LIMIT

    def session(self, login: str = "alice") -> Vfs:
        return self.gateway.open_vfs(self.gateway.password(login, "secret", "127.0.0.1", "sftp"))

    def claim(self, name: str) -> None:
        self.gateway.trees["alice"].claim(name)

    def released(self) -> list[str]:
        return self.gateway.trees["alice"].released()

    def check(self) -> None:
        assert True  # memory is tidy by itself


def at(raw: str) -> VPath:
    """Return the path of a name in the inbox, or an absolute path."""
    return resolve(INBOX, raw)


def put(vfs: Vfs, raw: str, content: bytes = b"nom;prenom\r\n", how: How = "sftp-close") -> None:
    """Upload a file as a client does that does not look first."""
    upload = vfs.open_write(at(raw), mode="replace")
    upload.write_at(0, content)
    upload.commit(how)


def get(vfs: Vfs, raw: str) -> bytes:
    """Download a file."""
    reader = vfs.open_read(at(raw))
    try:
        return reader.read_at(0, LIMIT)
    finally:
        reader.close()


def names(vfs: Vfs, raw: str = INBOX) -> list[str]:
    """List a folder's names."""
    return [entry.name for entry in vfs.list(at(raw))]
