"""Changing what identifies an account's contacts: new keys for all, and one contact where keys collide.

The vectorised twin of `contacts.merging`. Some 40 bytes are held for each contact, its values for a lot at a
time.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from postroom.contacts.criteria import KEY_FIELDS, Criterion
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest import counting
from postroom.ingest.cleaning import Cleaner
from postroom.ingest.consents import ConsentMerger, address_lot, reasons_of
from postroom.ingest.keys import dedup_keys
from postroom.ingest.literals import array
from postroom.store import identifiers, optouts, rekeying, relational_rows
from postroom.store.database import Connection
from postroom.store.optouts import Act

LOT_ROWS = 20_000
"""How many contacts are changed together: of those that are merged, all values are in memory."""

_LARGEST_GROUPS = 10

_WHOLE = {
    "contact_id": pl.Int64,
    "created": pl.Int64,
    "updated": pl.Int64,
    **dict.fromkeys(CONTACT_FIELDS, pl.String),
}


@dataclass(frozen=True, slots=True)
class Rekeying:
    """Whose contacts get their keys by which criterion, in which change, asked for by whom."""

    account_id: int
    change_id: int
    criterion: Criterion
    by_whom: str
    lot_rows: int


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What a change comes to.

    Of all `contacts` there were, `keyed` have a key by the new criterion. `groups` have several contacts
    each; one of each stays and `merged` are merged into these. `opted_out` are opt-outs carried over to
    addresses. Where any identifier is enough nobody is merged, but `shared` have one in common with others.
    """

    contacts: int
    keyed: int
    groups: int
    merged: int
    opted_out: int = 0
    shared: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Contacts that become one: how many, who stays, and the values that make them one."""

    size: int
    contact_id: int
    key_values: Sequence[str | None]


def key_values(connection: Connection, account_id: int, criterion: Criterion) -> Iterator[pl.DataFrame]:
    """Yield contact_id and the criterion's fields of all contacts of an account, some at a time."""
    fields = KEY_FIELDS[criterion]
    schema = {"contact_id": pl.Int64, **dict.fromkeys(fields, pl.String)}
    return _frames(rekeying.key_fields(connection, account_id, fields), schema)


class NewKeys:
    """The keys of all contacts of an account by some criterion."""

    def __init__(self, keys: pl.DataFrame) -> None:
        """Hold contact_id and key (16 bytes, or null)."""
        self._keys = keys
        shared = keys.filter(pl.col("key").is_not_null() & pl.col("key").is_duplicated())
        kept = pl.col("contact_id").min().over("key").alias("kept_id")
        self.colliding = shared.select(kept, "contact_id").sort("kept_id", "contact_id")
        """Each contact of a group, with the one that stays, which is one of them."""

    @classmethod
    def read(cls, connection: Connection, account_id: int, criterion: Criterion) -> NewKeys:
        """Compute the keys from what is stored."""
        cleaner = Cleaner()
        keys = [pl.DataFrame(schema={"contact_id": pl.Int64, "key": pl.Binary})]
        for values in key_values(connection, account_id, criterion):
            key = dedup_keys(values, criterion, cleaner).str.decode("hex").alias("key")
            keys.append(values.select("contact_id", key))
        return cls(pl.concat(keys))

    def figures(self) -> Rekeyed:
        """Count what these keys come to."""
        groups = self.colliding["kept_id"].n_unique()
        return Rekeyed(
            contacts=self._keys.height,
            keyed=self._keys["key"].count(),
            groups=groups,
            merged=self.colliding.height - groups,
        )

    def lots(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield contact_id and key of who stays, some at a time."""
        gone = self.colliding.filter(pl.col("contact_id") != pl.col("kept_id"))["contact_id"]
        staying = self._keys.filter(~pl.col("contact_id").is_in(gone.implode()))
        return staying.iter_slices(rows)

    def colliding_lots(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield `colliding` in lots of whole groups."""
        lot = pl.col("place").min().over("kept_id") // rows
        placed = self.colliding.with_row_index("place").select("kept_id", "contact_id", lot=lot)
        return iter(placed.partition_by("lot", include_key=False))


def preview(connection: Connection, account_id: int, criterion: Criterion) -> tuple[Rekeyed, list[Group]]:
    """Tell what a change of criterion would come to now, and its largest groups; changes nothing."""
    keys = NewKeys.read(connection, account_id, criterion)
    largest = (
        keys.colliding.group_by("kept_id").len("size").sort(["size", "kept_id"], descending=[True, False])
    ).head(_LARGEST_GROUPS)
    sizes = dict(largest.select("kept_id", "size").iter_rows())
    kept = _whole(connection, account_id, largest["kept_id"]).select("contact_id", *KEY_FIELDS[criterion])
    values = {contact_id: key_values for contact_id, *key_values in kept.iter_rows()}
    # Somebody may have been deleted meanwhile.
    return keys.figures(), [Group(size, each, values[each]) for each, size in sizes.items() if each in values]


def rekey(connection: Connection, change: Rekeying, *, now: datetime) -> Rekeyed:
    """Give every contact its key by another criterion and merge those that become one; commits nothing.

    The caller holds the account's lock and changes the account's setting in the same transaction.
    """
    identifiers.forget_all_identifiers(connection, change.account_id)
    keys = NewKeys.read(connection, change.account_id, change.criterion)
    merger = _Merger(connection, change, now)
    for lot in keys.colliding_lots(change.lot_rows):
        merger.merge(lot)
    opted_out = merger.finish(keys.colliding)
    for lot in keys.lots(change.lot_rows):
        key = array(lot["key"].bin.encode("hex"))
        rekeying.set_keys(connection, change.account_id, array(lot["contact_id"]), key)
    counting.forget(connection, change.account_id)
    figures = keys.figures()
    return Rekeyed(figures.contacts, figures.keyed, figures.groups, figures.merged, opted_out)


class _Merger:
    """Merges the groups of one change, lot by lot until finished."""

    def __init__(self, connection: Connection, change: Rekeying, now: datetime) -> None:
        self._connection = connection
        self._change = change
        self._now = now
        account_id = change.account_id
        self._media = [each for each in Medium if optouts.has_optouts(connection, account_id, each.value)]
        self._carried: dict[Medium, list[pl.DataFrame]] = {medium: [] for medium in self._media}

    def merge(self, colliding: pl.DataFrame) -> None:
        """Make one contact of each group of `colliding` (kept_id, contact_id)."""
        account_id, connection = self._change.account_id, self._connection
        whole = _whole(connection, account_id, colliding["contact_id"])
        rows = whole.join(colliding, on="contact_id").sort("updated", "contact_id")
        merged = rows.group_by("kept_id", maintain_order=True).agg(
            pl.col("created").min(), *(pl.col(field).drop_nulls().last() for field in CONTACT_FIELDS)
        )
        for medium in self._media:
            self._carry(medium, rows, merged)
        fields = KEY_FIELDS[self._change.criterion]
        gone = rows.filter(pl.col("contact_id") != pl.col("kept_id"))
        noted = [array(gone[name]) for name in ("contact_id", "kept_id", *fields)]
        rekeying.note_merged(connection, account_id, self._change.change_id, fields, noted)
        rekeying.delete_merged(connection, account_id, array(gone["contact_id"]))
        rekeying.merge_contacts(connection, account_id, [array(merged[name]) for name in merged.columns])

    def finish(self, colliding: pl.DataFrame) -> int:
        """Unite memberships and rows of tables of all groups, carry opt-outs over; return how many."""
        gone = colliding.filter(pl.col("contact_id") != pl.col("kept_id"))
        if gone.height:
            merged, kept = array(gone["contact_id"]), array(gone["kept_id"])
            rekeying.unite_memberships(self._connection, self._change.account_id, merged, kept)
            relational_rows.move_rows(self._connection, self._change.account_id, merged, kept)
        return sum(self._opt_out(medium, parts) for medium, parts in self._carried.items())

    def _carry(self, medium: Medium, rows: pl.DataFrame, merged: pl.DataFrame) -> None:
        """Note which surviving addresses must be opted out, by the opt-outs that stood before the change."""
        field = ADDRESS_FIELD[medium]
        known = array(rows[field].drop_nulls().unique().sort())
        lines = optouts.standing_optouts(
            self._connection, self._change.account_id, medium.value, addresses=known
        )
        standing = reasons_of(lines)
        strictest = (
            rows.select("kept_id", address=field)
            .join(standing, on="address")
            .group_by("kept_id")
            .agg(pl.col("reason").max().alias("strictest"))
        )
        carried = (
            merged.select("kept_id", address=field)
            .join(strictest, on="kept_id")
            .join(standing, on="address", how="left")
            .filter(pl.col("strictest") > pl.col("reason").fill_null(0))
        )
        self._carried[medium].append(carried.select("address", "strictest"))

    def _opt_out(self, medium: Medium, parts: Sequence[pl.DataFrame]) -> int:
        if not any(part.height for part in parts):
            return 0
        carried = pl.concat(parts).group_by("address").agg(pl.col("strictest").max())
        act = Act(self._change.account_id, medium.value, "merge", self._change.by_whom, self._now)
        merger = ConsentMerger(self._connection, act)
        for reason in OptOutReason:
            addresses = carried.filter(pl.col("strictest") == reason.value)["address"]
            if len(addresses):
                merger.opt_out(address_lot(addresses.to_list()), reason)
        return merger.finish().opted_out


def _whole(connection: Connection, account_id: int, contact_ids: pl.Series) -> pl.DataFrame:
    blocks = rekeying.whole_contacts(connection, account_id, array(contact_ids.sort()))
    return pl.concat([pl.DataFrame(schema=_WHOLE), *_frames(blocks, _WHOLE)])


def _frames(blocks: Iterable[bytes], schema: dict[str, type[pl.DataType]]) -> Iterator[pl.DataFrame]:
    for block in blocks:
        yield pl.read_csv(io.BytesIO(block), has_header=False, schema=schema)
