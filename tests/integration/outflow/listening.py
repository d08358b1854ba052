"""Who wants to hear of an account's files, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from postroom.notices.message import Event as Notice
from postroom.outflow.generating import generate
from postroom.store import notices
from postroom.store.flows import RunState
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter


def told(exporter: Exporter) -> Sequence[tuple[str, Mapping[str, Any]]]:
    with exporter.room.database.transaction() as connection:
        logged = notices.deliveries_of_account(connection, exporter.account_id)
    return [(each.delivery.type, each.delivery.content) for each in logged]


def add_target(exporter: Exporter, *events: Notice) -> None:
    with exporter.room.database.transaction() as connection:
        notices.create_target(
            connection,
            account_id=exporter.account_id,
            kind="webhook",
            address="https://example.com/hook",
            events=events,
            secret=b"sealed",
            now=exporter.clock(),
        )


def give_up(exporter: Exporter, clock: Clock, run_id: int, wrong: Exception) -> RunState | None:
    """Have the making of a file fail until nobody tries any more."""

    def break_off(step: str) -> None:
        if step == "begun":
            raise wrong

    broken = replace(exporter.depot, between_steps=break_off)
    while generate(broken, exporter.account_id, run_id) is RunState.PLANNED and exporter.read(run_id).next_at:
        clock.now = exporter.read(run_id).next_at or clock.now
    return exporter.read(run_id).state
