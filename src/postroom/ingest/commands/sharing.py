"""Contacts that share an address: whom a row means, and how they are kept (specs, command batches 3.4).

The first contact of an address has the key of criterion email, so that all else meets it; each further one
has a key of its own. All of them are noted under the first key in the table of identifiers. A row about such
an address is given the key of the contact that it means, and goes through the one merge as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from postroom.contacts.criteria import Criterion, duplicate_key
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands.naming import candidates, folded
from postroom.ingest.commands.realms import Realm, read_pairs
from postroom.ingest.commands.records import ERASED, Rows
from postroom.ingest.commands.work import Work
from postroom.ingest.literals import array
from postroom.store import commanding, identifiers, rekeying
from postroom.store.database import Connection


@dataclass(slots=True)
class Person:
    """A contact of an address: its first name as it is compared, and its key."""

    first: str
    key: str


@dataclass(slots=True)
class Household:
    """The contacts of one address, the oldest first; `key` is the first one's."""

    address: str
    key: str
    people: list[Person] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    """The keys of who is new."""

    def meant(self, first: str, *, duplicate: bool) -> Person | None:
        """Return whom a row means; None when it means somebody new."""
        same = next((each for each in self.people if first and each.first == first), None)
        if same or duplicate or not self.people:
            return same
        return self.people[0]

    def join(self, first: str) -> Person:
        """Make somebody new."""
        taken = {each.key for each in self.people}
        key, number = self.key, 0
        while self.people and key in {self.key, *taken}:
            key, number = duplicate_key(self.address, first, number).hex, number + 1
        self.people.append(Person(first, key))
        self.made.append(key)
        return self.people[-1]


@dataclass(frozen=True, slots=True)
class Resolved:
    """Rows with the keys of whom they mean; those who are new in their households must be made in order.

    `grown` are the households that several will share.
    """

    rows: Rows
    newcomers: Rows
    grown: Sequence[Household] = ()


def resolved(work: Work, realm: Realm, rows: Rows) -> Resolved:
    """Find out whom rows mean where several contacts share an address, or are to.

    Rows that ask for somebody new without a first name are told and left out.
    """
    frame, every = rows.frame, work.batch.header.allow_duplicates
    if realm.settings.criterion is not Criterion.EMAIL or frame.is_empty():
        return _as_they_are(rows)
    if not (realm.may_have_sharers or every or frame["duplicate"].any()):
        return _as_they_are(rows)
    if every:
        frame = frame.with_columns(duplicate=pl.lit(value=True))
    homes = _households(work.connection, realm, frame)
    if not homes:
        return _as_they_are(rows)
    keys: dict[int, str | None] = {}
    shared = pl.col("email").is_in(list(homes))
    columns = ("row", "email", "first_name" if "first_name" in rows.fields else pl.lit(None), "duplicate")
    for row, address, first, duplicate in frame.filter(shared).select(*columns).iter_rows():
        keys[row] = _key(homes[address], first, duplicate=duplicate)
        if keys[row] is None:
            work.telling.fail(row, Verdict.MISSING_FIRST)
    theirs = pl.DataFrame({"row": list(keys), "theirs": list(keys.values())}, schema=_KEYS)
    joined = frame.join(theirs, on="row", how="left", maintain_order="left")
    left = joined.filter(~shared | pl.col("theirs").is_not_null())
    keyed = left.with_columns(pl.coalesce("theirs", "dedup_key").alias("dedup_key")).drop("theirs")
    made = pl.col("dedup_key").is_in([key for home in homes.values() for key in home.made])
    grown = [each for each in homes.values() if each.made and len(each.people) > 1]
    return Resolved(rows.having(keyed.filter(~made)), rows.having(keyed.filter(made)), grown)


def _as_they_are(rows: Rows) -> Resolved:
    return Resolved(rows, rows.having(rows.frame.clear()))


_KEYS = {"row": pl.Int64, "theirs": pl.String}


def note(connection: Connection, realm: Realm, grown: Sequence[Household]) -> None:
    """Note who shares the addresses of households that have grown, now that they are contacts."""
    if not grown:
        return
    realm.settle()
    keys = [(home.key, person.key) for home in grown for person in home.people]
    places = pl.Series(range(len(keys)), dtype=pl.Int32)
    csv = commanding.contacts_of_keys(
        connection,
        realm.account_id,
        places=array(places),
        keys=array(pl.Series([key for _home, key in keys], dtype=pl.String)),
    )
    found = read_pairs(csv, "place", "contact_id")
    commanding.note_sharers(
        connection,
        realm.account_id,
        identifiers=array(pl.Series([keys[place][0] for place in found["place"]], dtype=pl.String)),
        contact_ids=array(found["contact_id"]),
    )
    realm.may_have_sharers = True


def keep_house(connection: Connection, realm: Realm, left: dict[str, list[int]]) -> None:
    """Settle who is left of households: the oldest is the first now, and one alone shares nothing.

    `left` has the contacts by the key of their address.
    """
    remaining = {key: sorted(contacts) for key, contacts in left.items() if contacts}
    if not remaining:
        return
    ids = pl.Series([each for contacts in remaining.values() for each in contacts], dtype=pl.Int64).sort()
    rows = identifiers.identifying_fields(connection, realm.account_id, ["dedup_key"], array(ids))
    held = {row["contact_id"]: row["dedup_key"].hex if row["dedup_key"] else None for row in rows}
    heirs = {
        contacts[0]: key
        for key, contacts in remaining.items()
        if key not in [held[contact] for contact in contacts]
    }
    if heirs:
        rekeying.set_keys(
            connection,
            realm.account_id,
            array(pl.Series(list(heirs), dtype=pl.Int64)),
            array(pl.Series(list(heirs.values()), dtype=pl.String)),
        )
    alone = [contacts[0] for contacts in remaining.values() if len(contacts) == 1]
    identifiers.forget_identifiers(
        connection, realm.account_id, array(pl.Series(sorted(alone), dtype=pl.Int64))
    )


def _households(connection: Connection, realm: Realm, frame: pl.DataFrame) -> dict[str, Household]:
    """Return the households that rows are about: of addresses that are shared, or that a row makes so."""
    asked = frame.filter("duplicate")["email"].unique()
    first = frame.unique("email", keep="first", maintain_order=True).select("row", "dedup_key", "email")
    if not realm.may_have_sharers:
        first = first.filter(pl.col("email").is_in(asked.implode()))
    found = candidates(connection, realm, first)
    known = found.pairs.join(first, on="row", maintain_order="left")
    # One alone may still have a key of its own, when the first was deleted in another way.
    several = known.filter(pl.col("contact_id").is_in(list(found.firsts)))["email"].unique()
    repeated = frame.filter(pl.col("email").is_duplicated())["email"].unique()
    standing = known["email"].unique()
    wanted = {*several} | ({*asked} & ({*standing} | {*repeated}))
    homes = {
        address: Household(address, key) for _row, key, address in first.iter_rows() if address in wanted
    }
    people = known.filter(pl.col("email").is_in(list(homes))).sort("contact_id")
    ids = array(people["contact_id"].unique().sort())
    rows = identifiers.identifying_fields(connection, realm.account_id, ["first_name", "dedup_key"], ids)
    values = {row["contact_id"]: row for row in rows}
    for contact, address in people.select("contact_id", "email").iter_rows():
        row = values[contact]
        homes[address].people.append(Person(folded(row["first_name"]), row["dedup_key"].hex))
    return homes


def _key(home: Household, first: str | None, *, duplicate: bool) -> str | None:
    """Return the key of whom a row means, who has its first name from then on; None when that is missing."""
    given = folded(None if first == ERASED else first)
    if duplicate and home.people and not given:
        return None
    person = home.meant(given, duplicate=duplicate) or home.join(given)
    if first is not None:
        person.first = given
    return person.key
