"""Doing what relational commands ask: saving, importing and deleting rows, clearing tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from postroom.contacts.commands import BatchHeader, Finding, Kind, Run, Tally
from postroom.contacts.settings import AccountSettings
from postroom.contacts.table_values import ERASE
from postroom.contacts.verdicts import Verdict
from postroom.ingest.background import Background, Foreground
from postroom.ingest.relational.findings import Findings
from postroom.ingest.relational.owners import Owners
from postroom.ingest.relational.plans import Plan, Planner, PlanRefused
from postroom.ingest.relational.removing import Remover
from postroom.ingest.relational.saving import Given, Saver
from postroom.ingest.relational.values import Typist
from postroom.store.database import Connection
from postroom.store.relational import tables_of_account


@dataclass(frozen=True, slots=True)
class Manner:
    """How things are said: whether a column contact_id names contacts, and what erases a value."""

    by_id: bool = False
    erase: str = ERASE


FILES: Final = Manner()

_NONE: Final = -1


class RelationalApplier:
    """Runs the relational commands of one batch; the caller holds the account's lock and commits."""

    def __init__(  # noqa: PLR0913 - a batch has that many sides, all named
        self,
        connection: Connection,
        account_id: int,
        settings: AccountSettings,
        header: BatchHeader,
        *,
        now: datetime,
        on_finding: Callable[[Finding], None],
        tally: Tally,
        manner: Manner = FILES,
        background: Background | Foreground | None = None,
    ) -> None:
        """Take the tables as they are; counts of rows go to `tally`, what is found to `on_finding`.

        New rows go in by `background`, if there is one: who uses the connection for anything else settles it.
        """
        self._header = header
        self._on_finding = on_finding
        self._tally = tally
        tables = tables_of_account(connection, account_id)
        typist = Typist(manner.erase)
        self._planner = Planner(tables, settings, bulk_table=header.table, by_id=manner.by_id)
        self._background = background or Foreground()
        self._owners = Owners(connection, account_id, settings, self._background)
        self._saver = Saver(connection, account_id, typist, now, self._background)
        self._remover = Remover(connection, account_id, typist, tables)
        self._last_ordinal = _NONE
        self._cleared: set[int] = set()
        """Tables that were to be cleared, cleared or not."""

    def begin(self) -> None:
        """Do what comes before the first command: nothing, as which tables are cleared commands will name."""

    def run(self, run: Run) -> None:
        """Do what a run asks; a command that cannot be read at all does nothing."""
        findings = Findings(run, self._on_finding, goes_on=self._last_ordinal)
        self._last_ordinal = run.ordinals[-1] if len(run) else self._last_ordinal
        kind = run.command.kind
        if not self._is_allowed(kind):
            findings.fail_commands(Verdict.NOT_RELATIONAL, "")
            return
        try:
            plan = self._planner.plan(run.command.fields, kind)
        except PlanRefused as refused:
            findings.fail_commands(refused.verdict, refused.value)
            return
        self._ignore(plan, findings)
        self._clear(plan, findings)
        columns = _columns(run)
        contact_ids = self._owners.find(columns, plan.contact, findings) if plan.contact else None
        self._background.settle()
        given = Given(columns, contact_ids)
        if kind is Kind.RELATIONAL_DELETE:
            self._delete(plan, given, findings)
        else:
            self._save(plan, given, findings)
        findings.tell()

    def _is_allowed(self, kind: Kind) -> bool:
        if kind is Kind.RELATIONAL_IMPORT:
            return self._header.table is not None
        return self._header.relational and not self._header.allow_duplicates

    def _ignore(self, plan: Plan, findings: Findings) -> None:
        for name in plan.ignored:
            self._tally.fields_ignored += findings.warn_commands(Verdict.UNKNOWN_FIELD, name)

    def _clear(self, plan: Plan, findings: Findings) -> None:
        """Clear tables that the file names for the first time (specs, command batches 7.36)."""
        if not self._header.clear_data:
            return
        for each in plan.tables:
            if each.table.table_id in self._cleared:
                continue
            self._cleared.add(each.table.table_id)
            self._background.settle()
            gone = self._remover.clear(each.table)
            if gone is None:
                findings.warn_commands(Verdict.CLEARING_FORBIDDEN, each.table.name)
            else:
                self._tally.rows_cleared += gone

    def _save(self, plan: Plan, given: Given, findings: Findings) -> None:
        self._saver.begin_run()
        for each in plan.tables:
            inserted, updated = self._saver.save(each, given, findings)
            self._tally.rows_inserted += inserted
            self._tally.rows_updated += updated

    def _delete(self, plan: Plan, given: Given, findings: Findings) -> None:
        for each in reversed(plan.tables):
            self._tally.rows_deleted += self._remover.delete(each, given, findings)


def _columns(run: Run) -> list[pl.Series]:
    width = len(run.command.fields)
    columns = zip(*run.rows, strict=True) if run.rows else [()] * width
    return [pl.Series(f"column_{place}", values, dtype=pl.String) for place, values in enumerate(columns)]
