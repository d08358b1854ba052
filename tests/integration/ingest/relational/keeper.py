"""Who keeps tables: defines them, runs commands on them, looks at what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from postroom.contacts.commands import BatchHeader, Command, Finding, Kind, Record, Run, Tally
from postroom.contacts.tables import Field, FieldType, Table, TableKind
from postroom.drops.room import Room
from postroom.ingest.relational import RelationalApplier
from postroom.store import relational, relational_rows
from postroom.store.accounts import account_by_id, lock_account
from postroom.store.database import Connection
from postroom.store.relational_rows import RowsWanted
from tests.conftest import Person

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HEADER = BatchHeader("acme", "secret", relational=True)
EVERYTHING = 1_000_000


@dataclass
class Done:
    """What came of commands: counts, and findings as (line, verdict, value, failed)."""

    tally: Tally
    findings: list[Finding] = field(default_factory=list)

    @property
    def told(self) -> list[tuple[int, str, str]]:
        return [(each.line, each.verdict.value, each.value) for each in self.findings]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Return rows inserted, updated, deleted, cleared."""
        tally = self.tally
        return tally.rows_inserted, tally.rows_updated, tally.rows_deleted, tally.rows_cleared


class Keeper:
    """Keeps the tables of one account."""

    def __init__(self, room: Room, person: Person) -> None:
        self.room = room
        self.account_id = person.account.account_id

    def define(
        self,
        name: str,
        kind: str = "regular",
        *,
        key: str = "id:string",
        fields: Sequence[str] = (),
        to: Sequence[str] = ("contacts",),
        active: bool = True,
        may_clear: bool = True,
    ) -> Table:
        """Make a table; fields are name:type, foreign keys a table's name, or name:column."""
        with self.room.database.transaction() as connection:
            table = relational.create_table(
                connection, self.account_id, name, TableKind(kind), may_clear=may_clear, now=NOW
            )
            for place, spelled in enumerate([key, *fields]):
                called, _, type_ = spelled.partition(":")
                made = Field.of(called, FieldType(type_ or "string"), None, is_unique=place == 0)
                table = relational.add_field(connection, self.account_id, table, made, now=NOW)
            for spelled in to if kind != "flat" else ():
                table = self._point(connection, table, spelled)
            if active:
                table = relational.set_state(connection, self.account_id, table, active=True, now=NOW)
            return table

    def _point(self, connection: Connection, table: Table, spelled: str) -> Table:
        name, _, column = spelled.partition(":")
        other = None if name == "contacts" else relational.table_named(connection, self.account_id, name)
        return relational.add_foreign_key(
            connection, self.account_id, table, other, column=column or None, now=NOW
        )

    def run(self, *runs: Run, header: BatchHeader = HEADER) -> Done:
        """Run commands as one file would."""
        done = Done(Tally())
        with self.room.database.transaction() as connection:
            lock_account(connection, self.account_id)
            settings = account_by_id(connection, self.account_id).settings
            applier = RelationalApplier(
                connection,
                self.account_id,
                settings,
                header,
                now=NOW,
                on_finding=done.findings.append,
                tally=done.tally,
            )
            applier.begin()
            for each in runs:
                applier.run(each)
        return done

    def save(self, fields: str, *rows: str, header: BatchHeader = HEADER) -> Done:
        """Save rows: fields and values parted by commas, each row a command on a line of its own."""
        return self.run(run_of(Kind.RELATIONAL_SAVE, fields, *rows), header=header)

    def delete(self, fields: str, *rows: str) -> Done:
        """Delete rows, written as for `save`."""
        return self.run(run_of(Kind.RELATIONAL_DELETE, fields, *rows))

    def bulk(self, table: str, fields: str, *rows: str, clear: bool = False) -> Done:
        """Import rows as a CSV does."""
        header = replace(HEADER, relational=False, isrelational=True, table=table, clear_data=clear)
        return self.run(run_of(Kind.RELATIONAL_IMPORT, fields, *rows), header=header)

    def rows(self, table: str) -> dict[str, dict[str, Any]]:
        """Return the cells of rows by key."""
        return {row.row_key: row.cells for row in self._read(table)}

    def owners(self, table: str) -> dict[str, tuple[str | None, str | None]]:
        """Return by key the e-mail of the contact whose a row is, and the key of the row that owns it."""
        emails = self.emails()
        return {row.row_key: (emails.get(row.contact_id or 0), row.owner_key) for row in self._read(table)}

    def emails(self) -> dict[int, str]:
        """Return the e-mails of all contacts by id."""
        with self.room.database.transaction() as connection:
            rows = connection.execute(
                "select contact_id, email from contacts where account_id = %s", [self.account_id]
            )
            return {row["contact_id"]: row["email"] for row in rows}

    def _read(self, name: str) -> list[relational_rows.Row]:
        with self.room.database.transaction() as connection:
            table = relational.table_named(connection, self.account_id, name)
            return relational_rows.read_rows(
                connection, self.account_id, table, RowsWanted(), limit=EVERYTHING
            )


def run_of(kind: Kind, fields: str, *rows: str) -> Run:
    """Return a run of commands with one record each, on the lines 1, 2, ..."""
    command = Command(kind, (), tuple(fields.split(",")))
    records = [Record(line, 1, line, tuple(row.split(","))) for line, row in enumerate(rows, start=1)]
    return Run.of(command, records)
