"""Locations: making one, trying it, finding out how to get there (specs, OUT flows 3.9)."""

from __future__ import annotations

import json
import re
import ssl
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from postroom.contacts.errors import Conflict, Refused
from postroom.outflow.depot import Depot
from postroom.outflow.remote.connecting import probe
from postroom.outflow.remote.reaching import check_reachable, is_literal
from postroom.outflow.remote.seam import Address, Speaks
from postroom.outflow.remote.sftp import fingerprint, host_key_of, new_key_pair
from postroom.store import deliveries, locations
from postroom.store.database import Connection
from postroom.store.locations import DIRECTORY, HOSTED, Location

PORTS: Final = {Speaks.SFTP: 22, Speaks.FTPS: 21, Speaks.FTPS_IMPLICIT: 990}
"""The usual port of each."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}", re.IGNORECASE)
_HOST: Final = re.compile(r"[a-z0-9:]([a-z0-9.:-]{0,251}[a-z0-9])?", re.IGNORECASE)
_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_FOLDER: Final = re.compile(r"[^\x00-\x1f\x7f]{0,1000}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A location to be made; `port` 0 is the usual one, no password a key of ours for SFTP.

    `host_key` is the line that is expected; without it the server's key of now is taken, and shown.
    """

    name: str
    protocol: str
    host: str = ""
    port: int = 0
    folder: str = ""
    username: str = ""
    password: str | None = field(default=None, repr=False)
    host_key: str | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of ours to log in with: its private half (OpenSSH) and the line of the public one."""

    private: str = field(repr=False)
    public: str


def wanted_by_url(name: str, url: str) -> Wanted:
    """Read a location as people write it: sftp://user@host:port/folder or the like, or `hosted`.

    A folder is relative to the login's own, with two slashes before it absolute. Raises Refused.
    """
    if url == HOSTED:
        return Wanted(name, HOSTED)
    try:
        parts = urlsplit(url)
        port = parts.port or 0
    except ValueError:
        raise Refused("That is no URL such as sftp://user@host/folder.", code="BAD_LOCATION") from None
    if parts.password is not None:
        raise Refused("A password does not belong into the URL: use --password-stdin.", code="BAD_LOCATION")
    return Wanted(
        name,
        parts.scheme,
        host=parts.hostname or "",
        port=port,
        folder=unquote(parts.path.removeprefix("/")),
        username=unquote(parts.username or ""),
    )


def create(depot: Depot, account_id: int, wanted: Wanted) -> Location:
    """Make a location; the server is not logged in to, as a key of ours must be installed there first.

    Raises Refused when something cannot be, Conflict when there is one of that name, Unavailable when an SSH
    server does not show its key.
    """
    if not _NAME.fullmatch(wanted.name):
        raise Refused(
            "The name of a location has up to 63 letters, digits, dots, dashes or underscores.",
            code="BAD_LOCATION",
        )
    location = described(depot, account_id, wanted)
    with depot.database.transaction() as connection:
        locations.add_location(connection, location)
    return location


def described(depot: Depot, account_id: int, wanted: Wanted, own_key: OwnKey | None = None) -> Location:
    """Return the location that is wanted, stored nowhere; without a password SFTP gets a key of ours.

    Raises as `create` does.
    """
    if wanted.protocol == HOSTED:
        return _hosted(depot, account_id, wanted)
    return _remote(depot, account_id, wanted, own_key)


def test(depot: Depot, account_id: int, name: str) -> None:
    """Write, rename and remove a small file there; raise as Remote does where any of that does not work."""
    with depot.database.reading() as connection:
        location = locations.location_by_name(connection, account_id, name)
    if location.protocol != HOSTED:
        check_reachable(location.host or "", location.port or 0, depot.networks)
        probe(address_of(depot, location), depot.connect)


def delete(depot: Depot, account_id: int, name: str) -> None:
    """Remove a location; raise Missing when there is none, Conflict while a flow or a file goes there."""
    with depot.database.transaction() as connection:
        locations.lock_locations(connection, account_id)
        users = deliveries.users_of_location(connection, account_id, name)
        if users:
            raise Conflict(
                f"The location '{name}' is still used by {', '.join(users)}; it can be changed in its place.",
                code="LOCATION_IN_USE",
            )
        _require_nothing_under_way(connection, account_id, name)
        locations.delete_location(connection, account_id, name)


def _require_nothing_under_way(connection: Connection, account_id: int, name: str) -> None:
    runs = deliveries.runs_under_way(connection, account_id, name)
    if runs:
        more = f", and so are {len(runs) - 1} more" if len(runs) > 1 else ""
        raise Conflict(
            f"Run {runs[0].run_id} of {runs[0].flow} is still on its way there{more}: wait for it, or change"
            f" the location '{name}' if it cannot arrive.",
            code="LOCATION_IN_USE",
        )


def address_of(depot: Depot, location: Location) -> Address:
    """Return how to get to a location of a server, with its secrets."""
    secret = json.loads(depot.sealer.unseal(location.secret or b"", _purpose(location)))
    return Address(
        protocol=Speaks(location.protocol),
        host=location.host or "",
        port=location.port or 0,
        folder=location.folder,
        username=location.username or "",
        password=secret.get("password"),
        private_key=secret.get("private_key"),
        host_key=location.host_key,
        authority=location.authority,
    )


def fingerprint_of(location: Location) -> str | None:
    """Return what people compare of the pinned host key; None where there is none."""
    return fingerprint(location.host_key) if location.host_key else None


def _hosted(depot: Depot, account_id: int, wanted: Wanted) -> Location:
    given = (wanted.host, wanted.username, wanted.password, wanted.host_key, wanted.authority, wanted.folder)
    if any(given) or wanted.port:
        raise Refused("A hosted location has nothing but a name.", code="BAD_LOCATION")
    return Location(
        account_id=account_id,
        name=wanted.name,
        protocol=HOSTED,
        host=None,
        port=None,
        folder=DIRECTORY,
        username=None,
        secret=None,
        public_key=None,
        host_key=None,
        authority=None,
        created_at=depot.clock(),
    )


def _remote(depot: Depot, account_id: int, wanted: Wanted, own_key: OwnKey | None) -> Location:
    protocol = _checked(wanted)
    port = wanted.port or PORTS[protocol]
    if is_literal(wanted.host) or (protocol is Speaks.SFTP and wanted.host_key is None):
        check_reachable(wanted.host, port, depot.networks)
    secret, public_key, host_key = {"password": wanted.password}, None, None
    if protocol is Speaks.SFTP:
        host_key = _host_key(wanted, port)
        if wanted.password is None:
            key = own_key or OwnKey(*new_key_pair(f"postroom-{wanted.name}"))
            secret, public_key = {"private_key": key.private}, key.public
    location = Location(
        account_id=account_id,
        name=wanted.name,
        protocol=protocol.value,
        host=wanted.host,
        port=port,
        folder=wanted.folder,
        username=wanted.username,
        secret=None,
        public_key=public_key,
        host_key=host_key,
        authority=_certificates(wanted.authority),
        created_at=depot.clock(),
    )
    sealed = depot.sealer.seal(json.dumps(secret).encode(), _purpose(location))
    return replace(location, secret=sealed)


def _checked(wanted: Wanted) -> Speaks:
    """Return what the server speaks; raise Refused for what cannot be."""
    try:
        protocol = Speaks(wanted.protocol)
    except ValueError:
        raise Refused(_no_location(wanted.protocol), code="BAD_LOCATION") from None
    if not _HOST.fullmatch(wanted.host) or not wanted.username or not 0 <= wanted.port <= 65535:
        raise Refused("A location needs a host, a port up to 65535 and a user.", code="BAD_LOCATION")
    if not _FOLDER.fullmatch(wanted.folder) or not _FOLDER.fullmatch(wanted.username):
        raise Refused("A folder or a user has no control characters.", code="BAD_LOCATION")
    if protocol is not Speaks.SFTP:
        if not wanted.password:
            raise Refused(
                "FTPS needs a password: give --password-stdin (over the API password).", code="BAD_LOCATION"
            )
        if wanted.host_key:
            raise Refused("A host key is for SFTP; FTPS has a certificate.", code="BAD_LOCATION")
    elif wanted.authority:
        raise Refused("An authority is for FTPS; SFTP has a host key.", code="BAD_LOCATION")
    return protocol


def _no_location(protocol: str) -> str:
    if protocol == "ftp":
        return "Plain FTP would show passwords and files: use ftps:// or sftp://."
    return (
        "A location is written as sftp://user@host/folder, ftps://user@host/folder,"
        " ftps-implicit://user@host/folder, or hosted."
    )


def _certificates(authority: str | None) -> str | None:
    """Return the certificates in a PEM file; what stands beside them may be in any language."""
    if authority is None:
        return None
    found = "\n".join(_CERTIFICATE.findall(authority))
    try:
        ssl.create_default_context(cadata=found or "none")
    except (ssl.SSLError, ValueError, TypeError):
        raise Refused("The authority is no certificate in PEM.", code="BAD_LOCATION") from None
    return f"{found}\n"


def _host_key(wanted: Wanted, port: int) -> str:
    if wanted.host_key is None:
        return host_key_of(wanted.host, port)
    try:
        fingerprint(wanted.host_key)
    except ValueError:
        raise Refused("The host key is no line such as 'ssh-ed25519 AAAA…'.", code="BAD_LOCATION") from None
    return " ".join(wanted.host_key.split()[:2])


def _purpose(location: Location) -> str:
    return f"location/{location.account_id}/{location.name}"
