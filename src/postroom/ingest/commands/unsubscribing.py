"""`unsub`: subscriptions removed, and the opt-outs that this leaves (specs, command batches 6.2)."""

from __future__ import annotations

import polars as pl

from postroom.contacts.commands import Kind, Run
from postroom.contacts.levels import GLOBAL_SCOPE, UNIVERSAL_SCOPE, Level, Unsubscribing
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands import asking
from postroom.ingest.commands.naming import named, named_by_address
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.records import WHO, Rows
from postroom.ingest.commands.work import Work
from postroom.ingest.consents import ConsentMerger, Distinct, note_opted_out
from postroom.ingest.literals import array
from postroom.store import accounts, levels


def unsubscribe(work: Work, realm: Realm, run: Run) -> None:
    """Unsubscribe the contacts of a run from its lists, or from all; leave the opt-outs that it asks for."""
    asked, list_ids = _asked(work, realm, run)
    by_address = run.command.kind is Kind.SMART_UNSUB
    only = {"email"} if by_address else WHO
    rows = realm.reader.read(run, work.telling, only=only, by_address=by_address)
    if rows.frame.is_empty():
        return
    if asked.universal:
        subscribed = _leave_every_realm(work, rows)
        _write(work, realm, rows, asked, subscribed, list_id=asking.EVERYWHERE)
        return
    find = named_by_address if by_address else named
    pairs = find(work.connection, realm, rows.frame)
    for list_id in list_ids:
        subscribed = _leave(realm, pairs, None if asked.everywhere else [list_id])
        _write(work, realm, rows, asked, subscribed, list_id=list_id)


def _asked(work: Work, realm: Realm, run: Run) -> tuple[Unsubscribing, list[int]]:
    """Return what a run asks, and of which lists; one list 0 means all (specs, command batches 7.2)."""
    header, command = work.batch.header, run.command
    if asking.flag(command, "global", default=header.everywhere):
        list_ids = [asking.EVERYWHERE]
    else:
        list_ids = asking.list_ids(command, header, own=work.is_own(realm))
    everywhere = asking.EVERYWHERE in list_ids
    universal = asking.flag(command, "universal", default=header.universal)
    asked = Unsubscribing(
        everywhere,
        optout=asking.flag(command, "optout", default=header.optout),
        universal=universal and everywhere and bool(work.batch.universal),
        force=asking.flag(command, "force_optout", default=header.force_optout),
    )
    if universal and not asked.universal:
        work.telling.warn_once(Verdict.UNIVERSAL_OFF)
    if everywhere:
        return asked, [asking.EVERYWHERE]
    realm.require_lists(list_ids)
    return asked, list_ids


def _leave(realm: Realm, pairs: pl.DataFrame, list_ids: list[int] | None) -> pl.Series:
    """Take the contacts of pairs (row, contact_id) off lists; return the rows that found a subscription.

    Of rows that mean the same contact the first finds it.
    """
    if pairs.is_empty():
        return pairs["row"]
    left = realm.leave(pairs["contact_id"], list_ids)
    first = pairs.unique("contact_id", keep="first", maintain_order=True)
    return first.filter(pl.col("contact_id").is_in(left["contact_id"].implode()))["row"].unique()


def _leave_every_realm(work: Work, rows: Rows) -> pl.Series:
    """Take who has the rows' addresses off all lists of all realms; return the rows that found any."""
    found = []
    for account_id in sorted({*work.batch.universal, work.batch.account_id}):
        realm = work.realms.get(account_id)
        if realm is None:
            settings = accounts.account_by_id(work.connection, account_id).settings
            realm = work.realm(account_id, settings)
        found.append(_leave(realm, named_by_address(work.connection, realm, rows.frame), None))
    return pl.concat(found).unique()


def _write(
    work: Work, realm: Realm, rows: Rows, asked: Unsubscribing, subscribed: pl.Series, *, list_id: int
) -> None:
    """Write the opt-outs that rows leave, by whether they found a subscription."""
    found = pl.col("row").is_in(subscribed.implode())
    for said, frame in ((True, rows.frame.filter(found)), (False, rows.frame.filter(~found))):
        level = asked.record(subscribed=said)
        if level is None or frame.is_empty():
            continue
        addresses = frame.select("line", pl.col("email").alias("address"))
        if level is Level.UNIVERSAL:
            work.tally.optouts_universal += _opt_out_everywhere(work, realm, addresses)
        elif level is Level.GLOBAL:
            work.tally.optouts_global += opt_out(work, realm, GLOBAL_SCOPE, addresses)
            realm.changed_optouts()
        else:
            work.tally.optouts_list += opt_out(work, realm, realm.scope_of(list_id), addresses)
            realm.may_have_optouts = True


def opt_out(work: Work, realm: Realm, scope: str, addresses: pl.DataFrame) -> int:
    """Opt addresses (line, address) out; return how many were not."""
    merger = ConsentMerger(work.connection, work.act(realm, scope), any_stored=True)
    merger.opt_out(Distinct().lot(addresses), OptOutReason.ACCOUNT)
    return merger.finish().opted_out


def _opt_out_everywhere(work: Work, realm: Realm, addresses: pl.DataFrame) -> int:
    """Opt addresses out of the whole system; the ledger of the realm that asked for it says so."""
    batch = work.batch
    distinct = addresses.unique("address", keep="first", maintain_order=True).sort("address")
    added = levels.add_universal(
        work.connection, realm.account_id, batch.drop_id, addresses=array(distinct["address"]), now=work.now
    )
    work.may_have_universal = True
    if added:
        fresh = distinct.filter(pl.col("address").is_in(added))
        note_opted_out(work.connection, work.act(realm, UNIVERSAL_SCOPE), fresh, OptOutReason.ACCOUNT)
    return len(added)
