"""How many contacts lists have and reach: the counters, and counting anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any, LiteralString, cast

from psycopg import sql

from postroom.store.database import Connection
from postroom.store.planning import joining_by_hash
from postroom.store.statements import statements

_SQL = statements("list_counts")


def with_reach(statement: LiteralString) -> LiteralString:
    """Return a statement with its parts put in.

    {reach}: by which media `contact_ids` can be reached; {opted_out}: by which contacts `c` must not be.
    """
    for part in ("reach", "opted_out"):
        statement = cast(LiteralString, statement.replace(f"{{{part}}}", _SQL[part].rstrip(";")))
    return statement


_REACH_ON_LISTS = with_reach(_SQL["reach_on_lists"])
_COUNT_SMALL_LISTS = with_reach(_SQL["count_small_lists"])


@dataclass(frozen=True, slots=True)
class Stats:
    """How many contacts a list has, and how many of them each medium reaches (seed 004).

    A medium reaches who has its address and has not opted that out: sms and voicemail the mobile, voice the
    fixed phone.
    """

    subscribers: int = 0
    sms: int = 0
    email: int = 0
    voice: int = 0
    voicemail: int = 0

    def __sub__(self, others: Stats) -> Stats:
        """Return by how much this is more."""
        pairs = zip(astuple(self), astuple(others), strict=True)
        return Stats(*(mine - theirs for mine, theirs in pairs))


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, and the version of the counters that it is true of."""

    version: int
    stats: Stats


STATS = tuple(field.name for field in fields(Stats))


def begin_counts(connection: Connection, account_id: int, list_id: int) -> None:
    """Give a list that was just made its counters."""
    connection.execute(_SQL["begin_counts"], {"account_id": account_id, "list_id": list_id})


def forget_counts(connection: Connection, account_id: int, list_ids: Sequence[int] | None) -> None:
    """Let these lists be counted anew, or all of the account."""
    given = None if list_ids is None else list(list_ids)
    connection.execute(_SQL["forget_counts"], {"account_id": account_id, "list_ids": given})


def add_to_counts(connection: Connection, account_id: int, more: Mapping[int, Stats]) -> None:
    """Add to the counters of lists, by list; the caller holds the account's lock."""
    connection.execute(_SQL["add_to_counts"], {"account_id": account_id, **_columns(more)})


def forgotten_lists(connection: Connection, account_id: int) -> list[int]:
    """Return the lists that are to be counted anew."""
    rows = connection.execute(_SQL["forgotten_lists"], {"account_id": account_id})
    return [row["list_id"] for row in rows]


def forgetful_accounts(connection: Connection) -> list[int]:
    """Return the accounts that have lists to be counted anew."""
    return [row["account_id"] for row in connection.execute(_SQL["forgetful_accounts"])]


def members_of(connection: Connection, account_id: int, list_ids: Sequence[int]) -> dict[int, int]:
    """Return how many contacts are on lists; those without any are left out."""
    parameters = {"account_id": account_id, "list_ids": list(list_ids)}
    rows = connection.execute(_SQL["members_of"], parameters)
    return {row["list_id"]: row["members"] for row in rows}


def count_lists(
    connection: Connection, account_id: int, list_ids: Sequence[int], *, large: bool
) -> dict[int, Counted]:
    """Count lists anew; those that are not there are left out.

    Of `large` ones all contacts of the account are read, of others each of theirs is looked up.
    """
    parameters = {"account_id": account_id, "list_ids": list(list_ids)}
    if not large:
        return _counted(connection.execute(_COUNT_SMALL_LISTS, parameters))
    with joining_by_hash(connection):
        return _counted(connection.execute(_SQL["count_large_lists"], parameters))


def store_counts(connection: Connection, account_id: int, counted: Mapping[int, Counted]) -> None:
    """Write what was counted, where nothing has changed since or is changing now; waits for nobody."""
    parameters = {
        "account_id": account_id,
        "version": [each.version for each in counted.values()],
        **_columns({list_id: each.stats for list_id, each in counted.items()}),
    }
    connection.execute(_SQL["store_counts"], parameters)


def reach_on_lists(
    connection: Connection, account_id: int, contact_ids: Sequence[int], list_ids: Sequence[int] | None = None
) -> dict[int, Stats]:
    """Count some contacts alone on these lists, or on all of the account; lists without any are left out."""
    parameters = {
        "account_id": account_id,
        "contact_ids": sorted(set(contact_ids)),
        "list_ids": None if list_ids is None else list(list_ids),
    }
    rows = connection.execute(_REACH_ON_LISTS, parameters)
    return {row["list_id"]: stats_in(row) for row in rows}


def lists_of(connection: Connection, account_id: int, contact_ids: Sequence[int]) -> list[int]:
    """Return the lists on which any of these contacts is."""
    parameters = {"account_id": account_id, "contact_ids": list(contact_ids)}
    return [row["list_id"] for row in connection.execute(_SQL["lists_of"], parameters)]


def holders_of(connection: Connection, account_id: int, field: str, addresses: Sequence[str]) -> list[int]:
    """Return the contacts that have any of these addresses in a field; reads all contacts of the account."""
    query = sql.SQL(_SQL["holders_of"]).format(field=sql.Identifier(field))
    rows = connection.execute(query, {"account_id": account_id, "addresses": list(addresses)})
    return [row["contact_id"] for row in rows]


def stats_in(row: Mapping[str, Any]) -> Stats:
    """Return the counters that a row has."""
    return Stats(**{name: row[name] for name in STATS})


def _counted(rows: Iterable[Mapping[str, Any]]) -> dict[int, Counted]:
    return {row["list_id"]: Counted(row["version"], stats_in(row)) for row in rows}


def _columns(by_list: Mapping[int, Stats]) -> dict[str, list[int]]:
    columns = {name: [getattr(stats, name) for stats in by_list.values()] for name in STATS}
    return {"list_ids": list(by_list), **columns}
