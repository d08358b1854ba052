"""Removing rows: those that records name, whole tables, and what the rows that went had owned."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from postroom.contacts.tables import Table
from postroom.contacts.verdicts import Verdict
from postroom.ingest.relational.findings import Findings
from postroom.ingest.relational.plans import TablePlan
from postroom.ingest.relational.saving import Given, TableReader
from postroom.ingest.relational.values import Typist
from postroom.store import relational_rows
from postroom.store.database import Connection
from postroom.store.relational_rows import owned


class Remover:
    """Removes rows of an account's tables."""

    def __init__(
        self, connection: Connection, account_id: int, typist: Typist, tables: Sequence[Table]
    ) -> None:
        """Take all tables of the account: rows take with them what they own."""
        self._connection = connection
        self._account_id = account_id
        self._tables = tables
        self._reader = TableReader(connection, account_id, typist)

    def delete(self, plan: TablePlan, given: Given, findings: Findings) -> int:
        """Delete the rows that a run names; return how many went, those that they owned too."""
        rows = self._reader.rows(plan, given, findings)
        known = self._reader.matched(plan.table, rows["key"]).with_columns(exists=pl.lit(value=True))
        rows = rows.join(known, on="key", how="left", maintain_order="left")
        foreign = (pl.col("claim") != pl.col("held")).fill_null(value=False)
        refused = rows.filter(foreign)
        findings.refuse(refused["place"], Verdict.FOREIGN_ROW, _named(plan.table, refused))
        left = rows.filter(~foreign)
        absent = left.filter(pl.col("exists").is_null() | ~pl.col("key").is_first_distinct())
        findings.refuse(absent["place"], Verdict.NO_SUCH_ROW, _named(plan.table, absent))
        keys = left.filter("exists")["key"].unique().sort().to_list()
        return relational_rows.delete_rows(self._connection, self._account_id, plan.table, keys, self._tables)

    def clear(self, table: Table) -> int | None:
        """Remove all rows of a table; return how many went, None when it may not be cleared.

        It takes with it what its rows own: of that, too, each table must allow it.
        """
        if not self._may_clear(table):
            return None
        return relational_rows.clear_table(self._connection, self._account_id, table, self._tables)

    def _may_clear(self, table: Table) -> bool:
        return table.may_clear and all(self._may_clear(each) for each in owned(table, self._tables))


def _named(table: Table, rows: pl.DataFrame) -> list[str]:
    return [f"{table.name} {key}" for key in rows["key"].to_list()]
