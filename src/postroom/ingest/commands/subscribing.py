"""`sub` and `save`: contacts made and changed, and put on lists (specs, command batches 2.2)."""

from __future__ import annotations

import polars as pl

from postroom.contacts.commands import Kind, Run
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands import asking
from postroom.ingest.commands.barring import admitted
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.records import Rows
from postroom.ingest.commands.sharing import note, resolved
from postroom.ingest.commands.work import Work
from postroom.store.merge import NO_LIST


def subscribe(work: Work, realm: Realm, run: Run) -> None:
    """Subscribe the contacts of a run to its lists, one list after another, each as if it stood alone."""
    header = work.batch.header
    wanted = asking.list_ids(run.command, header, own=work.is_own(realm))
    forced = asking.flag(run.command, "force_sub", default=header.force_sub, alias="force_subscribe")
    realm.require_lists(wanted)
    rows = _read(work, realm, run)
    for list_id in wanted:
        enrol(work, realm, rows, list_id, forced=forced)


def save(work: Work, realm: Realm, run: Run) -> None:
    """Make and change the contacts of a run; opt-outs do not matter, as nobody is put on a list."""
    enrol(work, realm, _read(work, realm, run), NO_LIST, forced=False)


def enrol(work: Work, realm: Realm, rows: Rows, list_id: int, *, forced: bool) -> Rows:
    """Bring rows into contacts and onto a list, if there is one; return those that were not refused."""
    if list_id != NO_LIST:
        rows = admitted(work, realm, rows, list_id, forced=forced)
    found = resolved(work, realm, rows)
    realm.merge(found.rows, list_id)
    realm.make(found.newcomers, list_id)
    note(work.connection, realm, found.grown)
    return rows.having(pl.concat([found.rows.frame, found.newcomers.frame]).sort("row"))


def _read(work: Work, realm: Realm, run: Run) -> Rows:
    rows = realm.reader.read(run, work.telling)
    said = run.command.argument("format")
    if not said or run.command.kind is Kind.SAVE:
        return rows
    code = asking.format_of(run.command)
    if code is None:
        work.telling.warn_commands(Verdict.BAD_VALUE, f"format={said}")
    return rows.having(rows.frame.with_columns(pl.col("format").fill_null(pl.lit(code, dtype=pl.Int16))))
