"""What can be done with contacts (contact folders and lists API, section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from postroom.contacts.cells import is_storable
from postroom.contacts.errors import Refused
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.records import ContactFilter, ContactRecord, WrittenContact
from postroom.drops.room import Room
from postroom.ingest import writing
from postroom.ingest.finding import selection_of
from postroom.ingest.writing import Writing
from postroom.store import accounts, selecting
from postroom.store.accounts import Account, lock_account_soon
from postroom.store.database import Connection
from postroom.store.selecting import ORDERS, Slice
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = [
    "ContactFilter",
    "ContactRecord",
    "create_contacts",
    "delete_contacts",
    "read_contacts",
    "update_contacts",
]

MOST_CREATED: Final = 1000
MOST_CHANGED: Final = 50_000
"""How many contacts one call changes at the most: some three seconds, while others wait for the account."""

_SHOWN: Final = 80
"""Characters that are shown of a name that somebody made up."""


def read_contacts(room: Room, caller: Caller, wanted: ContactFilter, paging: Paging) -> Page[ContactRecord]:
    """Return the contacts that a filter finds, sorted by `contact_id`, `created_at`, `updated_at` or a field.

    Raises:
        Denied: the client may not read contacts.
        Refused: contacts cannot be sorted so.
    """
    caller.require("contacts:read")
    part = _slice(paging)
    with room.database.transaction() as connection:
        settings = accounts.account_by_id(connection, caller.account_id).settings
        selection = selection_of(connection, caller.account_id, settings, wanted)
        if selection is None:
            return Page([], 0 if paging.with_total else None)
        total = selecting.count_selected(connection, selection) if paging.with_total else None
        items = selecting.select_contacts(connection, selection, part) if paging.limit else []
    return Page(items, total)


def create_contacts(room: Room, caller: Caller, rows: Sequence[Mapping[str, object]]) -> list[ContactRecord]:
    """Create contacts by the rules of files, or update those that there are; return one for each row.

    A row has raw texts by field, and `optouts`: reasons by medium. What is absent leaves what there is, so
    does an empty value unless the account's empty cells erase; an opt-out of None lifts none. Lists stay.

    Raises:
        Denied: the client may not change contacts.
        Refused: a row is not valid, and none was stored; the details say which rows, and why.
        Conflict: the account is busy.
    """
    caller.require("contacts:write")
    if len(rows) > MOST_CREATED:
        raise Refused(f"At most {MOST_CREATED} contacts can be created at once.", code="TOO_MANY_CONTACTS")
    contacts = [_written(row, f"contacts[{place}]") for place, row in enumerate(rows)]
    with room.database.transaction() as connection:
        job = _begin(connection, room, caller)
        ids = writing.create_contacts(connection, job, contacts)
        found = selecting.contacts_by_ids(connection, caller.account_id, set(ids))
    return [found[contact_id] for contact_id in ids]


def update_contacts(room: Room, caller: Caller, wanted: ContactFilter, changes: Mapping[str, object]) -> int:
    """Change the contacts that a filter finds; return how many it found.

    `changes` are as a row of `create_contacts`, but an empty value erases, an opt-out of None lifts it.

    Raises:
        Denied: the client may not change contacts.
        Refused: there is no filter, a value is not valid, or a contact cannot become that; nothing was done.
        Conflict: the account is busy.
    """
    caller.require("contacts:write")
    _require_filter(wanted)
    written = _written(changes, "changes")
    with room.database.transaction() as connection:
        job = _begin(connection, room, caller)
        ids = _found(connection, job.account, wanted)
        writing.update_contacts(connection, job, ids, written)
    return len(ids)


def delete_contacts(room: Room, caller: Caller, wanted: ContactFilter) -> int:
    """Delete the contacts that a filter finds; return how many. Opt-outs of their addresses stay.

    Raises:
        Denied: the client may not change contacts.
        Refused: there is no filter; nothing was deleted.
        Conflict: the account is busy.
    """
    caller.require("contacts:write")
    _require_filter(wanted)
    with room.database.transaction() as connection:
        job = _begin(connection, room, caller)
        ids = _found(connection, job.account, wanted)
        writing.delete_contacts(connection, caller.account_id, ids)
    return len(ids)


def _begin(connection: Connection, room: Room, caller: Caller) -> Writing:
    """Lock the account, and see its settings as they are from now on."""
    lock_account_soon(connection, caller.account_id)
    account = accounts.account_by_id(connection, caller.account_id)
    return Writing(account, caller.client_id, room.clock())


def _require_filter(wanted: ContactFilter) -> None:
    if wanted.is_empty:
        raise Refused("Say which contacts are meant: without a filter all would be.", code="MISSING_FILTER")


def _found(connection: Connection, account: Account, wanted: ContactFilter) -> list[int]:
    selection = selection_of(connection, account.account_id, account.settings, wanted)
    if selection is None:
        return []
    ids = selecting.select_contact_ids(connection, selection, limit=MOST_CHANGED + 1)
    if len(ids) > MOST_CHANGED:
        raise Refused(
            f"This filter finds more than {MOST_CHANGED} contacts; change them in smaller parts.",
            code="TOO_MANY_CONTACTS",
        )
    return ids


def _written(row: Mapping[str, object], place: str) -> WrittenContact:
    """Return a contact as it was written; raise Refused when that is not text by field."""
    values: dict[str, str | None] = {}
    for name, value in row.items():
        where = f"{place}.{name[:_SHOWN]}"
        if name == "optouts":
            continue
        if name not in DOCUMENTED_FIELDS:
            raise Refused(f"{where} is no field of a contact.", code="UNKNOWN_FIELD")
        if value is not None and not (isinstance(value, str) and is_storable(value)):
            raise Refused(f"{where} must be text.", code="BAD_VALUE")
        values[name] = value
    return WrittenContact(values, _optouts(row.get("optouts") or {}, place))


def _optouts(given: object, place: str) -> dict[Medium, OptOutReason | None]:
    if not isinstance(given, Mapping):
        raise Refused(f"{place}.optouts must have reasons by medium.", code="BAD_VALUE")
    found: dict[Medium, OptOutReason | None] = {}
    for medium, reason in given.items():
        if not isinstance(medium, Medium) or not (reason is None or isinstance(reason, OptOutReason)):
            raise Refused(f"{place}.optouts must have reasons by medium.", code="BAD_VALUE")
        found[medium] = reason
    return found


def _slice(paging: Paging) -> Slice:
    by, descending = paging.sort or ("contact_id", False)
    if by not in ORDERS:
        raise Refused(f"Contacts cannot be sorted by '{by}'.", code="BAD_SORT")
    if paging.after is not None and by != "contact_id":
        raise Refused("Only contacts in the order of their ids can be read from one on.", code="BAD_SORT")
    return Slice(by, descending, paging.after, paging.limit, paging.offset)
