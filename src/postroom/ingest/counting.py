"""Keeping the counters of lists right, whatever changes contacts, memberships or opt-outs.

Whoever changes any of these holds the account's lock, and in the same transaction does one of two things:

- `recounting`, around a change of few contacts: the difference that they make is added to the counters.
- `forget`, for a change of many: the counters are not known any more. `recount` counts them anew after the
  commit; until then, or if nobody comes to it, every reader counts for itself.

So the counters are right or not known, never wrong. Contacts are counted, not destinations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import polars as pl

from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.store import list_counts
from postroom.store.database import Connection, Database
from postroom.store.list_counts import Stats

FEW: Final = 1_000
"""Up to how many contacts are looked at one by one, in every list of the account."""

SMALL: Final = 20_000
"""Up to how many members of lists are looked up one by one when these are counted."""

PACK: Final = 500_000
"""From how many members on lists make a transaction of their own when they are counted."""

_NOBODY: Final = Stats()


@contextmanager
def recounting(
    connection: Connection,
    account_id: int,
    contact_ids: Sequence[int],
    *,
    list_ids: Sequence[int] | None = None,
) -> Iterator[None]:
    """Keep the counters right around a change of these contacts, of nobody else, and on these lists alone.

    Of more than FEW contacts the counters are forgotten. The caller holds the account's lock. No such block
    stands within another about the same contacts: both would count.
    """
    if len(contact_ids) > FEW:
        yield
        forget(connection, account_id, list_ids)
        return
    before = list_counts.reach_on_lists(connection, account_id, contact_ids, list_ids)
    yield
    after = list_counts.reach_on_lists(connection, account_id, contact_ids, list_ids)
    more = {
        list_id: after.get(list_id, _NOBODY) - before.get(list_id, _NOBODY)
        for list_id in sorted(before.keys() | after.keys())
        if after.get(list_id) != before.get(list_id)
    }
    if more:
        list_counts.add_to_counts(connection, account_id, more)


def forget(connection: Connection, account_id: int, list_ids: Sequence[int] | None = None) -> None:
    """Let these lists be counted anew, or all of the account, as far as the transaction is committed."""
    list_counts.forget_counts(connection, account_id, list_ids)


def forget_lists_of(
    connection: Connection, account_id: int, contact_ids: pl.Series, *, besides: Sequence[int] = ()
) -> None:
    """Let the lists that these contacts are on be counted anew, and those `besides`.

    For more than FEW contacts these are all lists of the account: looking for theirs would take longer.
    """
    if len(contact_ids) > FEW:
        forget(connection, account_id)
        return
    theirs = list_counts.lists_of(connection, account_id, contact_ids.to_list()) if len(contact_ids) else []
    forget(connection, account_id, [*theirs, *besides])


@contextmanager
def recounting_addresses(
    connection: Connection, account_id: int, medium: Medium, addresses: Sequence[str]
) -> Iterator[None]:
    """Keep the counters right around a change of the opt-outs of normalised addresses.

    Reads all contacts of the account, as they have no index by address. Otherwise like `recounting`.
    """
    holders = list_counts.holders_of(connection, account_id, ADDRESS_FIELD[medium], addresses)
    with recounting(connection, account_id, holders):
        yield


def count(connection: Connection, account_id: int, list_ids: Sequence[int]) -> dict[int, Stats]:
    """Count lists anew, and keep that unless something changes them just now; waits for nobody.

    The connection is in a transaction.
    """
    members = list_counts.members_of(connection, account_id, list_ids)
    return _count(connection, account_id, list_ids, large=sum(members.values()) > SMALL)


def recount(database: Database, account_id: int) -> None:
    """Count every list of an account whose counters are not known, so that readers need not."""
    with database.transaction() as connection:
        forgotten = list_counts.forgotten_lists(connection, account_id)
        members = list_counts.members_of(connection, account_id, forgotten) if forgotten else {}
    for pack in packs(forgotten, members):
        with database.transaction() as connection:
            large = sum(members.get(list_id, 0) for list_id in pack) > SMALL
            _count(connection, account_id, pack, large=large)


def recount_all(database: Database) -> None:
    """Do as `recount` for every account: what a worker that died, or whoever is no worker, has left."""
    with database.transaction() as connection:
        account_ids = list_counts.forgetful_accounts(connection)
    for account_id in account_ids:
        recount(database, account_id)


def _count(
    connection: Connection, account_id: int, list_ids: Sequence[int], *, large: bool
) -> dict[int, Stats]:
    counted = list_counts.count_lists(connection, account_id, list_ids, large=large)
    list_counts.store_counts(connection, account_id, counted)
    return {list_id: each.stats for list_id, each in counted.items()}


def packs(list_ids: Sequence[int], members: Mapping[int, int]) -> Iterator[list[int]]:
    """Yield lists to be counted together: one pass over all contacts counts many, but not for too long."""
    pack: list[int] = []
    waiting = 0
    for list_id in list_ids:
        pack.append(list_id)
        waiting += members.get(list_id, 0)
        if waiting >= PACK:
            yield pack
            pack, waiting = [], 0
    if pack:
        yield pack
