"""Whom records mean that give nobody values: every contact of an address, or the one they tell apart."""

from __future__ import annotations

import polars as pl

from postroom.contacts.criteria import Criterion
from postroom.ingest.cleaning import Cleaner
from postroom.ingest.commands.realms import Realm, read_pairs
from postroom.ingest.keys import dedup_keys
from postroom.ingest.literals import array
from postroom.store import commanding, identifiers
from postroom.store.database import Connection

_PAIRS = {"row": pl.Int64, "contact_id": pl.Int64}


def named(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs (row, contact_id) of rows and the contacts that they mean, in their order.

    `frame` has row, dedup_key, email and perhaps first_name. A first name that one of several contacts of
    an address has means that one; otherwise all are meant (specs, command batches 3.4).
    """
    realm.settle()
    pairs = _of_keys(connection, realm, frame)
    if realm.settings.criterion is not Criterion.EMAIL or not realm.may_have_sharers:
        return pairs.sort("row", "contact_id")
    shared = _sharers(connection, realm, frame)
    if shared.is_empty():
        return pairs.sort("row", "contact_id")
    every = pl.concat([pairs, shared]).unique()
    if "first_name" in frame.columns:
        every = _told_apart(connection, realm, frame, every)
    return every.sort("row", "contact_id")


def named_by_address(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs (row, contact_id) of rows and all contacts that have their addresses.

    Where the address is not what identifies contacts, this reads all of the account.
    """
    realm.settle()
    if realm.settings.criterion is Criterion.EMAIL:
        by_address = frame.select("row", "email", dedup_keys(frame, Criterion.EMAIL, Cleaner()))
        return named(connection, realm, by_address)
    addresses = array(frame["email"].unique().sort())
    csv = commanding.contacts_of_addresses(connection, realm.account_id, addresses=addresses)
    schema = {"contact_id": pl.Int64, "email": pl.String}
    holders = pl.read_csv(
        csv.encode(), has_header=False, quote_char=None, schema=schema, raise_if_empty=False
    )
    return frame.select("row", "email").join(holders, on="email").select(*_PAIRS).sort("row", "contact_id")


def _of_keys(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    keyed = frame.select("row", "dedup_key").sort("dedup_key")
    csv = commanding.contacts_of_keys(
        connection, realm.account_id, places=array(keyed["row"]), keys=array(keyed["dedup_key"])
    )
    return read_pairs(csv, *_PAIRS)


def _sharers(connection: Connection, realm: Realm, frame: pl.DataFrame) -> pl.DataFrame:
    keyed = frame.select("row", "dedup_key", "email").sort("dedup_key")
    csv = commanding.sharers_of_keys(
        connection,
        realm.account_id,
        places=array(keyed["row"]),
        keys=array(keyed["dedup_key"]),
        addresses=array(keyed["email"]),
    )
    return read_pairs(csv, *_PAIRS)


def _told_apart(
    connection: Connection, realm: Realm, frame: pl.DataFrame, every: pl.DataFrame
) -> pl.DataFrame:
    """Leave of each row's contacts the one that has its first name, if one has."""
    ids = array(every["contact_id"].unique().sort())
    known = identifiers.identifying_fields(connection, realm.account_id, ["first_name"], ids)
    firsts = {each["contact_id"]: folded(each["first_name"]) for each in known}
    wanted = dict(frame.select("row", "first_name").iter_rows())
    same = [
        bool(wanted[row]) and firsts[contact] == folded(wanted[row]) for row, contact in every.iter_rows()
    ]
    marked = every.with_columns(pl.Series("same", same, dtype=pl.Boolean))
    told = pl.col("same").any().over("row")
    return marked.filter(~told | pl.col("same")).select(*_PAIRS)


def folded(first_name: str | None) -> str:
    """Return a first name as it is compared: trimmed, without regard to case."""
    return (first_name or "").strip().lower()
