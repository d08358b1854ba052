"""The statements by which `ingest` alone takes an import back; ids go in as array literals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from postroom.contacts.fields import CONTACT_FIELDS
from postroom.store.database import Connection
from postroom.store.journal import Journal
from postroom.store.statements import statements

_SQL = statements("undoing")

Run = tuple[int, int]
"""First and last of consecutive contact ids."""


class JournalledContacts:
    """The contacts and the list of one journal."""

    def __init__(self, connection: Connection, journal: Journal) -> None:
        """Act for the account of `journal`; the caller holds its lock."""
        self._connection = connection
        self._journal = journal
        self._key = {"account_id": journal.key.account_id, "list_id": journal.list_id}

    def standing(self, run: Run) -> Sequence[int]:
        """Return which of a run of contacts are there, in order."""
        return self._ids("standing_contacts", {"first": run[0], "last": run[1]})

    def on_other_lists(self, run: Run) -> Sequence[int]:
        """Return which of a run of contacts are on another list than the import's."""
        return self._ids("run_on_other_lists", {"first": run[0], "last": run[1]})

    def delete_unchanged(self, run: Run, *, kept: str) -> Sequence[int]:
        """Delete those of a run that are as the import made them and not in `kept`; return their ids."""
        return self._ids(
            "delete_unchanged",
            {"first": run[0], "last": run[1], "kept": kept, "applied_at": self._journal.applied_at},
        )

    def existing(self, contact_ids: str) -> Sequence[int]:
        """Return which of these contacts are there."""
        return self._ids("existing_contacts", {"contact_ids": contact_ids})

    def members_among(self, contact_ids: str) -> Sequence[int]:
        """Return which of these contacts are on the list."""
        return self._ids("members_among", {"contact_ids": contact_ids})

    def leave_list(self, contact_ids: str) -> int:
        """Take contacts off the list; return how many were on it."""
        return self._run("leave_list", {"contact_ids": contact_ids})

    def rejoin_list(self, contact_ids: str) -> int:
        """Put contacts on the list on which they are not; return how many."""
        return self._run("rejoin_list", {"contact_ids": contact_ids})

    def list_exists(self) -> bool:
        """Tell whether the list is there."""
        row = self._connection.execute(_SQL["list_exists"], self._key).fetchone()
        return bool(row and row["found"])

    def remove_unused_list(self) -> bool:
        """Remove the list when it is empty and owed to undone imports alone; tell whether it was."""
        return self._run("remove_unused_list", {}) > 0

    def restore_list_note(self) -> None:
        """Let the list have been changed last by what had changed it before, if nothing has since."""
        self._run(
            "restore_list_note",
            {
                "drop_id": self._journal.key.drop_id,
                "was_drop_id": self._journal.list_was_drop_id,
                "was_updated_at": self._journal.list_was_updated_at,
            },
        )

    def changed_values(self, fields: Sequence[str], arrays: Sequence[str]) -> list[dict[str, Any]]:
        """Return contact_id, gone and fields of contacts that cannot be restored, or not wholly.

        `arrays` are literals of one length: contact ids, the times they were changed before, and for each of
        `fields` what it was and what it became; both alike where the import did not change it.
        """
        changed = sql.SQL(", ").join(_changed(field) for field in fields)
        names = sql.SQL(", ").join(map(sql.Identifier, fields))
        return self._wide("changed_values", fields, arrays, {"changed": changed, "fields": names}).fetchall()

    def changed_later(self, fields: Sequence[str]) -> dict[str, list[int]]:
        """Return by field the contacts to whom later imports that stand gave values of it."""
        journal = self._journal
        parameters = {
            "account_id": journal.key.account_id,
            "journal_id": journal.journal_id,
            "fields": list(fields),
        }
        found: dict[str, list[int]] = {}
        for row in self._connection.execute(_SQL["changed_later"], parameters):
            found.setdefault(row["field"], []).extend(row["contact_ids"])
        return found

    def restore_values(self, fields: Sequence[str], arrays: Sequence[str], *, now: datetime) -> int:
        """Give contacts back what they had, where they still have what the import gave; return how many.

        `arrays` are those of `changed_values`.
        """
        parts = {
            "assignments": sql.SQL(", ").join(_assignment(field) for field in fields),
            "restorable": sql.SQL(" or ").join(_restorable(field) for field in fields),
        }
        return self._wide("restore_values", fields, arrays, parts, now=now).rowcount

    def _wide(
        self,
        statement: str,
        fields: Sequence[str],
        arrays: Sequence[str],
        parts: Mapping[str, sql.Composable],
        **moments: datetime,
    ) -> psycopg.Cursor[dict[str, Any]]:
        unknown = set(fields) - set(CONTACT_FIELDS)
        if unknown:
            raise ValueError(f"not contact fields: {sorted(unknown)}")
        columns = [
            "contact_id",
            "was_updated_at",
            *(f"{when}_{f}" for f in fields for when in ("was", "became")),
        ]
        types = [
            "bigint[]",
            "timestamptz[]",
            *("date[]" if f == "birth_date" else "text[]" for f in fields for _ in "wb"),
        ]
        composed = sql.SQL(_SQL[statement]).format(
            arrays=sql.SQL(", ").join(
                sql.SQL("{}::{}").format(sql.Placeholder(f"array_{number}"), sql.SQL(kind))
                for number, kind in enumerate(types)
            ),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            **parts,
        )
        given = {f"array_{number}": array for number, array in enumerate(arrays)}
        return self._connection.execute(
            composed, {**self._key, "applied_at": self._journal.applied_at, **moments, **given}
        )

    def _ids(self, statement: str, parameters: Mapping[str, object]) -> Sequence[int]:
        row = self._connection.execute(_SQL[statement], {**self._key, **parameters}).fetchone()
        assert row is not None  # an aggregate always answers
        return row["contact_ids"] or []

    def _run(self, statement: str, parameters: Mapping[str, object]) -> int:
        return self._connection.execute(_SQL[statement], {**self._key, **parameters}).rowcount


def contacts_by_id(
    connection: Connection, account_id: int, contact_ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """Return reference, email, phone and mobile of the contacts that are there, by id."""
    rows = connection.execute(
        _SQL["contacts_by_id"], {"account_id": account_id, "contact_ids": list(contact_ids)}
    )
    return {row["contact_id"]: row for row in rows}


def _changed(field: str) -> sql.Composable:
    was, became, now = (
        sql.Identifier(f"was_{field}"),
        sql.Identifier(f"became_{field}"),
        sql.Identifier("c", field),
    )
    return sql.SQL(
        "case when {was} is distinct from {became} and {now} is distinct from {became} then {name} end"
    ).format(was=was, became=became, now=now, name=field)


def _assignment(field: str) -> sql.Composable:
    return sql.SQL(
        "{field} = case when {now} is not distinct from {became} then {was} else {now} end"
    ).format(
        field=sql.Identifier(field),
        now=sql.Identifier("c", field),
        was=sql.Identifier("r", f"was_{field}"),
        became=sql.Identifier("r", f"became_{field}"),
    )


def _restorable(field: str) -> sql.Composable:
    return sql.SQL("({was} is distinct from {became} and {now} is not distinct from {became})").format(
        now=sql.Identifier("c", field),
        was=sql.Identifier("r", f"was_{field}"),
        became=sql.Identifier("r", f"became_{field}"),
    )
