"""`postroom report …`: the daily reports of an account."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from postroom.contacts.events import EventType
from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.outflow.reporter import Reporter


@pytest.fixture
def reacted(room: Room, alice: Person) -> Reporter:
    """Return Alice, one of whose recipients has just opened a message."""
    reporter = Reporter(room, alice, now=datetime.now(UTC))
    reporter.react(
        EventType.OPENED, reporter.writer.campaign(), reporter.writer.contact(email="bob@example.com")
    )
    return reporter


def test_reports_are_written_and_listed(terminal: Terminal, reacted: Reporter) -> None:
    assert "`postroom report write alice`" in terminal.run("report", "list", "alice")

    assert terminal.json("report", "write", "alice") == {"account": "alice", "days": 1}

    found = terminal.json("report", "list", "alice")
    assert [each["name"].partition("_")[2] for each in found] == ["1_Autumn.zip", "Daily.zip"]
    assert all(set(each) == {"day", "name", "size", "final", "written_at"} for each in found)
    assert not any(each["final"] for each in found)
    assert "Daily.zip" in terminal.run("report", "list", "alice")
    assert "less than an hour ago" in terminal.run("report", "write", "alice")


def test_nothing_is_written_where_nothing_happened(
    terminal: Terminal, reacted: Reporter, charlie: Person
) -> None:
    assert "Reports of 0 days were written." in terminal.run("report", "write", "charlie")
    assert terminal.json("report", "list", "charlie") == []


@pytest.mark.parametrize("command", ["list", "write"])
def test_an_unknown_account_is_missing(terminal: Terminal, command: str) -> None:
    assert terminal.error("report", command, "nobody") == (3, "NO_ACCOUNT")
