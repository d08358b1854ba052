"""Notices: whom an account's go to, and each one on its way to one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Json

from postroom.contacts.errors import Conflict, Missing
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("notices")

Kind = Literal["email", "webhook"]
DeliveryState = Literal["waiting", "delivered", "failed"]
DELIVERY_STATES: tuple[DeliveryState, ...] = ("waiting", "delivered", "failed")


@dataclass(frozen=True, slots=True)
class Target:
    """Where notices go: an e-mail address or a webhook's URL; `secret` is sealed, and a webhook's alone."""

    account_id: int
    target_id: int
    kind: Kind
    address: str
    events: list[str]
    secret: bytes | None
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None

    @property
    def public_id(self) -> str:
        """The id that people use."""
        return f"{self.account_id}-{self.target_id}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one target, or at its end; without a target it is a mail to `address`."""

    account_id: int
    delivery_id: int
    target_id: int | None
    message_id: str
    type: str
    about: str
    content: Mapping[str, Any]
    state: DeliveryState
    round: int
    attempts: int
    answer: str | None
    created_at: datetime
    attempted_at: datetime | None
    next_at: datetime | None
    leased_until: datetime | None
    address: str | None

    @property
    def public_id(self) -> str:
        """The id that people use."""
        return f"{self.account_id}-{self.delivery_id}"


@dataclass(frozen=True, slots=True)
class Logged:
    """A delivery, and whom it goes to."""

    kind: Kind
    address: str
    delivery: Delivery


def create_target(
    connection: Connection,
    *,
    account_id: int,
    kind: Kind,
    address: str,
    events: Sequence[str],
    secret: bytes | None,
    now: datetime,
) -> Target:
    """Add a target; raise Conflict when the account has one of that address."""
    row = connection.execute(
        _SQL["create_target"],
        {
            "account_id": account_id,
            "kind": kind,
            "address": address,
            "events": list(events),
            "secret": secret,
            "now": now,
        },
    ).fetchone()
    if row is None:
        raise Conflict(f"The account has a target {address} already.", code="TARGET_EXISTS")
    return Target(**row)


def target_by_id(connection: Connection, account_id: int, target_id: int) -> Target:
    """Return one target; raise Missing when there is none."""
    row = connection.execute(
        _SQL["target_by_id"], {"account_id": account_id, "target_id": target_id}
    ).fetchone()
    if row is None:
        raise _no_target(account_id, target_id)
    return Target(**row)


def targets_of_account(connection: Connection, account_id: int) -> list[Target]:
    """Return an account's targets, the oldest first."""
    return [
        Target(**row) for row in connection.execute(_SQL["targets_of_account"], {"account_id": account_id})
    ]


def targets_wanting(connection: Connection, account_id: int, event: str) -> list[Target]:
    """Return the targets that are switched on and want to hear of an event; they stay until the end.

    Without that a target removed at this moment would undo an import: its delivery would point nowhere.
    """
    rows = connection.execute(_SQL["targets_wanting"], {"account_id": account_id, "event": event})
    return [Target(**row) for row in rows]


def remove_target(connection: Connection, account_id: int, target_id: int) -> None:
    """Forget a target and its deliveries; raise Missing when there is none."""
    parameters = {"account_id": account_id, "target_id": target_id}
    if connection.execute(_SQL["remove_target"], parameters).fetchone() is None:
        raise _no_target(account_id, target_id)


def disable_target(
    connection: Connection, account_id: int, target_id: int, *, reason: str, now: datetime
) -> None:
    """Send nothing more to a target."""
    connection.execute(
        _SQL["disable_target"],
        {"account_id": account_id, "target_id": target_id, "reason": reason, "now": now},
    )


def enable_target(connection: Connection, account_id: int, target_id: int) -> None:
    """Send to a target again; raise Missing when there is none."""
    parameters = {"account_id": account_id, "target_id": target_id}
    if connection.execute(_SQL["enable_target"], parameters).fetchone() is None:
        raise _no_target(account_id, target_id)


def create_delivery(
    connection: Connection,
    target: Target,
    *,
    message_id: str,
    type_: str,
    about: str,
    content: Mapping[str, Any],
    now: datetime,
) -> Delivery:
    """Put a message on its way; its first attempt is due at once."""
    row = connection.execute(
        _SQL["create_delivery"],
        {
            "account_id": target.account_id,
            "target_id": target.target_id,
            "message_id": message_id,
            "type": type_,
            "about": about,
            "content": Json(dict(content)),
            "now": now,
        },
    ).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return Delivery(**row)


def create_addressed_delivery(
    connection: Connection,
    account_id: int,
    address: str,
    *,
    message_id: str,
    type_: str,
    about: str,
    content: Mapping[str, Any],
    now: datetime,
) -> Delivery:
    """Put a mail on its way to an address that is no target; its first attempt is due at once."""
    row = connection.execute(
        _SQL["create_addressed_delivery"],
        {
            "account_id": account_id,
            "address": address,
            "message_id": message_id,
            "type": type_,
            "about": about,
            "content": Json(dict(content)),
            "now": now,
        },
    ).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return Delivery(**row)


def delivery_by_id(connection: Connection, account_id: int, delivery_id: int) -> Delivery | None:
    """Return one delivery, or None."""
    row = connection.execute(
        _SQL["delivery_by_id"], {"account_id": account_id, "delivery_id": delivery_id}
    ).fetchone()
    return Delivery(**row) if row else None


def deliveries_of_account(
    connection: Connection,
    account_id: int,
    *,
    state: DeliveryState | None = None,
    target_id: int | None = None,
    limit: int = 100,
) -> list[Logged]:
    """Return an account's deliveries, the newest first."""
    rows = connection.execute(
        _SQL["deliveries_of_account"],
        {"account_id": account_id, "state": state, "target_id": target_id, "limit": limit},
    )
    return [
        Logged(kind=row.pop("kind"), address=row.pop("went_to"), delivery=Delivery(**row)) for row in rows
    ]


def claim_delivery(
    connection: Connection, account_id: int, delivery_id: int, *, now: datetime, leased_until: datetime
) -> Delivery | None:
    """Take a due delivery for one attempt; its round and attempt are the claim's token.

    None when it is not due, ended, or being attempted, or another one to its target is.
    """
    row = connection.execute(
        _SQL["claim_delivery"],
        {"account_id": account_id, "delivery_id": delivery_id, "now": now, "leased_until": leased_until},
    ).fetchone()
    return Delivery(**row) if row else None


def due_to_target(
    connection: Connection, account_id: int, target_id: int, *, now: datetime
) -> tuple[int, int | None]:
    """Return how many deliveries to a target are due, and the id of the oldest."""
    parameters = {"account_id": account_id, "target_id": target_id, "now": now}
    row = connection.execute(_SQL["due_to_target"], parameters).fetchone()
    assert row is not None  # a count always answers
    return row["due"], row["oldest"]


def record_answer(
    connection: Connection,
    delivery: Delivery,
    *,
    state: DeliveryState,
    answer: str,
    next_at: datetime | None,
) -> bool:
    """Note how a claimed attempt ended; False when the claim was lost."""
    row = connection.execute(
        _SQL["record_answer"],
        {
            "account_id": delivery.account_id,
            "delivery_id": delivery.delivery_id,
            "round": delivery.round,
            "attempts": delivery.attempts,
            "state": state,
            "answer": answer,
            "next_at": next_at,
        },
    ).fetchone()
    return row is not None


def retry_delivery(
    connection: Connection, account_id: int, delivery_id: int, *, now: datetime
) -> Delivery | None:
    """Begin a new round of attempts; None when it is delivered, being attempted, or not there."""
    row = connection.execute(
        _SQL["retry_delivery"], {"account_id": account_id, "delivery_id": delivery_id, "now": now}
    ).fetchone()
    return Delivery(**row) if row else None


def overdue_deliveries(connection: Connection, *, moment: datetime, limit: int) -> list[Delivery]:
    """Return deliveries of all accounts that should have been attempted before `moment`."""
    rows = connection.execute(_SQL["overdue_deliveries"], {"moment": moment, "limit": limit})
    return [Delivery(**row) for row in rows]


def prune_deliveries(connection: Connection, account_id: int, *, moment: datetime) -> int:
    """Forget deliveries that ended and are older than `moment`; return how many."""
    rows = connection.execute(_SQL["prune_deliveries"], {"account_id": account_id, "moment": moment})
    return len(rows.fetchall())


def _no_target(account_id: int, target_id: int) -> Missing:
    return Missing(f"There is no target {account_id}-{target_id}.", code="NO_TARGET")
