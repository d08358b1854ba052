"""`delete`: contacts removed with all that is theirs, and opted out (specs, command batches 2.2)."""

from __future__ import annotations

import polars as pl

from postroom.contacts.commands import Run
from postroom.contacts.levels import GLOBAL_SCOPE
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands.naming import candidates, told_apart
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.records import WHO, Rows
from postroom.ingest.commands.sharing import keep_house
from postroom.ingest.commands.unsubscribing import opt_out
from postroom.ingest.commands.work import Work
from postroom.ingest.literals import array
from postroom.store import deleting, identifiers


def delete(work: Work, realm: Realm, run: Run) -> None:
    """Delete the contacts that a run names, each of which must be one and only one."""
    rows = realm.reader.read(run, work.telling, only=WHO)
    if rows.frame.is_empty():
        return
    found = candidates(work.connection, realm, rows.frame)
    mean = _by_row(found.pairs)
    gone: dict[int, int] = {}
    for row, address, first in _named(rows):
        left = [contact for contact in mean.get(row, ()) if contact not in gone]
        meant = told_apart(first, left, found.firsts)
        if len(meant) == 1:
            gone[meant[0]] = row
        else:
            verdict = Verdict.SEVERAL_CONTACTS if meant else Verdict.NO_SUCH_CONTACT
            work.telling.fail(row, verdict, address)
    if not gone:
        return
    ids = array(pl.Series(sorted(gone), dtype=pl.Int64))
    identifiers.delete_contacts(work.connection, realm.account_id, ids)
    deleting.delete_belongings(work.connection, realm.account_id, ids)
    work.tally.deleted += len(gone)
    deleted = rows.frame.filter(pl.col("row").is_in(list(gone.values())))
    addresses = deleted.select("line", pl.col("email").alias("address"))
    work.tally.optouts_global += opt_out(work, realm, GLOBAL_SCOPE, addresses)
    realm.changed_optouts()
    if found.firsts:
        keys = dict(deleted.select("row", "dedup_key").iter_rows())
        left_behind = {keys[row]: [each for each in mean[row] if each not in gone] for row in keys}
        keep_house(work.connection, realm, left_behind)


def _named(rows: Rows) -> list[tuple[int, str, str | None]]:
    first = pl.col("first_name") if "first_name" in rows.fields else pl.lit(None, dtype=pl.String)
    return list(rows.frame.select("row", "email", first).iter_rows())


def _by_row(pairs: pl.DataFrame) -> dict[int, list[int]]:
    mean: dict[int, list[int]] = {}
    for row, contact in pairs.iter_rows():
        mean.setdefault(row, []).append(contact)
    return mean
