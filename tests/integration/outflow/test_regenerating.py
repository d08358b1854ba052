"""Files that are made anew: by what, under which name, and what becomes of the former ones."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from hashlib import sha256

import pytest

from postroom.contacts.errors import Conflict
from postroom.notices.message import Event as Notice
from postroom.outflow.generating import generate
from postroom.outflow.locations import delete
from postroom.outflow.options import Format, Packing
from postroom.outflow.running import regenerate, resend
from postroom.store import flows
from postroom.store.flows import Run, RunState
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened
from tests.integration.outflow.listening import add_target, give_up, told

OPENED = "EMAIL_OPENED"
DAY = 86_400


@pytest.fixture
def active(exporter: Exporter) -> Exporter:
    """Return Alice with one active flow and one contact."""
    exporter.contacts({"email": "bob@example.com", "city": "Liège"})
    exporter.activate(OPENED, fields=("city",))
    return exporter


def anew(exporter: Exporter, run_id: int, *, suffix: bool = False) -> Run:
    """Have a file made anew."""
    regenerate(exporter.depot, exporter.account_id, run_id, suffix=suffix)
    generate(exporter.depot, exporter.account_id, run_id)
    return exporter.read(run_id)


def location(exporter: Exporter, name: str) -> None:
    with exporter.room.database.transaction() as connection:
        connection.execute(
            "insert into locations (account_id, name, protocol, folder, created_at)"
            " values (%s, %s, 'hosted', '', %s)",
            [exporter.account_id, name, exporter.clock()],
        )


def test_it_is_made_anew_of_the_same_window(active: Exporter, clock: Clock) -> None:
    active.record(happened(OPENED, 1))
    run = active.run(OPENED)
    active.record(happened(OPENED, 2))
    with active.room.database.transaction() as connection:
        connection.execute("update contacts set city = 'Gent'")
    clock.pass_by(DAY)

    planned = regenerate(active.depot, active.account_id, run.run_id, suffix=True)
    generate(active.depot, active.account_id, run.run_id)

    made = active.read(run.run_id)
    (row,) = active.rows_of(made)
    assert (planned.state, planned.rows, made.revision) == (RunState.PLANNED, 1, 2)
    assert row["city"] == "Gent"
    assert made.file_name == "EMAIL_OPENED_alice_20260304_r2.zip"


def test_a_name_of_its_own_counts_the_revisions(active: Exporter) -> None:
    run = active.run(OPENED)

    anew(active, run.run_id, suffix=True)
    made = anew(active, run.run_id)

    assert (made.revision, made.file_name) == (3, "EMAIL_OPENED_alice_20260304_r3.zip")


def test_it_is_made_anew_as_the_flow_is_active_now(active: Exporter) -> None:
    active.record(happened(OPENED))
    run = active.run(OPENED)
    location(active, "shop")
    active.activate(
        OPENED, location="shop", fields=("first_name",), format=Format.JSONL, packing=Packing.NONE
    )

    made = anew(active, run.run_id)

    assert (made.file_name, made.location) == ("EMAIL_OPENED_alice_20260304.jsonl", "shop")
    document = json.loads(active.bytes_of(made))
    assert "first_name" in document
    assert "city" not in document
    assert (made.from_seq, made.to_seq, made.plan["zone"]) == (run.from_seq, run.to_seq, run.plan["zone"])


def test_it_is_made_anew_as_it_was_planned_when_its_flow_is_off(active: Exporter) -> None:
    active.record(happened(OPENED))
    run = active.run(OPENED)
    active.activate(OPENED, packing=Packing.NONE)
    with active.room.database.transaction() as connection:
        flows.deactivate(connection, active.account_id, OPENED)

    made = anew(active, run.run_id)

    assert made.file_name == run.file_name
    assert list(active.rows_of(made)[0])[-1] == "city"


def test_the_former_file_stays_until_the_new_one_is_there(active: Exporter) -> None:
    active.record(happened(OPENED))
    run = active.run(OPENED)

    planned = regenerate(active.depot, active.account_id, run.run_id, suffix=True)
    before = active.bytes_of(planned)
    generate(active.depot, active.account_id, run.run_id)

    made = active.read(run.run_id)
    told_of = ("revision", "file_name", "sha256", "rows", "blob_key", "generated_at")
    assert [getattr(planned, name) for name in told_of] == [getattr(run, name) for name in told_of]
    assert sha256(before).hexdigest() == run.sha256
    assert (made.revision, made.anew, made.blob_key != run.blob_key) == (2, None, True)
    assert list(active.room.blobs.keys()) == [made.blob_key]


def test_when_it_cannot_be_made_anew_the_former_file_is_what_there_is(active: Exporter, clock: Clock) -> None:
    add_target(active, Notice.FAILURE)
    run = active.run(OPENED)
    with active.room.database.transaction() as connection:
        connection.execute(
            "update flow_runs set location = 'theirs', state = 'PUBLISHED', published_at = cut_at"
        )
    published = active.read(run.run_id)
    regenerate(active.depot, active.account_id, run.run_id)

    give_up(active, clock, run.run_id, OSError(errno.ENOSPC, "No space left on device"))

    stays = active.read(run.run_id)
    assert stays.failure == "The file could not be made anew: No space left on device."
    assert replace(stays, failure=None, attempts=published.attempts) == published
    assert active.bytes_of(stays)
    assert [type_ for type_, _ in told(active)] == ["flow.failed"]


def test_a_location_stays_while_a_file_is_made_anew_for_it(active: Exporter) -> None:
    run = active.run(OPENED)
    location(active, "shop")
    active.activate(OPENED, location="shop")
    regenerate(active.depot, active.account_id, run.run_id)
    with active.room.database.transaction() as connection:
        flows.deactivate(connection, active.account_id, OPENED)

    with pytest.raises(Conflict, match="still on its way there"):
        delete(active.depot, active.account_id, "shop")


def test_what_is_being_made_anew_can_be_sent_again_as_it_was(active: Exporter) -> None:
    location(active, "shop")
    active.activate(OPENED, location="shop")
    run = active.run(OPENED)
    regenerate(active.depot, active.account_id, run.run_id)

    def send_it(step: str) -> None:
        if step == "written":
            resend(active.depot, active.account_id, run.run_id)

    assert generate(replace(active.depot, between_steps=send_it), active.account_id, run.run_id) is None

    sent = active.read(run.run_id)
    assert (sent.state, sent.revision, sent.sha256) == (RunState.GENERATED, 1, run.sha256)
    assert list(active.room.blobs.keys()) == [run.blob_key]
