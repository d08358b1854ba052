"""How far deposits under way are; written beside their transactions, so that others see it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.statements import statements

_SQL = statements("progress")


@dataclass(frozen=True, slots=True)
class Told:
    """What an attempt tells: rows to expect (about), rows read and refused, since when, and as of when."""

    expected: int
    lines: int
    refused: int
    started_at: datetime
    told_at: datetime


def tell_progress(connection: Connection, drop: Drop, told: Told) -> None:
    """Put on record how far the holder of a claim is, in place of whatever was told of the deposit."""
    connection.execute(_SQL["tell_progress"], {**_claim(drop), **asdict(told)})


def progress_of_drop(connection: Connection, account_id: int, drop_id: int) -> Told | None:
    """Return what the present attempt at a claimed deposit has told last; None before it told anything."""
    row = connection.execute(
        _SQL["progress_of_drop"], {"account_id": account_id, "drop_id": drop_id}
    ).fetchone()
    return Told(**row) if row else None


def forget_progress(connection: Connection, drop: Drop) -> None:
    """Forget what the holder of a claim told, but not what a later one did."""
    connection.execute(_SQL["forget_progress"], _claim(drop))


def leave_progress(connection: Connection, drop: Drop) -> None:
    """Let nobody be told any more by the holder of a claim, but keep how far it came for who watches."""
    connection.execute(_SQL["leave_progress"], _claim(drop))


def forget_old_progress(connection: Connection, account_id: int, *, before: datetime) -> None:
    """Forget what was told before a moment: those who told it are dead."""
    connection.execute(_SQL["forget_old_progress"], {"account_id": account_id, "before": before})


def _claim(drop: Drop) -> dict[str, int]:
    return {"account_id": drop.account_id, "drop_id": drop.drop_id, "attempts": drop.attempts}
