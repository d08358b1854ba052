"""Lists made and changed by a call: created, renamed, merged, deleted, and who is on them.

Nothing here commits. Whatever changes who is on a list takes the account's lock first, waits for it for a few
seconds at most (Conflict), and keeps the counters right. Making and renaming a list change nobody: they
wait for no import, unless opt-outs go along with a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.levels import list_scope
from postroom.contacts.lists import ListChanges, list_name
from postroom.ingest import counting
from postroom.ingest.consents import change_consents
from postroom.store import levels, list_counts, lists
from postroom.store.accounts import lock_account_soon, share_account_soon
from postroom.store.answers import any_answers
from postroom.store.database import Connection
from postroom.store.lists import ContactList
from postroom.store.optouts import Act


def with_stats(connection: Connection, account_id: int, found: Sequence[ContactList]) -> list[ContactList]:
    """Return lists with their stats, counting those anew of which they are not known."""
    unknown = [each.list_id for each in found if each.stats is None]
    counted = counting.count(connection, account_id, unknown) if unknown else {}
    # Who deletes a list between two statements has nobody on it.
    nobody = list_counts.Stats()
    return [each if each.stats else replace(each, stats=counted.get(each.list_id, nobody)) for each in found]


def update_lists(
    connection: Connection,
    account_id: int,
    list_ids: Iterable[int],
    changes: ListChanges,
    by_whom: str,
    *,
    now: datetime,
) -> int:
    """Change lists; return how many there were. Who left them by an old name has left them by the new one."""
    wanted = sorted(set(list_ids))
    if changes.name is not None:
        _carry_optouts(connection, account_id, wanted, changes.name, by_whom, now=now)
    return lists.update_lists(connection, account_id, wanted, changes, now=now)


def delete_lists(connection: Connection, account_id: int, list_ids: Iterable[int]) -> int:
    """Delete lists; their contacts stay. Return how many of them there were."""
    lock_account_soon(connection, account_id)
    return lists.delete_lists(connection, account_id, sorted(set(list_ids)))


def merge_lists(
    connection: Connection,
    account_id: int,
    list_ids: Iterable[int],
    name: object,
    by_whom: str,
    *,
    now: datetime,
) -> int:
    """Make a list of everybody who is on one of these; return its id. Its counters are not known yet.

    Who left one of them has left what is made of it. Raises Refused when there are not two lists to merge,
    or one of the ids is wrong; nothing is made then.
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
    _carry_optouts(connection, account_id, wanted, called, by_whom, now=now)
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


def _carry_optouts(
    connection: Connection,
    account_id: int,
    list_ids: Sequence[int],
    name: str,
    by_whom: str,
    *,
    now: datetime,
) -> None:
    """Opt whoever left some lists out of those of a name as well.

    Raises Conflict while answers of recipients wait: one may be about these lists, by their names of now.
    """
    names = set(lists.names_of_lists(connection, account_id, list_ids).values()) - {name}
    if names and any_answers(connection, account_id):
        said = "Recipients answered while the account was busy. That is done first; try again in a moment."
        raise Conflict(said, code="ACCOUNT_BUSY")
    left = levels.optouts_of_lists(connection, account_id, names)
    if left:
        lock_account_soon(connection, account_id)
        change_consents(connection, Act(account_id, list_scope(name), "list", by_whom, now), left)


def _no_list(list_id: int) -> Missing:
    return Missing(f"There is no list {list_id}.", code="NO_LIST")
