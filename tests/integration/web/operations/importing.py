"""A program that brings files, at the level of operations."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, field

from postroom.drops.processing import process_account
from postroom.drops.receiving import Staged
from postroom.drops.room import Room
from postroom.store.blobs import new_key
from postroom.store.lists import lists_of_account
from postroom.web.api.operations import imports
from postroom.web.api.operations.imports import Import, ImportState
from postroom.web.api.operations.lists import read_lists
from postroom.web.api.operations.pages import Paging
from postroom.web.api.uploads import Upload
from postroom.web.auth.caller import Caller
from tests.conftest import Person
from tests.integration.web.operations.calling import caller_of

PEOPLE = "Email;Nom\nalice@example.com;Liddell\nbob@example.com;Martin\nnobody;Petit\n"


def zipped(content: bytes, name: str = "people.csv") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@dataclass(slots=True)
class Program:
    """A client of one person's account that imports."""

    room: Room
    person: Person
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.caller = caller_of(self.person)

    def upload(self, content: str | bytes, filename: str = "people.csv") -> Upload:
        """Stage a file, as it is staged once it has come whole."""
        data = content.encode("iso-8859-1") if isinstance(content, str) else content
        path = self.room.blobs.staging / new_key()
        path.write_bytes(data)
        return Upload("contactFile", filename, Staged(path, len(data), hashlib.sha256(data).hexdigest()))

    def start(
        self,
        content: str | bytes,
        filename: str = "people.csv",
        *,
        name: str | None = None,
        has_header: bool | None = None,
        with_list: bool = True,
    ) -> Import:
        return imports.start_import(
            self.room,
            self.caller,
            self.upload(content, filename),
            name=name,
            has_header=has_header,
            with_list=with_list,
        )

    def bring(
        self,
        content: str | bytes,
        filename: str = "people.csv",
        *,
        name: str | None = None,
        has_header: bool | None = None,
        with_list: bool = True,
    ) -> Import:
        """Start an import and have it processed; return it as it stands then."""
        started = self.start(content, filename, name=name, has_header=has_header, with_list=with_list)
        process_account(self.room, self.caller.account_id)
        return self.look(started)

    def look(self, about: Import) -> Import:
        return imports.read_import(self.room, self.caller, about.import_id)

    def state(self, list_id: int | None) -> ImportState | None:
        """Return the import* of a list."""
        assert list_id is not None
        found = read_lists(self.room, self.caller, ids=[list_id], paging=Paging(), with_stats=False)
        return imports.states_of(self.room, self.caller, found.items).get(list_id)

    def lists(self) -> dict[str, int]:
        """Return how many contacts each list has, by its name."""
        with self.room.database.reading() as connection:
            return {each.name: each.members for each in lists_of_account(connection, self.caller.account_id)}

    def rows(self, query: str) -> list[dict[str, object]]:
        """Run a query of one parameter, the account."""
        with self.room.database.reading() as connection:
            return connection.execute(query, (self.caller.account_id,)).fetchall()

    def errors(self, about: Import) -> str:
        """Read the report that the link of an import leads to."""
        file = imports.errors_file(self.room, self.caller.account_id, about.import_id)
        with self.room.blobs.open(file.blob_key) as content:
            return content.read().decode("cp1252")
