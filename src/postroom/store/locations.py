"""Where files that go out are brought to: a folder on a server of others, or of the account's tree here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

from postroom.contacts.errors import Conflict, Missing
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("locations")

HOSTED = "hosted"
"""The protocol of a location that is kept here."""

DIRECTORY = "flows"
"""The folder of the tree for files that are kept here."""


@dataclass(frozen=True, slots=True)
class Location:
    """A location. `secret` is sealed; a hosted one, which is a folder of the tree, has only `folder`."""

    account_id: int
    name: str
    protocol: str
    host: str | None
    port: int | None
    folder: str
    username: str | None
    secret: bytes | None = field(repr=False)
    public_key: str | None
    host_key: str | None
    authority: str | None
    created_at: datetime


def lock_locations(connection: Connection, account_id: int) -> None:
    """Let nobody else change where flows of an account go until the transaction ends.

    Taken before the rows of activations.
    """
    connection.execute(_SQL["lock_locations"], {"account_id": account_id})


def add_location(connection: Connection, location: Location) -> None:
    """Store a location; raise Conflict when its account has one of that name."""
    parameters = {**asdict(location), "now": location.created_at}
    if connection.execute(_SQL["add_location"], parameters).fetchone() is None:
        raise Conflict(f"There is a location '{location.name}' already.", code="LOCATION_EXISTS")


def change_location(connection: Connection, location: Location) -> None:
    """Store what a location is from now on; it keeps the moment at which it was made."""
    connection.execute(_SQL["change_location"], asdict(location))


def location_by_name(connection: Connection, account_id: int, name: str) -> Location:
    """Return a location; raise Missing when the account has none of that name."""
    row = connection.execute(_SQL["location_by_name"], {"account_id": account_id, "name": name}).fetchone()
    if row is None:
        raise Missing(f"There is no location '{name[:80]}'.", code="NO_LOCATION")
    return Location(**row)


def locations_of_account(connection: Connection, account_id: int) -> list[Location]:
    """Return the locations of an account, by name."""
    rows = connection.execute(_SQL["locations_of_account"], {"account_id": account_id})
    return [Location(**row) for row in rows]


def any_hosted(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has a location that is kept here."""
    row = connection.execute(_SQL["any_hosted"], {"account_id": account_id}).fetchone()
    return bool(row and row["found"])


def delete_location(connection: Connection, account_id: int, name: str) -> None:
    """Remove a location; raise Missing when the account has none of that name."""
    row = connection.execute(_SQL["delete_location"], {"account_id": account_id, "name": name}).fetchone()
    if row is None:
        raise Missing(f"There is no location '{name[:80]}'.", code="NO_LOCATION")
