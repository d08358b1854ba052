"""What the API does with locations of OUT flows: made, tried out, read, deleted."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.contacts.errors import Denied, Unavailable
from postroom.drops.room import Room
from postroom.outflow import locations as outflow
from postroom.outflow import relocating
from postroom.outflow.locations import Wanted, fingerprint_of, wanted_by_url
from postroom.outflow.relocating import Changes
from postroom.store import locations
from postroom.store.locations import Location
from postroom.web.api.operations.flows import depot_of
from postroom.web.auth.caller import Caller

__all__ = ["Changes", "Location", "Wanted", "fingerprint_of", "wanted_by_url"]

_READ, _WRITE = "flows:read", "flows:write"


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether a location works; if not, what is wrong with it, as a code and in words."""

    works: bool
    code: str | None = None
    text: str | None = None


def read_locations(room: Room, caller: Caller) -> list[Location]:
    """Return the caller's locations by name."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return locations.locations_of_account(connection, caller.account_id)


def read_location(room: Room, caller: Caller, name: str) -> Location:
    """Return a location; raise Missing when the caller has none of that name."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return locations.location_by_name(connection, caller.account_id, name)


def create_location(room: Room, caller: Caller, wanted: Wanted) -> Location:
    """Make a location; raise Refused, Conflict, Denied or Unavailable as `outflow.locations.create` does."""
    caller.require(_WRITE)
    return outflow.create(depot_of(room), caller.account_id, wanted)


def change_location(room: Room, caller: Caller, name: str, changes: Changes) -> Location:
    """Change a location; raise as `outflow.relocating.change` does."""
    caller.require(_WRITE)
    return relocating.change(depot_of(room), caller.account_id, name, changes)


def try_location(room: Room, caller: Caller, name: str) -> Trial:
    """Write, rename and remove a small file; raise Missing when the caller has no such location."""
    caller.require(_WRITE)
    try:
        outflow.test(depot_of(room), caller.account_id, name)
    except (Denied, Unavailable) as wrong:
        return Trial(works=False, code=wrong.code, text=wrong.message)
    return Trial(works=True)


def delete_location(room: Room, caller: Caller, name: str) -> None:
    """Remove a location; raise Missing when there is none, Conflict while a flow or a file goes there."""
    caller.require(_WRITE)
    outflow.delete(depot_of(room), caller.account_id, name)
