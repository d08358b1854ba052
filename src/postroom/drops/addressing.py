"""Whom the rows of a deposit for several accounts are for (seed 000 section 2.3.2).

A login whose references mean accounts sends such deposits alone. Each account reads the header by its own
labels, so one column may be another field for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from postroom.contacts.batches import Action, ColumnMap, FileRefused
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import headers
from postroom.ingest.dispatching import Route, Routes
from postroom.store import dispatch
from postroom.store.accounts import Account, account_by_id, lock_account
from postroom.store.database import Connection
from postroom.store.dispatch import Reference


@dataclass(frozen=True, slots=True)
class Addressee:
    """An account that rows may be for, and the references that mean it."""

    account: Account
    references: Sequence[Reference]


@dataclass(frozen=True, slots=True)
class Addressing:
    """How a deposit for several accounts is read: the columns that any of them wants, and its routes."""

    columns: ColumnMap
    addressees: Sequence[Addressee]
    routes: Routes


def lock_addressees(connection: Connection, login: str, account_id: int) -> list[Addressee]:
    """Lock a login's account and those that its references mean; return the latter, none when it has none.

    All are locked here, by rising id: two deposits that meet in several accounts cannot wait for each other.
    """
    found = dispatch.references_of_login(connection, login, account_id)
    meant = {of: list(group) for of, group in groupby(found, key=lambda each: each.account_id)}
    for each in sorted({account_id, *meant}):
        lock_account(connection, each)
    # Settings are read under the locks: a criterion may have changed just before.
    return [Addressee(account_by_id(connection, of), references) for of, references in meant.items()]


def addressed(
    header: Sequence[str], action: Action, settings: AccountSettings, addressees: Sequence[Addressee]
) -> Addressing:
    """Read the header of a deposit for several accounts, left in an account with `settings`.

    Raises FileRefused when it has no column for a row's account.
    """
    number = headers.dispatch_column(header)
    if number is None:
        headers.map_columns(header, settings, action)  # when it is no contact file at all, that is said
        raise FileRefused(Reason.MISSING_COLUMN, headers.DISPATCH)
    maps = [_mapped(header, action, each.account.settings, number) for each in addressees]
    readable = [each for each in maps if isinstance(each, ColumnMap)]
    wanted = {number, *(column for each in readable for column in each.positions.values())}
    columns = ColumnMap(
        positions={_cell(column): column for column in sorted(wanted)},
        width=len(header),
        header=tuple(header),
        unknown=_unknown_to_all(readable),
        report_columns=headers.report_columns(header),
    )
    routes = [_route(each, columns) for each, columns in zip(addressees, maps, strict=True)]
    return Addressing(columns, addressees, Routes(_cell(number), number, routes))


def _mapped(
    header: Sequence[str], action: Action, settings: AccountSettings, number: int
) -> ColumnMap | FileRefused:
    try:
        return headers.map_columns(header, settings, action, reserved=number)
    except FileRefused as refused:
        if refused.reason in {Reason.TOO_MANY_HEADERS, Reason.WRONG_SEPARATOR}:
            raise
        return refused


def _route(addressee: Addressee, columns: ColumnMap | FileRefused) -> Route:
    refusal = columns if isinstance(columns, FileRefused) else None
    positions = {} if isinstance(columns, FileRefused) else columns.positions
    return Route(
        account_id=addressee.account.account_id,
        shown=", ".join(each.reference for each in addressee.references),
        keys=[each.reference_key for each in addressee.references],
        language=addressee.account.settings.language,
        columns={field: _cell(column) for field, column in positions.items()},
        refusal=refusal,
    )


def _unknown_to_all(readable: Sequence[ColumnMap]) -> tuple[str, ...]:
    first, *others = readable or [ColumnMap({}, 0, ())]
    return tuple(name for name in first.unknown if all(name in each.unknown for each in others))


def _cell(column: int) -> str:
    return f"cell_{column}"
