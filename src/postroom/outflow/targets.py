"""Where files stand in the end: two of one name at one target would take each other's place."""

from __future__ import annotations

from collections.abc import Collection
from posixpath import normpath

from postroom.contacts.errors import Refused
from postroom.outflow.naming import Named, file_name
from postroom.outflow.options import Options
from postroom.store import flows, locations
from postroom.store.accounts import Account
from postroom.store.database import Connection
from postroom.store.flows import Activation
from postroom.store.locations import HOSTED, Location

Target = tuple[str | int | None, ...]


def target_of(location: Location) -> Target:
    """Return what tells one folder from another: locations of other names may well be the same.

    All that are hosted are the one folder of the account's tree.
    """
    if location.protocol == HOSTED:
        return (HOSTED,)
    host = (location.host or "").lower().rstrip(".")
    return (location.protocol, host, location.port, location.username, _folder(location.folder))


def sharing_target(connection: Connection, account_id: int, name: str | None) -> list[str] | None:
    """Return the locations that are the same folder as one of them, that one too; None for no location."""
    if name is None:
        return None
    targets = {each.name: target_of(each) for each in locations.locations_of_account(connection, account_id)}
    ours = targets.get(name)
    return [name, *(other for other, target in targets.items() if target == ours and other != name)]


def require_names_apart(connection: Connection, account: Account, concerned: Collection[str]) -> None:
    """Raise Refused when files of a flow that is concerned would take the place of another flow's.

    The caller holds `locations.lock_locations`, so that no other flow comes in between.
    """
    known = locations.locations_of_account(connection, account.account_id)
    targets = {each.name: target_of(each) for each in known}
    active = [each for each in flows.activations_of_account(connection, account.account_id) if each.active]
    for one in active:
        if one.flow not in concerned:
            continue
        for other in active:
            same_place = _target(one, targets) == _target(other, targets)
            if other.flow != one.flow and same_place and _sample(account, one) == _sample(account, other):
                raise Refused(
                    f"Files of {one.flow} and {other.flow} would have the same name in the same place; "
                    "put {flow} into it.",
                    code="BAD_NAME",
                )


def _target(activation: Activation, targets: dict[str, Target]) -> Target | None:
    """Return where the files of a flow go; None where they stay with their runs."""
    return targets.get(activation.location) if activation.location is not None else None


def _sample(account: Account, activation: Activation) -> str:
    """Return the name of the file of some day, the same day for all."""
    options = Options.from_json(activation.options)
    named = Named(activation.flow, account.name, account.created_at.date())
    return file_name(options.name, named, options.extension)


def _folder(folder: str) -> str:
    absolute = folder.startswith("/")
    return f"/{normpath(folder).lstrip('/')}" if absolute else normpath(folder)
