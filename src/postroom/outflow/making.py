"""Making a file: rows out of the database into their format and packing, streamed, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.dialects.flows.cells import CUT, NOT_A_NUMBER
from postroom.dialects.flows.writing import gzip_stream, zip_member
from postroom.outflow.catalogue import field_column, flow_named
from postroom.outflow.columns import FlowColumn
from postroom.outflow.conveying import conveyed
from postroom.outflow.encrypting import encrypt_file
from postroom.outflow.flow import Flow, Rows
from postroom.outflow.options import Format, Options, Packing
from postroom.outflow.parquet import write_parquet
from postroom.store import flow_rows
from postroom.store.accounts import Account
from postroom.store.database import Connection
from postroom.store.flow_cells import Cell, Source, Writing
from postroom.store.flow_rows import Spelled, Wanted
from postroom.store.flows import Run

_STATEMENTS: Final = {
    Rows.EVENTS: "event_rows",
    Rows.ANSWERS: "answer_rows",
    Rows.ADDRESSES: "address_rows",
    Rows.LEDGER: "ledger_rows",
}
FIELD_GONE: Final = "field_gone"
"""The remark that counts columns which are empty as their field was deleted."""

_LARGE_ROWS: Final = 400_000
"""So many rows might come to 4 GiB, if each were as long as can be: their ZIP is a ZIP64."""

_PIECE_BYTES: Final = 1 << 20

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: rows in it, events left out as their contact is gone, what had to be changed."""

    rows: int
    left_out: int
    remarks: dict[str, int]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the file of a run is made."""

    run: Run
    options: Options
    columns: tuple[FlowColumn, ...]
    wanted: Wanted
    spelled: Spelled
    inner_name: str

    @property
    def gone(self) -> int:
        """Return how many columns are those of fields that were deleted."""
        return sum(each.source is Source.NOTHING for each in self.columns)


def recipe_of(account: Account, run: Run) -> Recipe:
    """Return how the file of a run is made, by what was decided when it was planned."""
    options = Options.from_json(run.plan["options"])
    flow = flow_named(run.flow, run.plan["questions"])
    columns = columns_of(flow, options, account)
    as_json = options.format is not Format.CSV
    writing = Writing(
        iso_moments=run.plan["moments"] == "iso", spreadsheet_safe=options.spreadsheet_safe, as_json=as_json
    )
    return Recipe(
        run=run,
        options=options,
        columns=columns,
        wanted=_wanted(account, run, flow, columns),
        spelled=Spelled(run.plan["zone"], writing),
        inner_name=run.plan["inner_name"],
    )


def columns_of(flow: Flow, options: Options, account: Account) -> tuple[FlowColumn, ...]:
    """Return the columns of a flow and those of contact fields that were added.

    A field that was deleted since keeps its column, which is empty: those who load the file expect it.
    """
    fields = {each: each for each in DOCUMENTED_FIELDS}
    fields |= {each.name: name for name, each in account.settings.custom.items()}
    taken = [each.name for each in flow.columns]
    added = [
        field_column(name, fields[name], taken)
        if name in fields
        else replace(field_column(name, name, taken), source=Source.NOTHING)
        for name in options.fields
    ]
    return (*flow.columns, *added)


def make_file(connection: Connection, recipe: Recipe, target: Path) -> Made:
    """Write the file of a run to `target`; beside it are files that are gone again at the end."""
    counted = None
    if recipe.wanted.type is not None:
        counted = flow_rows.count_rows(connection, recipe.wanted)
        recipe = replace(recipe, wanted=replace(recipe.wanted, all_there=counted.all_there))
    large = counted is None or counted.events > _LARGE_ROWS
    plain = target.with_suffix(".plain") if recipe.options.pgp else target
    try:
        with plain.open("wb") as stream:
            rows = _write(connection, recipe, stream, target, large=large)
        if recipe.options.pgp:
            encrypt_file(plain, target, recipe.options.pgp)
    finally:
        if plain != target:
            plain.unlink(missing_ok=True)
    if counted is None:
        return Made(rows, 0, {})
    gone = counted.gone
    if recipe.wanted.statement == "event_rows":
        gone = max(0, counted.events - rows)
    remarks = {CUT: counted.cut, NOT_A_NUMBER: counted.not_a_number}
    return Made(rows, gone, {name: count for name, count in remarks.items() if count})


def _write(connection: Connection, recipe: Recipe, stream: BinaryIO, target: Path, *, large: bool) -> int:
    with _packed(recipe, stream, large=large) as write:
        if recipe.options.format is Format.PARQUET:
            return _write_parquet(connection, recipe, write, target)
        with conveyed(write) as convey:
            if recipe.options.format is Format.CSV:
                convey(";".join(each.name for each in recipe.columns).encode() + b"\n")
            return flow_rows.write_rows(connection, recipe.wanted, recipe.spelled, convey)


def _write_parquet(connection: Connection, recipe: Recipe, write: Write, target: Path) -> int:
    lines, table = target.with_suffix(".lines"), target.with_suffix(".table")
    try:
        with lines.open("wb") as stream:
            rows = flow_rows.write_rows(connection, recipe.wanted, recipe.spelled, stream.write)
        write_parquet(lines, table, recipe.columns)
        with table.open("rb") as finished:
            while piece := finished.read(_PIECE_BYTES):
                write(piece)
    finally:
        lines.unlink(missing_ok=True)
        table.unlink(missing_ok=True)
    return rows


@contextmanager
def _packed(recipe: Recipe, stream: BinaryIO, *, large: bool) -> Iterator[Write]:
    name, moment = recipe.inner_name, recipe.run.cut_at
    if recipe.options.packing is Packing.ZIP:
        with zip_member(stream, name, moment, large=large) as write:
            yield write
    elif recipe.options.packing is Packing.GZIP:
        with gzip_stream(stream, name, moment) as write:
            yield write
    else:
        with nullcontext():
            yield stream.write


def _wanted(account: Account, run: Run, flow: Flow, columns: tuple[FlowColumn, ...]) -> Wanted:
    trigger = flow.trigger
    bounds = {
        name: (datetime.fromisoformat(first), datetime.fromisoformat(last))
        for name, (first, last) in (run.plan.get("bounds") or {}).items()
    }
    return Wanted(
        statement=_STATEMENTS[flow.rows],
        account_id=run.account_id,
        account=account.name[:64],
        cells=[_cell(each) for each in columns],
        from_seq=run.from_seq,
        to_seq=run.to_seq,
        from_act=run.from_act,
        to_act=run.to_act,
        type=trigger.type.value if trigger else None,
        channel=trigger.channel.value if trigger and trigger.channel else None,
        attribute=trigger.attribute if trigger else None,
        since=run.from_at,
        until=run.to_at,
        happened=bounds.get("happened"),
        recorded=bounds.get("recorded"),
    )


def _cell(column: FlowColumn) -> Cell:
    plain = column.column
    return Cell(plain.name, plain.kind.value, column.source, column.key, plain.length)
