"""The real virtual file system behind the FTP server: database, blobs and logins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from postroom.contacts.settings import AccountSettings
from postroom.drops.room import Room
from postroom.gateway.auth import Auth
from postroom.gateway.seam import Principal
from postroom.gateway.vfs import DropVfs
from postroom.gateway.vpath import resolve
from postroom.store import drops
from postroom.store.accounts import create_account
from postroom.store.credentials import hash_password
from postroom.store.lockout import Lockout
from postroom.store.logins import create_login
from tests.integration.gateway.ftp.served import INBOX, SECRET, ServedVfs


@dataclass(frozen=True)
class RealInbox:
    """Looks into one account's tree past the server."""

    room: Room
    vfs: DropVfs

    def published(self) -> list[str]:
        """Name the files that a sender sees, sorted."""
        return sorted(entry.name for entry in self.vfs.list(resolve("/", INBOX)))

    def released(self) -> list[str]:
        """Name the deposits that may be processed, sorted."""
        with self.room.database.transaction() as connection:
            found = drops.drops_of_account(connection, self.vfs.principal.account_id, state="ready")
        return sorted(drop.name for drop in found)

    def content(self, name: str) -> bytes:
        """Return the bytes of a published file."""
        path = resolve(INBOX, name)
        reader = self.vfs.open_read(path)
        try:
            return reader.read_at(0, self.vfs.stat(path).size + 1)
        finally:
            reader.close()


def served_by(room: Room) -> ServedVfs:
    """Make both accounts and their logins in `room`."""
    alice = _principal(room, "alice")
    _principal(room, "charlie")
    auth = Auth(room.database, lambda: datetime.now(UTC), lambda who: DropVfs(room, who), Lockout())
    return ServedVfs(auth=auth, inbox=RealInbox(room, DropVfs(room, alice)))


def _principal(room: Room, name: str) -> Principal:
    now = datetime.now(UTC)
    with room.database.transaction() as connection:
        account = create_account(connection, name=name, settings=AccountSettings(), now=now)
        create_login(
            connection,
            login=name,
            account_id=account.account_id,
            password_hash=hash_password(SECRET),
            now=now,
        )
    return Principal(name, account.account_id, name)
