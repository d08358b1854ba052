"""What the API does with lists (seed 004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from postroom.contacts.errors import Refused
from postroom.contacts.lists import ListChanges, list_description, list_name
from postroom.drops.room import Room
from postroom.ingest import counting, listing
from postroom.store import lists
from postroom.store.database import Connection
from postroom.store.list_counts import Stats
from postroom.store.lists import ContactList, Cut
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.api.operations.uploading import by_whom
from postroom.web.auth.caller import Caller

__all__ = [
    "ContactList",
    "Stats",
    "add_contacts",
    "create_list",
    "delete_lists",
    "merge_lists",
    "read_lists",
    "remove_contacts",
    "update_lists",
]

_READ, _WRITE = "lists:read", "lists:write"


def read_lists(
    room: Room, caller: Caller, *, ids: Sequence[int] | None, paging: Paging, with_stats: bool
) -> Page[ContactList]:
    """Return these lists of the caller, or all; unknown ids are passed over.

    Can be sorted by list_id, name, created_at or updated_at; anything else is Refused.
    """
    caller.require(_READ)
    cut = _cut(paging)
    with room.database.reading() as connection:
        found = lists.read_lists(connection, caller.account_id, ids, cut) if paging.limit else []
        total = lists.count_lists(connection, caller.account_id, ids) if paging.with_total else None
    if with_stats and any(each.stats is None for each in found):
        with room.database.transaction() as connection:
            found = listing.with_stats(connection, caller.account_id, found)
    return Page(found, total)


def create_list(room: Room, caller: Caller, name: object, description: object = None) -> ContactList:
    """Make a list, whether or not another has that name; raise Refused for a name that cannot be."""
    caller.require(_WRITE)
    called, described = list_name(name), list_description(description)
    with room.database.transaction() as connection:
        list_id = lists.create_list(connection, caller.account_id, called, described, now=room.clock())
        return _made(connection, caller, list_id)


def update_lists(room: Room, caller: Caller, ids: Sequence[int], changes: Mapping[str, object]) -> int:
    """Change `name`, `description` or both of these lists; return how many there were.

    Raises Refused without an id, and for changes that cannot be made.
    """
    caller.require(_WRITE)
    _require_some(ids)
    wanted = ListChanges.read(changes)
    with room.database.transaction() as connection:
        return listing.update_lists(
            connection, caller.account_id, ids, wanted, by_whom(caller), now=room.clock()
        )


def delete_lists(room: Room, caller: Caller, ids: Sequence[int]) -> int:
    """Delete these lists, not their contacts; return how many there were. Raises Refused without an id."""
    caller.require(_WRITE)
    _require_some(ids)
    with room.database.transaction() as connection:
        return listing.delete_lists(connection, caller.account_id, ids)


def merge_lists(room: Room, caller: Caller, ids: Sequence[int], name: object) -> ContactList:
    """Make a list of everybody who is on one of these lists.

    Raises Refused when there are not two of them, or ids are wrong (in the details); nothing is made then.
    """
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        list_id = listing.merge_lists(
            connection, caller.account_id, ids, name, by_whom(caller), now=room.clock()
        )
        made = _made(connection, caller, list_id)
    with room.database.transaction() as connection:  # after the account is free again
        counting.count(connection, caller.account_id, [list_id])
    return made


def add_contacts(room: Room, caller: Caller, list_id: int, contact_ids: Sequence[int]) -> int:
    """Put contacts on a list; return how many were not on it. Unknown contacts are passed over.

    Raises Missing when the caller has no such list.
    """
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        return listing.add_contacts(connection, caller.account_id, list_id, contact_ids, now=room.clock())


def remove_contacts(room: Room, caller: Caller, list_id: int, contact_ids: Sequence[int]) -> int:
    """Take contacts off a list; return how many were on it.

    Raises Missing when the caller has no such list.
    """
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        return listing.remove_contacts(connection, caller.account_id, list_id, contact_ids, now=room.clock())


def _made(connection: Connection, caller: Caller, list_id: int) -> ContactList:
    (made,) = lists.read_lists(connection, caller.account_id, [list_id], Cut(limit=1))
    return made


def _require_some(ids: Sequence[int]) -> None:
    if not ids:
        raise Refused("Which lists? Without an id this would be all of them.", code="NO_FILTER")


def _cut(paging: Paging) -> Cut:
    by, descending = paging.sort or ("list_id", False)
    if by not in lists.ORDERS:
        raise Refused(f"Lists cannot be sorted by '{by}'.", code="BAD_SORT")
    if paging.after is not None and (by != "list_id" or descending):
        raise Refused("Only lists in the order of their ids can be read from one on.", code="BAD_SORT")
    return Cut(paging.limit, paging.offset, paging.after, by, descending)
