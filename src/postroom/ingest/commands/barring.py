"""Who must not be subscribed: opt-outs are looked up before the merge, and lifted where that is forced."""

from __future__ import annotations

import polars as pl

from postroom.contacts.levels import GLOBAL_SCOPE, Level, barred
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.records import Rows
from postroom.ingest.commands.work import Work
from postroom.ingest.consents import ConsentMerger, Distinct
from postroom.ingest.literals import array
from postroom.store import levels

Standing = dict[str, dict[Level, OptOutReason]]
"""The opt-outs of addresses that have any."""


def admitted(work: Work, realm: Realm, rows: Rows, list_id: int, *, forced: bool) -> Rows:
    """Return the rows that may be subscribed; the others are told (specs, command batches 6.3).

    Forced, the opt-outs that stood in the way of the rows that may are lifted.
    """
    standing = _standing(work, realm, rows, list_id)
    if not standing:
        return rows
    lifts = realm.settings.optin_lifts_complaints
    verdicts = {
        address: barred(levels_of, forced=forced, lifts_complaints=lifts)
        for address, levels_of in standing.items()
    }
    refused = {address: verdict for address, verdict in verdicts.items() if verdict}
    theirs = pl.col("email").is_in(list(refused))
    for row, address in rows.frame.filter(theirs).select("row", "email").iter_rows():
        work.telling.fail(row, refused[address], address)
    left = rows.having(rows.frame.filter(~theirs))
    for level, scope in ((Level.LIST, realm.scope_of(list_id)), (Level.GLOBAL, GLOBAL_SCOPE)):
        lifted = [each for each in standing if each not in refused and level in standing[each]]
        if lifted:
            _lift(work, realm, scope, left.frame.filter(pl.col("email").is_in(lifted)))
    return left


def _standing(work: Work, realm: Realm, rows: Rows, list_id: int) -> Standing:
    if not (realm.may_have_optouts or work.may_have_universal) or rows.frame.is_empty():
        return {}
    addresses = array(rows.frame["email"].unique().sort())
    found: Standing = {}
    if realm.may_have_optouts:
        scopes = [realm.scope_of(list_id), GLOBAL_SCOPE]
        lines = levels.standing_scopes(work.connection, realm.account_id, scopes, addresses=addresses)
        for line in lines.splitlines():
            address, place, reason = line.split("\t")
            level = (Level.LIST, Level.GLOBAL)[int(place) - 1]
            found.setdefault(address, {})[level] = OptOutReason(int(reason))
    if work.may_have_universal:
        for address in levels.standing_universal(work.connection, addresses=addresses):
            found.setdefault(address, {})[Level.UNIVERSAL] = OptOutReason.ACCOUNT
    return found


def _lift(work: Work, realm: Realm, scope: str, frame: pl.DataFrame) -> None:
    merger = ConsentMerger(work.connection, work.act(realm, scope), any_stored=True)
    lot = Distinct().lot(frame.select("line", pl.col("email").alias("address")))
    merger.opt_in(lot, lifts_complaints=realm.settings.optin_lifts_complaints)
    work.tally.cleared += merger.finish().opted_in
    if scope == GLOBAL_SCOPE:
        realm.changed_optouts()
