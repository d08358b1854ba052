"""The rows of OUT flows, streamed out of the database by COPY: as bytes that need only be packed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg import sql

from postroom.store.database import Connection
from postroom.store.flow_cells import (
    Cell,
    Writing,
    address_cells,
    answer_cells,
    changed_counts,
    event_cells,
    ledger_cells,
    literal,
)
from postroom.store.statements import statements

_SQL = statements("flow_rows")

_BLOCK_BYTES: Final = 256 << 10
_COUNTED_FROM: Final = 1000
"""Of columns of at least so many characters it is counted how often a value is cut."""

_AS_CSV: Final[LiteralString] = "copy ({}) to stdout (format csv, delimiter ';', encoding 'UTF8')"
# JSON has no control characters, so nothing is ever quoted.
_AS_JSON: Final[LiteralString] = (
    "copy (select row_to_json(r) from ({}) r) to stdout"
    " (format csv, delimiter e'\\x02', quote e'\\x01', encoding 'UTF8')"
)
_OF_PEOPLE: Final = {"event_rows": event_cells, "answer_rows": answer_cells}
"""They have rows of an event as long as its contact is there, and keep the order of events."""

_OF_ADDRESSES: Final = {"address_rows": address_cells, "ledger_rows": ledger_cells}
"""They find contacts by address, for which there is no index: by hash."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: the statement that finds them, a window of events or acts, and what is asked of them.

    `type`, `channel` and `attribute` (name, values, whether these are meant) are of events. `since` and
    `until` bound the moment of recording, which prunes partitions; `happened` bounds the moment of the event.
    """

    statement: str
    account_id: int
    account: str
    cells: Sequence[Cell]
    from_seq: int = 0
    to_seq: int = 0
    from_act: int = 0
    to_act: int = 0
    type: str | None = None
    channel: str | None = None
    attribute: tuple[str, Sequence[str], bool] | None = None
    since: datetime | None = None
    until: datetime | None = None
    happened: tuple[datetime, datetime] | None = None
    """From the first moment on, and before the second."""
    recorded: tuple[datetime, datetime] | None = None
    """The same of the moment of recording."""
    all_there: bool = False
    """Whether every contact is known to be there under its own id: then none is looked up."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """How rows are written; `zone` is that of moments, an IANA name."""

    zone: str = "UTC"
    writing: Writing = field(default_factory=Writing)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a window holds: events, of these the ones of people who are gone, and values to be changed.

    `all_there` tells that every contact of an event is there under its own id.
    """

    events: int
    gone: int
    cut: int
    not_a_number: int
    all_there: bool


def write_rows(
    connection: Connection, wanted: Wanted, spelled: Spelled, write: Callable[[bytes], object]
) -> int:
    """Hand the lines of rows to `write` in blocks of some 256 KiB; return how many lines there are."""
    by_hash = wanted.statement in _OF_ADDRESSES
    _prepare(connection, spelled.zone, by_hash=by_hash, by_loop=not by_hash)
    rows = sql.SQL(_SQL[wanted.statement]).format(**_parts(wanted, spelled))
    copy_out = sql.SQL(_AS_JSON if spelled.writing.as_json else _AS_CSV).format(rows)
    block: list[bytes | bytearray | memoryview] = []
    held = count = 0
    with connection.cursor() as cursor, cursor.copy(copy_out, _parameters(wanted)) as copy:
        for line in copy:
            count += 1  # PostgreSQL sends each row as a message of its own
            block.append(line)
            held += len(line)
            if held >= _BLOCK_BYTES:
                write(b"".join(block))
                block, held = [], 0
    write(b"".join(block))
    return count


def count_rows(connection: Connection, wanted: Wanted) -> Counted:
    """Count what a window of events holds, and the people of these who are gone."""
    _prepare(connection, "UTC", by_hash=True, by_loop=True)
    parameters, conditions = _parameters(wanted), _conditions(wanted)
    counts = sql.SQL(_SQL["count_events"]).format(
        counts=changed_counts(wanted.cells, _COUNTED_FROM), conditions=conditions
    )
    row = _only(connection, counts, parameters)
    if wanted.statement not in _OF_PEOPLE:
        return Counted(gone=0, all_there=False, **row)
    missed = sql.SQL(_SQL["count_people_gone"]).format(conditions=conditions)
    gone = _only(connection, missed, parameters)["gone"]
    merged = _only(connection, sql.SQL(_SQL["has_merged"]).format(), parameters)["found"]
    return Counted(gone=gone, all_there=not gone and not merged, **row)


def _only(connection: Connection, statement: sql.Composed, parameters: dict[str, Any]) -> dict[str, Any]:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None  # an aggregate, or a truth: they always answer
    return row


def _prepare(connection: Connection, zone: str, *, by_hash: bool, by_loop: bool) -> None:
    """Choose for this transaction how moments are written, and a plan that needs no statistics.

    Joined to campaigns and contacts one by one, events keep the order of their index; a hash would have a
    million wide rows sorted.
    """
    chosen = {"zone": zone, "by_hash": "on" if by_hash else "off", "by_loop": "on" if by_loop else "off"}
    connection.execute(_SQL["choose_moments"], chosen)


def _parts(wanted: Wanted, spelled: Spelled) -> dict[str, sql.Composable]:
    """Return what a statement of rows is filled with."""
    cells, writing, account = wanted.cells, spelled.writing, wanted.account
    conditions = _conditions(wanted)
    if wanted.statement in _OF_ADDRESSES:
        return {"cells": _OF_ADDRESSES[wanted.statement](cells, writing, account), "conditions": conditions}
    written = _OF_PEOPLE[wanted.statement](cells, writing, account, merged=not wanted.all_there)
    # Where no column is of the contact either, PostgreSQL leaves the joins out.
    present = "true" if wanted.all_there else "(e.contact_id is null or k.contact_id is not null)"
    return {"cells": written, "conditions": conditions, "present": sql.SQL(present)}


def _conditions(wanted: Wanted) -> sql.Composed:
    """Return what is asked of rows besides their window, as an SQL condition."""
    asked: list[sql.Composable] = [sql.SQL("true")]
    if wanted.channel is not None:
        asked.append(sql.SQL("e.channel = {}").format(literal(wanted.channel)))
    if wanted.attribute is not None:
        name, values, meant = wanted.attribute
        attribute = sql.SQL("e.attributes ->> {}").format(literal(name))
        is_one = sql.SQL("coalesce({} = any({}), false)").format(attribute, literal(list(values)))
        asked.append(is_one if meant else sql.SQL("not {}").format(is_one))
    moments = ("a.acted_at", "a.acted_at") if wanted.type is None else ("e.recorded_at", "e.at")
    recorded, happened = map(sql.SQL, moments)
    if wanted.type is not None:
        if wanted.since is not None:
            asked.append(sql.SQL("e.recorded_at >= {}").format(literal(wanted.since)))
        if wanted.until is not None:
            asked.append(sql.SQL("e.recorded_at <= {}").format(literal(wanted.until)))
    for moment, bounds in ((recorded, wanted.recorded), (happened, wanted.happened)):
        if bounds is not None:
            within = sql.SQL("{0} >= {1} and {0} < {2}")
            asked.append(within.format(moment, literal(bounds[0]), literal(bounds[1])))
    return sql.SQL(" and ").join(asked)


def _parameters(wanted: Wanted) -> dict[str, Any]:
    names = ("account_id", "type", "from_seq", "to_seq", "from_act", "to_act")
    return {name: getattr(wanted, name) for name in names}
