"""Keeping by what contacts are met where any identifier is enough."""

from __future__ import annotations

import io

import polars as pl

from postroom.contacts.criteria import KEY_FIELDS, Criterion
from postroom.ingest.cleaning import Cleaner
from postroom.ingest.keys import identifiers as identifiers_of
from postroom.ingest.literals import array, write_rows
from postroom.ingest.rekeying import Rekeyed, key_values
from postroom.store import identifiers, rekeying
from postroom.store.database import Connection

NOBODYS = pl.DataFrame(schema={"identifier": pl.String, "contact_id": pl.Int64})


def identify_all(connection: Connection, account_id: int, criterion: Criterion) -> None:
    """Note by what all contacts of an account are met, none of which is noted yet."""
    cleaner = Cleaner()
    for values in key_values(connection, account_id, criterion):
        note_identifiers(connection, account_id, _owned(values, criterion, cleaner))


def identify_again(
    connection: Connection, account_id: int, criterion: Criterion, contact_ids: pl.Series
) -> None:
    """Note by what contacts are met now that their values have changed or that they are gone."""
    ids = array(contact_ids.sort())
    identifiers.forget_identifiers(connection, account_id, ids)
    fields = KEY_FIELDS[criterion]
    rows = identifiers.identifying_fields(connection, account_id, fields, ids)
    schema = {"contact_id": pl.Int64, **dict.fromkeys(fields, pl.String)}
    owned = _owned(pl.DataFrame(rows, schema=schema), criterion, Cleaner())
    note_identifiers(connection, account_id, owned)


def note_identifiers(connection: Connection, account_id: int, owned: pl.DataFrame) -> None:
    """Note who has which identifiers: rows of identifier and contact_id, none of which is noted already."""
    lines = owned.sort("identifier").select(
        pl.lit(account_id).alias("account_id"), "identifier", "contact_id"
    )
    with identifiers.copy_identifiers(connection) as copy:
        write_rows(lines, copy.write)


def match_any(connection: Connection, account_id: int, criterion: Criterion) -> Rekeyed:
    """Have contacts met by any identifier from now on; merges nobody, commits nothing.

    The caller holds the account's lock and changes the account's settings in the same transaction.
    """
    rekeying.clear_keys(connection, account_id)
    identifiers.forget_all_identifiers(connection, account_id)
    identify_all(connection, account_id, criterion)
    return sharing(connection, account_id, criterion)


def sharing(connection: Connection, account_id: int, criterion: Criterion) -> Rekeyed:
    """Count contacts, those that have an identifier, and those that share one with another.

    Some forty bytes are held for each identifier.
    """
    contacts, cleaner = 0, Cleaner()
    every = [_packed(NOBODYS)]
    for values in key_values(connection, account_id, criterion):
        contacts += values.height
        every.append(_packed(_owned(values, criterion, cleaner)))
    owned = pl.concat(every)
    shared = owned.filter(pl.col("identifier").is_duplicated())["contact_id"].n_unique()
    return Rekeyed(contacts, owned["contact_id"].n_unique(), groups=0, merged=0, shared=shared)


def owners(connection: Connection, account_id: int, wanted: pl.Series) -> pl.DataFrame:
    """Return identifier and contact_id of everybody who has one of some identifiers."""
    found = identifiers.owners(connection, account_id, array(wanted.sort()))
    return pl.read_csv(
        io.BytesIO(found.encode()), has_header=False, schema=NOBODYS.schema, raise_if_empty=False
    )


def _owned(values: pl.DataFrame, criterion: Criterion, cleaner: Cleaner) -> pl.DataFrame:
    found = values.select("contact_id", *identifiers_of(values, criterion, cleaner))
    owned = found.unpivot(index="contact_id", value_name="identifier").drop_nulls("identifier")
    return owned.select("identifier", "contact_id")


def _packed(owned: pl.DataFrame) -> pl.DataFrame:
    return owned.with_columns(pl.col("identifier").str.decode("hex"))
