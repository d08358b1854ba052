"""What command batches ask of contacts and subscriptions: the statements by which `ingest` alone does it.

Arrays go in as literals, in the order of the index that they are looked up in.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("commanding")


def contacts_of_keys(connection: Connection, account_id: int, *, places: str, keys: str) -> str:
    """Return who has keys, each as a line of CSV: the place that stands beside the key, the contact."""
    parameters = {"account_id": account_id, "places": places, "keys": keys}
    row = connection.execute(_SQL["contacts_of_keys"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["csv"] or ""


def sharers_of_keys(
    connection: Connection, account_id: int, *, places: str, keys: str, addresses: str
) -> str:
    """Return who shares the addresses whose keys these are, as `contacts_of_keys` does."""
    parameters = {"account_id": account_id, "places": places, "keys": keys, "addresses": addresses}
    row = connection.execute(_SQL["sharers_of_keys"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["csv"] or ""


def contacts_of_addresses(connection: Connection, account_id: int, *, addresses: str) -> str:
    """Return who has an array literal of e-mail addresses, each as a line: contact, tab, address.

    Reads all contacts of the account: they have no index by address.
    """
    parameters = {"account_id": account_id, "addresses": addresses}
    row = connection.execute(_SQL["contacts_of_addresses"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["lines"] or ""


def note_sharers(connection: Connection, account_id: int, *, identifiers: str, contact_ids: str) -> None:
    """Note that contacts share the addresses whose keys stand beside them."""
    parameters = {"account_id": account_id, "identifiers": identifiers, "contact_ids": contact_ids}
    connection.execute(_SQL["note_sharers"], parameters)


def leave_lists(
    connection: Connection, account_id: int, list_ids: Sequence[int] | None, *, contact_ids: str
) -> str:
    """Take contacts off lists, or off all where `list_ids` is None; return each pair: list, contact."""
    given = None if list_ids is None else list(list_ids)
    parameters = {"account_id": account_id, "list_ids": given, "contact_ids": contact_ids}
    row = connection.execute(_SQL["leave_lists"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["csv"] or ""


def empty_list(connection: Connection, account_id: int, list_id: int) -> int:
    """Take everybody off a list; return how many that were."""
    return connection.execute(_SQL["empty_list"], {"account_id": account_id, "list_id": list_id}).rowcount


def set_format(connection: Connection, account_id: int, list_id: int, code: int, *, keys: str) -> None:
    """Give the subscriptions of the contacts of keys a format."""
    parameters = {"account_id": account_id, "list_id": list_id, "format": code, "keys": keys}
    connection.execute(_SQL["set_format"], parameters)


def rename_contact(
    connection: Connection, account_id: int, contact_id: int, *, email: str, dedup_key: UUID | None
) -> None:
    """Give a contact another normalised address, and the key that goes with it."""
    parameters = {
        "account_id": account_id,
        "contact_id": contact_id,
        "email": email,
        "dedup_key": dedup_key,
    }
    connection.execute(_SQL["rename_contact"], parameters)
