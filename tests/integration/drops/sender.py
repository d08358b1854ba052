"""A sender at the level of drops: leaves files, has them processed, looks at what came back."""

from __future__ import annotations

import hashlib

from postroom.drops.landing import Landed, Place, land, remove
from postroom.drops.processing import process_account
from postroom.drops.room import Room
from postroom.store import drops, files
from postroom.store.drops import Drop
from postroom.store.files import Content
from tests.conftest import Person

IN = "contacts/import/in"


class Sender:
    """Leaves files in one account's tree."""

    def __init__(self, room: Room, person: Person) -> None:
        """Act as `person` in `room`."""
        self.room = room
        self.person = person
        self.account_id = person.account.account_id

    def leave(
        self, name: str, content: str | bytes, *, directory: str = IN, confirmed: bool = True
    ) -> Landed:
        """Land a file; text goes out as ISO-8859-1."""
        data = content.encode("iso-8859-1") if isinstance(content, str) else content
        stored = Content(self.room.blobs.put_bytes(data), len(data), hashlib.sha256(data).hexdigest())
        place = Place(self.account_id, self.person.login, directory, name)
        return land(self.room, place, stored, confirmation="sftp-close", confirmed=confirmed)

    def process(self) -> Drop | None:
        """Process the oldest waiting drop; return it as it stands now."""
        done = process_account(self.room, self.account_id)
        return self.drop_now(done.drop_id) if done else None

    def drop(self, name: str, content: str | bytes, *, directory: str = IN) -> Drop:
        """Land a file and process it; return the drop as it stands now."""
        landed = self.leave(name, content, directory=directory)
        assert landed.drop_id is not None
        self.process()
        return self.drop_now(landed.drop_id)

    def mark(self, marker: str) -> None:
        """Create a mode marker."""
        self.leave(marker, b"", directory="contacts/import")

    def unmark(self, marker: str) -> None:
        """Remove a mode marker."""
        remove(self.room, Place(self.account_id, self.person.login, "contacts/import", marker))

    def drop_now(self, drop_id: int) -> Drop:
        """Return a drop as it stands now."""
        with self.room.database.transaction() as connection:
            found = drops.drop_by_id(connection, self.account_id, drop_id)
        assert found is not None
        return found

    def names(self, directory: str) -> list[str]:
        """List a directory."""
        with self.room.database.transaction() as connection:
            return [file.name for file in files.files_in(connection, self.account_id, directory)]

    def read(self, directory: str, name: str) -> str:
        """Read a file as ISO-8859-1."""
        return self.read_bytes(directory, name).decode("cp1252")

    def read_bytes(self, directory: str, name: str) -> bytes:
        """Read a file."""
        with self.room.database.transaction() as connection:
            file = files.file_at(connection, self.account_id, directory, name)
        assert file is not None
        with self.room.blobs.open(file.blob_key) as blob:
            return blob.read()
