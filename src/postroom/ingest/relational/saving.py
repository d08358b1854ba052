"""Saving rows: insert what is new, update what differs, refuse what is somebody else's.

The records of a run are taken together, table by table, with the effects that they would have one by one in
their order: a row belongs to the first record that makes it, later values replace earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from postroom.contacts.table_values import WRONG
from postroom.contacts.tables import Table
from postroom.contacts.verdicts import Verdict
from postroom.ingest.background import Background, Foreground
from postroom.ingest.literals import array, write_rows
from postroom.ingest.relational.findings import Findings
from postroom.ingest.relational.plans import Cell, TablePlan
from postroom.ingest.relational.values import Typed, Typist, erasing, pieces
from postroom.store import relational_rows
from postroom.store.database import Connection

_BORN = {"key": pl.String, "born": pl.Int64}


@dataclass(frozen=True, slots=True)
class Given:
    """The records of a run: a column of texts for each field, and the contact of each, if they name any."""

    columns: Sequence[pl.Series]
    contact_ids: pl.Series | None


class TableReader:
    """Reads what records say of one table: their rows' keys and whose they may be."""

    def __init__(self, connection: Connection, account_id: int, typist: Typist) -> None:
        """Read for an account."""
        self._connection = connection
        self._account_id = account_id
        self._typist = typist

    def rows(self, plan: TablePlan, given: Given, findings: Findings) -> pl.DataFrame:
        """Return place, key and claim (the contact that the record names, or null) of records with a key.

        Those whose contact is unknown have been refused already and are left out.
        """
        typed = self.typed(plan.unique, given)
        name = f"{plan.table.name}.{plan.unique.name}"
        self._refuse_wrong(typed, plan.unique, given, findings)
        missing = typed.values.is_null() & ~typed.wrong
        findings.refuse(missing.arg_true(), Verdict.MISSING_UNIQUE, [name] * int(missing.sum()))
        claims = given.contact_ids
        named = claims is not None and plan.table.owner is not None
        rows = pl.DataFrame(
            {
                "place": pl.Series(range(len(typed.values)), dtype=pl.Int64),
                "key": typed.values,
                "claim": claims if named else pl.Series([None] * len(typed.values), dtype=pl.Int64),
            }
        )
        there = pl.col("key").is_not_null()
        return rows.filter(there & pl.col("claim").is_not_null() if named else there)

    def typed(self, cell: Cell, given: Given) -> Typed:
        """Return what the texts of a cell's column stand for."""
        return self._typist.read(given.columns[cell.place], cell.field)

    def matched(self, table: Table, keys: pl.Series) -> pl.DataFrame:
        """Return key and held (whose it is, or null) of those keys that rows of a table have, each once."""
        wanted = array(keys.drop_nulls().unique().sort())
        found, held = relational_rows.match_rows(self._connection, self._account_id, table, wanted)
        return pl.DataFrame({"key": found, "held": held}, schema={"key": pl.String, "held": pl.Int64})

    def _refuse_wrong(self, typed: Typed, cell: Cell, given: Given, findings: Findings) -> None:
        if typed.wrong.any():
            verdict = WRONG[cell.field.type]
            findings.refuse(typed.wrong.arg_true(), verdict, shown(cell, given, typed.wrong))


def shown(cell: Cell, given: Given, where: pl.Series) -> list[str]:
    """Say what stood in a cell."""
    return [f"{cell.name}={text}" for text in given.columns[cell.place].filter(where).to_list()]


class Saver:
    """Saves the rows of runs, of one table after another."""

    def __init__(
        self,
        connection: Connection,
        account_id: int,
        typist: Typist,
        now: datetime,
        background: Background | Foreground,
    ) -> None:
        """Save for an account, at a time; new rows go in by `background`."""
        self._connection = connection
        self._account_id = account_id
        self._now = now
        self._background = background
        self._reader = TableReader(connection, account_id, typist)
        self._empty: set[int] = set()
        """Tables that had no row when they were last looked at, and got none since."""
        self._born: dict[int, pl.DataFrame] = {}
        """Rows that the run made, by tables: keys, and places of the records that made them."""

    def begin_run(self) -> None:
        """Begin with the records of another run."""
        self._born.clear()

    def save(self, plan: TablePlan, given: Given, findings: Findings) -> tuple[int, int]:
        """Save what a run says of one table; return how many rows were inserted and updated."""
        self._background.settle()
        rows = self._reader.rows(plan, given, findings)
        rows = self._owned(plan, rows, given, findings)
        for number, cell in enumerate(plan.cells):
            rows = self._with_cell(rows, cell, f"cell_{number}", given, findings)
        rows = self._settled(plan, rows, findings)
        return self._write(plan, rows)

    def _owned(self, plan: TablePlan, rows: pl.DataFrame, given: Given, findings: Findings) -> pl.DataFrame:
        """Add owner_key (null where nothing is said of it), and let who owns the owner claim the row."""
        if plan.owner is None or plan.owner_table is None:
            return rows.with_columns(owner_key=pl.lit(None, dtype=pl.String))
        rows = self._pointing(rows, plan.owner, plan.owner_table, "owner_key", given, findings)
        foreign = rows.filter(pl.col("claim").is_not_null() & (pl.col("held") != pl.col("claim")))
        findings.refuse(foreign["place"], Verdict.FOREIGN_ROW, _named(plan.owner_table, foreign["owner_key"]))
        return (
            rows.filter(~pl.col("place").is_in(foreign["place"].implode()))
            .with_columns(claim=pl.coalesce("held", "claim"))
            .drop("held")
        )

    def _pointing(
        self, rows: pl.DataFrame, cell: Cell, to: Table, column: str, given: Given, findings: Findings
    ) -> pl.DataFrame:
        """Add the keys of rows of another table, and held: whose these are; refuse those of no row."""
        typed = self._reader.typed(cell, given)
        rows = rows.with_columns(typed.values.gather(rows["place"].cast(pl.UInt32)).alias(column))
        wrong = typed.wrong.gather(rows["place"].cast(pl.UInt32))
        known = self._reader.matched(to, rows[column]).rename({"key": column})
        born = self._born.get(to.table_id, pl.DataFrame(schema=_BORN)).rename({"key": column})
        rows = rows.join(
            known.with_columns(known=pl.lit(value=True)), on=column, how="left", maintain_order="left"
        ).join(born, on=column, how="left", maintain_order="left")
        absent = pl.col(column).is_not_null() & (
            pl.col("known").is_null() | (pl.col("born") > pl.col("place")).fill_null(value=False)
        )
        gone = rows.select(absent | pl.Series(wrong)).to_series()
        texts = given.columns[cell.place].gather(rows["place"].filter(gone).cast(pl.UInt32))
        findings.refuse(rows["place"].filter(gone), Verdict.NO_SUCH_ROW, _named(to, texts))
        return rows.filter(~gone).drop("known", "born")

    def _with_cell(
        self, rows: pl.DataFrame, cell: Cell, column: str, given: Given, findings: Findings
    ) -> pl.DataFrame:
        """Add what one cell says, as members of JSON objects; what the field cannot hold is left out."""
        typed = self._reader.typed(cell, given)
        if cell.refers_to is not None:
            rows = self._pointing(rows, cell, cell.refers_to, "named", given, findings).drop("named", "held")
        elif typed.wrong.any():
            left_out = typed.wrong & pl.Series(range(len(typed.wrong))).is_in(rows["place"].implode())
            findings.warn(left_out.arg_true(), WRONG[cell.field.type], shown(cell, given, left_out))
        said = pieces(typed, cell.name, cell.field)
        return rows.with_columns(said.gather(rows["place"].cast(pl.UInt32)).alias(column))

    def _settled(self, plan: TablePlan, rows: pl.DataFrame, findings: Findings) -> pl.DataFrame:
        """Add exists and contact_id; refuse records about others' rows, and about new rows of nobody."""
        rows = rows.join(
            self._matched(plan.table, rows["key"]).with_columns(exists=pl.lit(value=True)),
            on="key",
            how="left",
            maintain_order="left",
        ).with_columns(pl.col("exists").fill_null(value=False))
        if plan.table.owner is None:
            return rows.with_columns(contact_id=pl.lit(None, dtype=pl.Int64), maker=pl.col("place"))
        making = pl.col("place") if plan.owner_table is None else _where_not_null("owner_key", "place")
        rows = rows.with_columns(maker=making.min().over("key")).with_columns(
            contact_id=pl.when("exists")
            .then("held")
            .otherwise(pl.col("claim").filter(pl.col("place") == pl.col("maker")).first().over("key"))
        )
        ownerless = ~pl.col("exists") & (pl.col("maker").is_null() | (pl.col("place") < pl.col("maker")))
        foreign = (pl.col("claim") != pl.col("contact_id")).fill_null(value=False)
        told = rows.select(ownerless=ownerless, foreign=foreign & ~ownerless)
        nobodys = rows.filter(told["ownerless"])
        if plan.owner_table is not None:
            findings.refuse(nobodys["place"], Verdict.NO_SUCH_ROW, [plan.owner_table.name] * nobodys.height)
        others = rows.filter(told["foreign"])
        findings.refuse(others["place"], Verdict.FOREIGN_ROW, _named(plan.table, others["key"]))
        return rows.filter(~told["ownerless"] & ~told["foreign"])

    def _matched(self, table: Table, keys: pl.Series) -> pl.DataFrame:
        nothing = pl.DataFrame(schema={"key": pl.String, "held": pl.Int64})
        if table.table_id in self._empty:
            return nothing
        if not relational_rows.has_rows(self._connection, self._account_id, table):
            self._empty.add(table.table_id)
            return nothing
        return self._reader.matched(table, keys)

    def _write(self, plan: TablePlan, rows: pl.DataFrame) -> tuple[int, int]:
        if rows.is_empty():
            return 0, 0
        cells = [f"cell_{number}" for number in range(len(plan.cells))]
        if rows["key"].is_duplicated().any():
            rows = rows.group_by("key", maintain_order=True).agg(
                pl.col("exists", "contact_id", "maker").first(),
                pl.col("owner_key", *cells).drop_nulls().last(),
            )
        new = rows.filter(~pl.col("exists"))
        known = rows.filter("exists")
        self._born[plan.table.table_id] = new.select("key", born=pl.col("maker"))
        arrays = [
            array(known["key"]),
            array(known["owner_key"]),
            array(known.select(_json(cells)).to_series()),
        ]
        updated = 0
        if known.height and (cells or known["owner_key"].count()):
            updated = relational_rows.update_rows(
                self._connection, self._account_id, plan.table, arrays, now=self._now
            )
        if new.height:
            self._insert(plan, new, cells)
        return new.height, updated

    def _insert(self, plan: TablePlan, new: pl.DataFrame, cells: Sequence[str]) -> None:
        # What erases in a new row says nothing.
        kept = [
            pl.when(pl.col(column) != erasing(cell.name)).then(pl.col(column)).alias(column)
            for column, cell in zip(cells, plan.cells, strict=True)
        ]
        moment = pl.lit(self._now.isoformat())
        lines = (
            new.with_columns(kept)
            .sort("key")
            .select(
                account_id=pl.lit(self._account_id),
                table_id=pl.lit(plan.table.table_id),
                row_key=pl.col("key"),
                contact_id=pl.col("contact_id"),
                owner_key=pl.col("owner_key"),
                cells=_json(cells),
                created_at=moment,
                updated_at=moment,
            )
        )
        self._background.begin(partial(self._copy, lines))
        self._empty.discard(plan.table.table_id)

    def _copy(self, lines: pl.DataFrame) -> None:
        with relational_rows.copy_rows(self._connection) as copy:
            write_rows(lines, copy.write)


def _json(cells: Sequence[str]) -> pl.Expr:
    if not cells:
        return pl.lit("{}")
    return "{" + pl.concat_str(*cells, separator=",", ignore_nulls=True) + "}"


def _where_not_null(column: str, value: str) -> pl.Expr:
    return pl.when(pl.col(column).is_not_null()).then(pl.col(value))


def _named(table: Table, keys: pl.Series) -> list[str]:
    return [f"{table.name} {key}" for key in keys.to_list()]
