"""What imports did to contacts, kept for a while so that it can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.multirange import Int8Multirange
from psycopg.types.range import Range

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("journal")


@dataclass(frozen=True, slots=True)
class JournalKey:
    """Whose contacts an import changed, and the deposit that asked for it, which may be another account's."""

    account_id: int
    drop_account_id: int
    drop_id: int


@dataclass(frozen=True, slots=True)
class Journal:
    """What an import did: as the table says, with `created` as first and last ids of runs."""

    key: JournalKey
    journal_id: int
    applied_at: datetime
    mode: str
    criterion: str
    list_id: int
    list_is_new: bool
    list_was_drop_id: int | None
    list_was_updated_at: datetime | None
    created: Sequence[tuple[int, int]]
    joined: bytes | None
    departed: bytes | None
    named: bytes | None
    undone_at: datetime | None


def begin_journal(
    connection: Connection, key: JournalKey, *, mode: str, criterion: str, list_id: int, list_is_new: bool
) -> int:
    """Open the journal of an import onto a list before anything is changed; return its id."""
    row = connection.execute(
        _SQL["begin_journal"],
        {
            "account_id": key.account_id,
            "drop_account_id": key.drop_account_id,
            "drop_id": key.drop_id,
            "mode": mode,
            "criterion": criterion,
            "list_id": list_id,
            "list_is_new": list_is_new,
        },
    ).fetchone()
    assert row is not None  # the list is there
    return int(row["journal_id"])


def close_journal(
    connection: Connection,
    account_id: int,
    journal_id: int,
    *,
    created: Sequence[tuple[int, int]],
    joined: bytes | None,
    departed: bytes | None,
    named: bytes | None,
) -> None:
    """Note the ids of the contacts made (first and last of each run), and the packed ids of others."""
    connection.execute(
        _SQL["close_journal"],
        {
            "account_id": account_id,
            "journal_id": journal_id,
            "created": Int8Multirange([Range(first, last, "[]") for first, last in created]),
            "joined": joined,
            "departed": departed,
            "named": named,
        },
    )


def journal_of_drop(connection: Connection, key: JournalKey) -> Journal | None:
    """Return and lock the journal of an import, or None when there is none (any more)."""
    row = connection.execute(
        _SQL["journal_of_drop"],
        {
            "account_id": key.account_id,
            "drop_account_id": key.drop_account_id,
            "drop_id": key.drop_id,
        },
    ).fetchone()
    if row is None:
        return None
    for name in ("account_id", "drop_account_id", "drop_id"):
        del row[name]
    # PostgreSQL gives ranges of whole numbers out as [first, last + 1).
    runs = [(run.lower, run.upper - 1) for run in row.pop("created")]
    return Journal(key=key, created=runs, **row)


def later_journals(connection: Connection, journal: Journal) -> Iterator[dict[str, Any]]:
    """Yield list_id, mode and named (packed ids, or None) of imports that came later and were not undone."""
    parameters = {"account_id": journal.key.account_id, "journal_id": journal.journal_id}
    with connection.cursor(name="later_journals") as cursor:
        cursor.itersize = 1
        yield from cursor.execute(_SQL["later_journals"], parameters)


def changes_of_journal(connection: Connection, journal: Journal) -> Iterator[dict[str, Any]]:
    """Yield field, contact_ids, was and became (lists of one length), in the order of the import."""
    parameters = {"account_id": journal.key.account_id, "journal_id": journal.journal_id}
    with connection.cursor(name="changes_of_journal") as cursor:
        cursor.itersize = 1
        yield from cursor.execute(_SQL["changes_of_journal"], parameters)


def mark_undone(connection: Connection, journal: Journal, *, now: datetime) -> None:
    """Note that an import does not stand any more; the values that it changed are of no more use."""
    key = {"account_id": journal.key.account_id, "journal_id": journal.journal_id}
    connection.execute(_SQL["mark_undone"], {**key, "now": now})
    connection.execute(_SQL["forget_changes"], key)


def forget_journals(connection: Connection, account_id: int, *, before: datetime) -> int:
    """Let go of the journals of what was imported before some time; return how many."""
    row = connection.execute(_SQL["forget_journals"], {"account_id": account_id, "before": before}).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["journals"])
