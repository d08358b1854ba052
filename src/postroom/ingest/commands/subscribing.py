"""`sub` and `save`: contacts made and changed, and put on lists (specs, command batches 2.2)."""

from __future__ import annotations

from collections.abc import Sequence

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
    """Subscribe the contacts of a run to its lists; one list may refuse a record that another takes."""
    header = work.batch.header
    wanted = asking.list_ids(run.command, header, own=work.is_own(realm))
    forced = asking.flag(run.command, "force_sub", default=header.force_sub, alias="force_subscribe")
    realm.require_lists(wanted)
    enrol(work, realm, _read(work, realm, run), wanted, forced=forced)


def save(work: Work, realm: Realm, run: Run) -> None:
    """Make and change the contacts of a run; opt-outs do not matter, as nobody is put on a list."""
    enrol(work, realm, _read(work, realm, run), (), forced=False)


def enrol(work: Work, realm: Realm, rows: Rows, list_ids: Sequence[int], *, forced: bool) -> Rows:
    """Bring rows into contacts and onto lists, if there are any; return those that were not refused.

    Record after record is merged once, whichever lists take it: list after list would be another order.
    """
    by_list = {each: admitted(work, realm, rows, each, forced=forced) for each in list_ids}
    if by_list:
        taken = pl.concat([each.frame["row"] for each in by_list.values()]).unique()
        rows = rows.having(rows.frame.filter(pl.col("row").is_in(taken.implode())))
    alike = by_list and all(each.frame.height == rows.frame.height for each in by_list.values())
    first = list_ids[0] if alike else NO_LIST
    found = resolved(work, realm, rows)
    realm.merge(found.rows, first)
    realm.make(found.newcomers, first)
    note(work.connection, realm, found.grown)
    done = pl.concat([found.rows.frame, found.newcomers.frame]).sort("row")
    for list_id, taking in by_list.items():
        if list_id != first:
            realm.join(done.filter(pl.col("row").is_in(taking.frame["row"].implode())), list_id)
    return rows.having(done)


def _read(work: Work, realm: Realm, run: Run) -> Rows:
    rows = realm.reader.read(run, work.telling)
    said = run.command.argument("format")
    if not said or run.command.kind is Kind.SAVE:
        return rows
    code = asking.format_of(run.command)
    if code is None:
        work.telling.warn_commands(Verdict.BAD_VALUE, f"format={said}")
    return rows.having(rows.frame.with_columns(pl.col("format").fill_null(pl.lit(code, dtype=pl.Int16))))
