"""Opt-outs from lists and from the whole system, beside those of media.

Those from lists stand among the opt-outs of their account; those from the system in a small table of its
own, the same on every node of a cluster. `ingest` alone changes either.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from postroom.contacts.levels import UNIVERSAL_SCOPE, list_scope
from postroom.contacts.optouts import OptOutReason
from postroom.store.database import Connection
from postroom.store.lists import names_of_lists
from postroom.store.optouts import OptOut
from postroom.store.statements import statements

_SQL = statements("levels")


def any_optouts(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has any opt-out."""
    row = connection.execute(_SQL["any_optouts"], {"account_id": account_id}).fetchone()
    return bool(row and row["found"])


def any_universal(connection: Connection) -> bool:
    """Tell whether any address is opted out of the whole system."""
    row = connection.execute(_SQL["any_universal"]).fetchone()
    return bool(row and row["found"])


def standing_scopes(connection: Connection, account_id: int, scopes: Sequence[str], *, addresses: str) -> str:
    """Return which of an array literal of addresses are opted out of which scopes.

    Each is a line: address, tab, the place of the scope from 1, tab, reason.
    """
    parameters = {"account_id": account_id, "scopes": list(scopes), "addresses": addresses}
    row = connection.execute(_SQL["standing_scopes"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["lines"] or ""


def standing_universal(connection: Connection, *, addresses: str) -> list[str]:
    """Return which of an array literal of addresses are opted out of the whole system."""
    row = connection.execute(_SQL["standing_universal"], {"addresses": addresses}).fetchone()
    assert row is not None  # an aggregate always answers
    return (row["lines"] or "").splitlines()


def add_universal(
    connection: Connection, account_id: int, drop_id: int | None, *, addresses: str, now: datetime
) -> list[str]:
    """Opt an array literal of addresses out of the whole system; return those that were not yet.

    The account and its drop are who asked for it.
    """
    parameters = {"account_id": account_id, "drop_id": drop_id, "addresses": addresses, "now": now}
    row = connection.execute(_SQL["add_universal"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return (row["lines"] or "").splitlines()


def scopes_of_lists(connection: Connection, account_id: int, list_ids: Collection[int]) -> dict[int, str]:
    """Return the scopes of opt-outs from lists, by id; a list that is gone has that of its last name."""
    names = names_of_lists(connection, account_id, sorted(list_ids)) if list_ids else {}
    return {each: list_scope(names.get(each, str(each))) for each in list_ids}


def scope_of_list(connection: Connection, account_id: int, list_id: int) -> str:
    """Return the scope of opt-outs from a list."""
    return scopes_of_lists(connection, account_id, [list_id])[list_id]


def optouts_of_lists(
    connection: Connection, account_id: int, names: Collection[str]
) -> dict[str, OptOutReason]:
    """Return who left any list of these names, by address, and for which reason at the strongest."""
    parameters = {"account_id": account_id, "scopes": [list_scope(name) for name in names]}
    rows = connection.execute(_SQL["optouts_of_lists"], parameters)
    return {row["address"]: OptOutReason(row["reason"]) for row in rows}


def list_optouts_of(connection: Connection, account_id: int, address: str) -> list[OptOut]:
    """Return the opt-outs of a normalised address from lists."""
    parameters = {"account_id": account_id, "address": address}
    rows = connection.execute(_SQL["levels_of_address"], parameters)
    return [OptOut(**{**row, "reason": OptOutReason(row["reason"])}) for row in rows]


def universal_optout_of(connection: Connection, address: str) -> OptOut | None:
    """Return the opt-out of a normalised address from the whole system, None when there is none."""
    row = connection.execute(_SQL["universal_of_address"], {"address": address}).fetchone()
    return OptOut(UNIVERSAL_SCOPE, address, OptOutReason.ACCOUNT, row["since_at"]) if row else None
