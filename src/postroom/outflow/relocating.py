"""Changing a location under the flows that go there: a new password, host key or authority, another place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from postroom.contacts.errors import Conflict, Refused
from postroom.outflow.delivering import enqueue_flow
from postroom.outflow.depot import Depot
from postroom.outflow.locations import (
    PORTS,
    OwnKey,
    Wanted,
    address_of,
    described,
    wanted_by_url,
)
from postroom.outflow.remote.seam import Address, Speaks
from postroom.outflow.targets import require_names_apart, target_of
from postroom.store import deliveries, locations
from postroom.store.accounts import account_by_id
from postroom.store.database import Connection
from postroom.store.locations import HOSTED, Location


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different about a location; what is None stays.

    `pin_host_key` takes the SSH key that the server shows now. A password is for one login at one server:
    where `url` names another one, it is not taken along.
    """

    url: str | None = None
    password: str | None = field(default=None, repr=False)
    host_key: str | None = None
    pin_host_key: bool = False
    authority: str | None = None


def change(depot: Depot, account_id: int, name: str, changes: Changes) -> Location:
    """Change a location; files that wait for it are tried at once, at the new place wholly.

    Raises:
        Missing: there is no location of that name.
        Refused: something cannot be, or files of two flows would take each other's place.
        Conflict: somebody else has changed it meanwhile.
        Denied, Unavailable: as `locations.create` does.
    """
    with depot.database.reading() as connection:
        before = locations.location_by_name(connection, account_id, name)
    after = _changed(depot, before, changes)
    with depot.database.transaction() as connection:
        locations.lock_locations(connection, account_id)
        if locations.location_by_name(connection, account_id, name) != before:
            raise Conflict(
                f"The location '{name}' was changed meanwhile: look at it, and try again.",
                code="LOCATION_CHANGED",
            )
        locations.change_location(connection, after)
        users = deliveries.users_of_location(connection, account_id, name)
        require_names_apart(connection, account_by_id(connection, account_id), users)
        for flow in _waiting(connection, before, after):
            enqueue_flow(connection, depot.queue, account_id, flow)
    return after


def _waiting(connection: Connection, before: Location, after: Location) -> list[str]:
    """Have the files that wait for a location tried at once; return the flows they are of."""
    act = deliveries.try_soon if target_of(before) == target_of(after) else deliveries.begin_anew
    return sorted(act(connection, after.account_id, after.name))


def _changed(depot: Depot, before: Location, changes: Changes) -> Location:
    known = None if before.protocol == HOSTED else address_of(depot, before)
    place = _as_it_is(before) if changes.url is None else wanted_by_url(before.name, changes.url)
    wanted = replace(place, password=changes.password, authority=changes.authority)
    wanted = replace(wanted, host_key=_host_key(wanted, known, changes))
    own_key = None
    if known is not None:
        if _same_login(wanted, known) and wanted.password is None:
            wanted = replace(wanted, password=known.password)
        if wanted.authority is None and wanted.protocol in {Speaks.FTPS, Speaks.FTPS_IMPLICIT}:
            wanted = replace(wanted, authority=known.authority)
        if known.private_key is not None:
            own_key = OwnKey(known.private_key, before.public_key or "")
    made = described(depot, before.account_id, wanted, own_key)
    return replace(made, created_at=before.created_at)


def _as_it_is(location: Location) -> Wanted:
    if location.protocol == HOSTED:
        return Wanted(location.name, HOSTED)
    return Wanted(
        location.name,
        location.protocol,
        host=location.host or "",
        port=location.port or 0,
        folder=location.folder,
        username=location.username or "",
    )


def _host_key(wanted: Wanted, known: Address | None, changes: Changes) -> str | None:
    """Return the key that the server must have; None for the one that it shows now."""
    if changes.pin_host_key and (changes.host_key is not None or wanted.protocol != Speaks.SFTP):
        raise Refused(
            "Either a host key is given, or the one that the server shows now is pinned; both are for SFTP.",
            code="BAD_LOCATION",
        )
    if changes.host_key is not None or changes.pin_host_key or known is None:
        return changes.host_key
    return known.host_key if _same_server(wanted, known) else None


def _same_server(wanted: Wanted, known: Address) -> bool:
    if wanted.protocol != known.protocol:
        return False
    return (wanted.host.lower(), wanted.port or PORTS[known.protocol]) == (known.host.lower(), known.port)


def _same_login(wanted: Wanted, known: Address) -> bool:
    return _same_server(wanted, known) and wanted.username == known.username
