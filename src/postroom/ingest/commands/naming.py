"""Whom records mean that give nobody values: every contact of an address, or the one they tell apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from postroom.contacts.criteria import Criterion
from postroom.ingest.cleaning import Cleaner
from postroom.ingest.commands.realms import Realm, read_pairs
from postroom.ingest.keys import dedup_keys
from postroom.ingest.literals import array
from postroom.store import commanding, identifiers
from postroom.store.database import Connection

_PAIRS = {"row": pl.Int64, "contact_id": pl.Int64}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Whom rows could mean: pairs (row, contact_id) in their order, and first names where several share."""

    pairs: pl.DataFrame
    firsts: Mapping[int, str]


def candidates(connection: Connection, realm: Realm, frame: pl.DataFrame) -> Candidates:
    """Return all contacts that rows (row, dedup_key, email) could mean, by key or shared address."""
    realm.settle()
    pairs = _of_keys(connection, realm, frame)
    if realm.settings.criterion is Criterion.EMAIL and realm.may_have_sharers:
        shared = sharers(connection, realm, frame)
        if shared.height:
            every = pl.concat([pairs, shared]).unique().sort("row", "contact_id")
            several = every.filter(pl.col("contact_id").is_in(shared["contact_id"].implode()))
            return Candidates(every, _firsts(connection, realm, several["contact_id"]))
    return Candidates(pairs.sort("row", "contact_id"), {})


def named(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs (row, contact_id) of rows and the contacts that they mean, in their order.

    A first name that one of several contacts of an address has means that one; otherwise all are meant
    (specs, command batches 3.4).
    """
    found = candidates(connection, realm, frame)
    if not found.firsts or "first_name" not in frame.columns:
        return found.pairs
    wanted = dict(frame.select("row", "first_name").iter_rows())
    same = [
        bool(wanted[row]) and found.firsts.get(contact) == folded(wanted[row])
        for row, contact in found.pairs.iter_rows()
    ]
    marked = found.pairs.with_columns(pl.Series("same", same, dtype=pl.Boolean))
    told = pl.col("same").any().over("row")
    return marked.filter(~told | pl.col("same")).select(*_PAIRS)


def named_by_address(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs (row, contact_id) of rows and all contacts that have their addresses.

    Where the address is not what identifies contacts, this reads all of the account.
    """
    realm.settle()
    if realm.settings.criterion is Criterion.EMAIL:
        by_address = frame.select("row", "email", dedup_keys(frame, Criterion.EMAIL, Cleaner()))
        return candidates(connection, realm, by_address).pairs
    holders = holders_of(connection, realm, frame["email"])
    return frame.select("row", "email").join(holders, on="email").select(*_PAIRS).sort("row", "contact_id")


def holders_of(connection: Connection, realm: Realm, addresses: pl.Series) -> pl.DataFrame:
    """Return contact_id and email of who has any of some addresses; reads all contacts of the account."""
    lines = commanding.contacts_of_addresses(
        connection, realm.account_id, addresses=array(addresses.unique().sort())
    )
    return pl.read_csv(
        lines.encode(),
        has_header=False,
        separator="\t",
        quote_char=None,
        schema={"contact_id": pl.Int64, "email": pl.String},
        raise_if_empty=False,
    )


def sharers(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs (row, contact_id) of rows (row, dedup_key, email) and who shares their addresses.

    The first of an address may not be among them: its key tells.
    """
    keyed = frame.select("row", "dedup_key", "email").sort("dedup_key")
    csv = commanding.sharers_of_keys(
        connection,
        realm.account_id,
        places=array(keyed["row"]),
        keys=array(keyed["dedup_key"]),
        addresses=array(keyed["email"]),
    )
    return read_pairs(csv, *_PAIRS)


def told_apart(first: str | None, among: Sequence[int], firsts: Mapping[int, str]) -> Sequence[int]:
    """Return the one of some contacts that has a first name, all of them when none has."""
    same = [each for each in among if first and firsts.get(each) == folded(first)]
    return same[:1] or among


def folded(first_name: str | None) -> str:
    """Return a first name as it is compared: trimmed, without regard to case."""
    return (first_name or "").strip().lower()


def _of_keys(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    keyed = frame.select("row", "dedup_key").sort("dedup_key")
    csv = commanding.contacts_of_keys(
        connection, realm.account_id, places=array(keyed["row"]), keys=array(keyed["dedup_key"])
    )
    return read_pairs(csv, *_PAIRS)


def _firsts(connection: Connection, realm: Realm, contact_ids: Collection[int]) -> dict[int, str]:
    ids = array(pl.Series(sorted(set(contact_ids)), dtype=pl.Int64))
    known = identifiers.identifying_fields(connection, realm.account_id, ["first_name"], ids)
    return {each["contact_id"]: folded(each["first_name"]) for each in known}
