"""One account while a batch changes it: how its records are read, who goes in together, what was touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import polars as pl

from postroom.contacts.settings import AccountSettings
from postroom.contacts.verdicts import Verdict
from postroom.ingest import counting
from postroom.ingest.background import Foreground
from postroom.ingest.commands.records import ERASED, RecordReader, Rows
from postroom.ingest.commands.telling import CommandRefused
from postroom.ingest.custom_fields import CustomFields
from postroom.ingest.journaling import NameJournaling
from postroom.ingest.literals import array
from postroom.ingest.merging import FrameMerger
from postroom.ingest.preparing import PreparedFrame
from postroom.ingest.tallying import Tally
from postroom.store import commanding, identifiers, levels, lists
from postroom.store.database import Connection
from postroom.store.journal import JournalKey
from postroom.store.merge import NO_LIST, Merging

_Target = tuple[int, tuple[str, ...], frozenset[str], int | None]


class Realm:
    """An account that commands act on; the caller holds its lock.

    Rows for one list wait for one another to be inserted together: whoever looks at contacts in any other
    way settles first.
    """

    def __init__(self, connection: Connection, key: JournalKey, settings: AccountSettings) -> None:
        """Begin with nothing touched; `key` says for which deposit the account is changed."""
        account_id = key.account_id
        self.account_id = account_id
        self.settings = settings
        self.custom = CustomFields(connection, account_id)
        self.reader = RecordReader(settings, self.custom)
        self.tally = Tally()
        self.subscribed: dict[int, list[pl.Series]] = {}
        self.unsubscribed: dict[int, list[pl.Series]] = {}
        self.may_have_optouts = levels.any_optouts(connection, account_id)
        self.may_have_sharers = identifiers.any_identifiers(connection, account_id)
        self._connection = connection
        self._journal = NameJournaling(connection, key)
        self._background = Foreground()
        self._standing: set[int] = set()
        self._scopes: dict[int, str] = {}
        self._open: tuple[_Target, FrameMerger] | None = None
        self._changed = [pl.Series(dtype=pl.Int64)]
        self._touched: set[int] = set()
        self._recount_all = False

    def require_lists(self, list_ids: Iterable[int]) -> None:
        """Raise CommandRefused unless these are lists of the account."""
        unknown = sorted(set(list_ids) - self._standing)
        if unknown:
            self._standing |= lists.standing_lists(self._connection, self.account_id, unknown)
        foreign = sorted(set(list_ids) - self._standing)
        if foreign:
            raise CommandRefused(Verdict.FOREIGN_LIST, ",".join(map(str, foreign)))

    def scope_of(self, list_id: int) -> str:
        """Return the scope of opt-outs from a list."""
        if list_id not in self._scopes:
            self._scopes[list_id] = levels.scope_of_list(self._connection, self.account_id, list_id)
        return self._scopes[list_id]

    def merge(self, rows: Rows, list_id: int = NO_LIST) -> None:
        """Bring rows into contacts and onto a list, if there is one; their keys say whom they mean.

        Rows of one key amount to what they would one after another.
        """
        if rows.frame.is_empty():
            return
        single = _amounts(rows).sort("dedup_key")
        erasing = [pl.col(name).eq_missing(pl.lit(ERASED)).any().alias(name) for name in rows.fields]
        erased = [name for name, any_one in single.select(erasing).row(0, named=True).items() if any_one]
        code = _one_format(rows.frame) if list_id != NO_LIST else None
        if not erased:
            self._merge((list_id, rows.fields, frozenset(), code), single)
        else:
            self.settle()
            for gone, alike in _by_what_is_erased(single, erased):
                self._merge((list_id, rows.fields, frozenset(gone), code), alike)
                self.settle()
        if code is None:
            self._set_formats(list_id, rows.frame)

    def make(self, rows: Rows, list_id: int = NO_LIST) -> None:
        """Make contacts of rows whose keys nobody has, in their order, and put them onto a list."""
        if rows.frame.is_empty():
            return
        self.settle()
        values = [pl.col(name).replace(ERASED, None) for name in rows.fields]
        self._merge(
            (list_id, rows.fields, frozenset(), None), _amounts(rows).sort("row").with_columns(values)
        )
        self._set_formats(list_id, rows.frame)
        self.settle()

    @property
    def has_waiting(self) -> bool:
        """Tell whether rows were merged that are not all in."""
        return self._open is not None

    def join(self, frame: pl.DataFrame, list_id: int) -> None:
        """Put the contacts of rows that were merged before onto one more list."""
        if frame.is_empty():
            return
        self.settle()
        keyed = frame.unique("dedup_key").sort("dedup_key")
        csv = commanding.contacts_of_keys(
            self._connection, self.account_id, places=array(keyed["row"]), keys=array(keyed["dedup_key"])
        )
        contact_ids = read_pairs(csv, "row", "contact_id")["contact_id"]
        lists.add_members(self._connection, self.account_id, list_id, contact_ids.sort().to_list())
        self.subscribed.setdefault(list_id, []).append(contact_ids)
        self._set_formats(list_id, frame)

    def settle(self) -> None:
        """Have all rows in that were merged so far."""
        if self._open is None:
            return
        (list_id, *_others), merger = self._open
        self._open = None
        merger.finish()
        self.tally.include(merger.tally())
        self._changed.append(merger.readdressed())
        if list_id != NO_LIST:
            self.subscribed.setdefault(list_id, []).append(merger.tally().contact_ids().unique())

    def leave(self, contact_ids: pl.Series, list_ids: Sequence[int] | None) -> pl.DataFrame:
        """Take contacts off lists, or off all; return the pairs (list_id, contact_id) that there were."""
        self.settle()
        csv = commanding.leave_lists(
            self._connection, self.account_id, list_ids, contact_ids=array(contact_ids.unique().sort())
        )
        gone = read_pairs(csv, "list_id", "contact_id")
        for (list_id,), pairs in gone.partition_by("list_id", as_dict=True).items():
            self.unsubscribed.setdefault(int(str(list_id)), []).append(pairs["contact_id"])
        return gone

    def changed(self, contact_ids: Collection[int]) -> None:
        """Note that contacts are reached in another way than before, or gone."""
        self._changed.append(pl.Series(list(contact_ids), dtype=pl.Int64))

    def touched(self, list_id: int) -> None:
        """Note that a list has other members than before."""
        self._touched.add(list_id)

    def changed_optouts(self) -> None:
        """Note that opt-outs were changed, which may be anybody's."""
        self.may_have_optouts = True
        self._recount_all = True

    def close(self) -> None:
        """Have all in, note whom the batch named, and let lists be counted anew."""
        self.settle()
        self._journal.close(self.tally.contact_ids())
        self._recount()

    def count_subscribed(self) -> int:
        """Count the pairs of contact and list that were subscribed, once each."""
        return _count(self.subscribed)

    def count_unsubscribed(self) -> int:
        """Count the pairs of contact and list that were unsubscribed, once each."""
        return _count(self.unsubscribed)

    def touched_lists(self) -> list[int]:
        """Return the lists whose members were named or taken off."""
        return sorted(self._touched | self.subscribed.keys() | self.unsubscribed.keys())

    def _recount(self) -> None:
        """Let the lists be counted anew that may have other members or reach them in another way."""
        if self._recount_all:
            counting.forget(self._connection, self.account_id)
            return
        changed = pl.concat(self._changed).unique()
        counting.forget_lists_of(self._connection, self.account_id, changed, besides=self.touched_lists())

    def _merge(self, target: _Target, single: pl.DataFrame) -> None:
        if self._open is not None and self._open[0] != target:
            self.settle()
        if self._open is None:
            merger = FrameMerger(
                self._connection,
                Merging(self.account_id, *target),
                _never_known,
                self._journal,
                self._background,
            )
            self._open = (target, merger)
        rows = _ready(single, target[1])
        nobody = pl.Series("contact_id", [], dtype=pl.Int64)
        self._open[1].merge(PreparedFrame(rows, nobody, rows, rows.height))

    def _set_formats(self, list_id: int, frame: pl.DataFrame) -> None:
        said = frame.filter(pl.col("format").is_not_null())
        if list_id == NO_LIST or said.is_empty():
            return
        self.settle()
        last = said.group_by("dedup_key").agg(pl.col("format").last()).sort("dedup_key")
        for code in last["format"].unique().sort():
            keys = array(last.filter(pl.col("format") == code)["dedup_key"])
            commanding.set_format(self._connection, self.account_id, list_id, code, keys=keys)


def read_pairs(csv: str, *names: str) -> pl.DataFrame:
    """Read lines of two whole numbers."""
    schema = dict.fromkeys(names, pl.Int64)
    return pl.read_csv(csv.encode(), has_header=False, schema=schema, raise_if_empty=False)


def _count(pairs: Mapping[int, Sequence[pl.Series]]) -> int:
    return sum(pl.concat(contacts).n_unique() for contacts in pairs.values())


def _one_format(frame: pl.DataFrame) -> int | None:
    """Return the format that all rows ask for; None when they differ, or some do not say."""
    formats = frame["format"].unique()
    return formats[0] if len(formats) == 1 else None


def _amounts(rows: Rows) -> pl.DataFrame:
    """Return what the rows of each key amount to: field by field the last that is said, NULL or a value.

    `row` is that of the first.
    """
    frame = rows.frame.select("row", "dedup_key", *rows.fields)
    repeated = frame["dedup_key"].is_duplicated()
    if not repeated.any():
        return frame
    last = [pl.col(name).drop_nulls().last() for name in rows.fields]
    merged = frame.filter(repeated).group_by("dedup_key").agg(pl.col("row").first(), *last)
    return pl.concat([frame.filter(~repeated), merged.select(frame.columns)])


def _by_what_is_erased(
    single: pl.DataFrame, erased: Sequence[str]
) -> Iterable[tuple[list[str], pl.DataFrame]]:
    """Yield the rows that erase the same fields, with these fields and null where they stand."""
    flags = single.select(pl.col(name).eq_missing(pl.lit(ERASED)) for name in erased)
    values = single.with_columns(
        pl.when(flags[name]).then(None).otherwise(pl.col(name)).alias(name) for name in erased
    )
    marked = values.with_columns(flags.select(pl.struct(erased).alias("erases"))["erases"])
    for alike in marked.partition_by("erases", maintain_order=True):
        which = alike["erases"][0]
        yield [name for name in erased if which[name]], alike.drop("erases")


def _ready(single: pl.DataFrame, fields: tuple[str, ...]) -> pl.DataFrame:
    """Return rows as `preparing` has them, without digests."""
    return single.select(
        pl.int_range(pl.len(), dtype=pl.Int32).alias("position"),
        "dedup_key",
        pl.col("dedup_key").hash().alias("key_hash"),
        pl.lit(None, dtype=pl.Int64).alias("digest"),
        *fields,
    )


def _never_known(raw: pl.DataFrame) -> PreparedFrame:
    raise AssertionError(f"no row of a command is known by its digest: {raw.height} rows")
