"""What can be done with contacts (contact folders and lists API, section 3.1)."""

from __future__ import annotations

from postroom.contacts.errors import Refused
from postroom.contacts.records import ContactFilter, ContactRecord
from postroom.drops.room import Room
from postroom.ingest.finding import selection_of
from postroom.store import accounts, selecting
from postroom.store.selecting import ORDERS, Slice
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = ["ContactFilter", "ContactRecord", "read_contacts"]


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


def _slice(paging: Paging) -> Slice:
    by, descending = paging.sort or ("contact_id", False)
    if by not in ORDERS:
        raise Refused(f"Contacts cannot be sorted by '{by}'.", code="BAD_SORT")
    if paging.after is not None and by != "contact_id":
        raise Refused("Only contacts in the order of their ids can be read from one on.", code="BAD_SORT")
    return Slice(by, descending, paging.after, paging.limit, paging.offset)
