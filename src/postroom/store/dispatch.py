"""Which account a login means by a reference, in files for several accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postroom.contacts.dispatch import reference_key
from postroom.contacts.errors import Missing
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("dispatch")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference, what of it is compared, and the account that is meant."""

    reference_key: str
    reference: str
    account_id: int
    account_name: str


def set_reference(connection: Connection, login: str, reference: str, *, account_id: int) -> None:
    """Let a login mean an account by `reference`, whatever it meant before. The login must be there."""
    connection.execute(
        _SQL["set_reference"],
        {
            "login": login,
            "reference_key": reference_key(reference),
            "reference": reference,
            "account_id": account_id,
        },
    )


def remove_reference(connection: Connection, login: str, reference: str) -> None:
    """Let a login mean nobody by `reference`; raise Missing when it did not mean anybody."""
    parameters = {"login": login, "reference_key": reference_key(reference)}
    if connection.execute(_SQL["remove_reference"], parameters).fetchone() is None:
        raise Missing(f"Login {login} means no account by '{reference}'.", code="NO_REFERENCE")


def references_of_login(connection: Connection, login: str, account_id: int) -> list[Reference]:
    """Return whom a login means, by account; nobody when it is not a login of `account_id`."""
    rows = connection.execute(_SQL["references_of_login"], {"login": login, "account_id": account_id})
    return [Reference(**row) for row in rows]


def all_references(connection: Connection, login: str | None = None) -> list[dict[str, Any]]:
    """Return login, reference and account_name of every mapping, or of one login's."""
    return connection.execute(_SQL["all_references"], {"login": login}).fetchall()
