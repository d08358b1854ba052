"""Lists made and changed by a call: created, renamed, merged, deleted, and who is on them.

Nothing here commits. Whatever changes who is on a list takes the account's lock first, waits for it for a few
seconds at most (Conflict), and keeps the counters right. Making and renaming a list change nobody: they
wait for no import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from postroom.contacts.errors import Missing, Refused
from postroom.contacts.lists import list_name
from postroom.ingest import counting
from postroom.store import list_counts, lists
from postroom.store.accounts import lock_account_soon, share_account_soon
from postroom.store.database import Connection
from postroom.store.lists import ContactList


def with_stats(connection: Connection, account_id: int, found: Sequence[ContactList]) -> list[ContactList]:
    """Return lists with their stats, counting those anew of which they are not known."""
    unknown = [each.list_id for each in found if each.stats is None]
    counted = counting.count(connection, account_id, unknown) if unknown else {}
    # Who deletes a list between two statements has nobody on it.
    nobody = list_counts.Stats()
    return [each if each.stats else replace(each, stats=counted.get(each.list_id, nobody)) for each in found]


def delete_lists(connection: Connection, account_id: int, list_ids: Iterable[int]) -> int:
    """Delete lists; their contacts stay. Return how many of them there were."""
    lock_account_soon(connection, account_id)
    return lists.delete_lists(connection, account_id, sorted(set(list_ids)))


def merge_lists(
    connection: Connection, account_id: int, list_ids: Iterable[int], name: object, *, now: datetime
) -> int:
    """Make a list of everybody who is on one of these; return its id. Its counters are not known yet.

    Raises Refused when there are not two lists to merge, or one of the ids is wrong; nothing is made then.
    """
    wanted, called = sorted(set(list_ids)), list_name(name)
    if len(wanted) < 2:
        raise Refused("Merging takes at least two different lists.", code="MERGE_NEEDS_TWO")
    lock_account_soon(connection, account_id)
    wrong = sorted(set(wanted) - lists.standing_lists(connection, account_id, wanted))
    if wrong:
        said = f"There is no list {', '.join(map(str, wrong))}; nothing was merged."
        raise Refused(said, code="UNKNOWN_LISTS", details={"ids": wrong})
    list_id = lists.create_list(connection, account_id, called, now=now)
    lists.unite_lists(connection, account_id, wanted, into=list_id)
    counting.forget(connection, account_id, [list_id])
    return list_id


def add_contacts(
    connection: Connection, account_id: int, list_id: int, contact_ids: Iterable[int], *, now: datetime
) -> int:
    """Put contacts on a list; return how many were not on it. Ids that the account has not are passed over.

    Raises Missing when there is no such list.
    """
    # Others add contacts at the same time: what both insert, and the list's row, is waited for in one order.
    share_account_soon(connection, account_id)
    wanted = sorted(set(contact_ids))
    if len(wanted) > counting.FEW:
        return _add_many(connection, account_id, list_id, wanted, now=now)
    added = lists.join_list(connection, account_id, list_id, wanted, now=now)
    if added is None:
        raise _no_list(list_id)
    return added


def remove_contacts(
    connection: Connection, account_id: int, list_id: int, contact_ids: Iterable[int], *, now: datetime
) -> int:
    """Take contacts off a list; return how many were on it. They stay contacts.

    Raises Missing when there is no such list.
    """
    lock_account_soon(connection, account_id)
    _require_list(connection, account_id, list_id)
    removed = lists.members_among(connection, account_id, list_id, sorted(set(contact_ids)))
    if removed:
        with counting.recounting(connection, account_id, removed, list_ids=[list_id]):
            lists.remove_members(connection, account_id, list_id, removed)
        lists.touch_list(connection, account_id, list_id, now=now)
    return len(removed)


def _add_many(
    connection: Connection, account_id: int, list_id: int, contact_ids: Sequence[int], *, now: datetime
) -> int:
    _require_list(connection, account_id, list_id)
    added = lists.add_members(connection, account_id, list_id, contact_ids)
    if added:
        counting.forget(connection, account_id, [list_id])
        lists.touch_list(connection, account_id, list_id, now=now)
    return len(added)


def _require_list(connection: Connection, account_id: int, list_id: int) -> None:
    if not lists.standing_lists(connection, account_id, [list_id]):
        raise _no_list(list_id)


def _no_list(list_id: int) -> Missing:
    return Missing(f"There is no list {list_id}.", code="NO_LIST")
