"""Files on their way to a server: whole, once, in order, whatever breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from postroom.contacts.errors import Missing, Unavailable
from postroom.outflow.activating import activate
from postroom.outflow.delivering import deliver, deliver_due
from postroom.outflow.depot import Depot, no_step
from postroom.outflow.generating import generate
from postroom.outflow.locations import Wanted, create
from postroom.outflow.options import Options
from postroom.outflow.running import resend, run_now
from postroom.store import flows
from postroom.store.flows import Run, RunState
from tests.fakes.memory_remote import MemoryServer
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened

FLOW = "EMAIL_CLICKED"


class _Killed(BaseException):
    pass


@dataclass
class Shipper:
    """An account whose flow goes to a server in memory."""

    exporter: Exporter
    clock: Clock
    server: MemoryServer = field(default_factory=MemoryServer)
    between_steps: Callable[[str], None] = no_step

    @property
    def depot(self) -> Depot:
        return replace(
            self.exporter.depot,
            connect=self.server.connected,
            between_steps=self.between_steps,
        )

    def begin(self, **options: Any) -> None:
        """Make the location, activate the flow."""
        wanted = Wanted(
            "shop", "ftps", host="files.example.com", username="alice", password="a-password", folder="in"
        )
        create(self.depot, self.exporter.account_id, wanted)
        activate(self.depot, self.exporter.account_id, FLOW, Options(**options), location="shop")

    def make(self, *, extra: bool = False) -> Run:
        """Make a file of what has happened."""
        self.exporter.record(happened(FLOW))
        run_id = run_now(self.depot, self.exporter.account_id, FLOW, extra=extra)
        generate(self.depot, self.exporter.account_id, run_id)
        return self.exporter.read(run_id)

    def deliver(self) -> int:
        return deliver(self.depot, self.exporter.account_id, FLOW)

    def die_after(self, step: str) -> None:
        """Die at a step; be well again afterwards, once the lease is over."""

        def die(name: str) -> None:
            if name == step:
                raise _Killed

        self.between_steps = die
        with pytest.raises(_Killed):
            self.deliver()
        self.between_steps = no_step
        self.clock.pass_by(16 * 60)


@pytest.fixture
def shipper(exporter: Exporter, clock: Clock) -> Shipper:
    shipper = Shipper(exporter, clock)
    shipper.begin()
    return shipper


def broken(shipper: Shipper, *steps: str) -> None:
    """Let the server break at these steps."""

    def break_down(step: str) -> None:
        if step.split(maxsplit=1)[0] in steps:
            raise Unavailable(f"the server broke at {step}", code="REMOTE_AWAY")

    shipper.server.weather = break_down


def mended(shipper: Shipper) -> None:
    shipper.server.weather = lambda _step: None


def test_a_file_is_uploaded_under_another_name_and_renamed(shipper: Shipper) -> None:
    run = shipper.make()

    assert shipper.deliver() == 1

    assert shipper.server.done == ["connect", f"put {run.file_name}.part", f"renamed {run.file_name}"]
    assert shipper.server.files == {run.file_name: shipper.exporter.bytes_of(run)}
    published = shipper.exporter.read(run.run_id)
    assert (published.state, published.published_at) == (RunState.PUBLISHED, shipper.clock())


def test_a_flow_without_a_location_waits_to_be_fetched(exporter: Exporter) -> None:
    exporter.activate(FLOW)
    run = exporter.run(FLOW)

    assert deliver(exporter.depot, exporter.account_id, FLOW) == 0
    assert exporter.read(run.run_id).state is RunState.GENERATED


def test_a_location_that_is_not_there_cannot_be_chosen(exporter: Exporter) -> None:
    with pytest.raises(Missing, match="no location 'shop'"):
        activate(exporter.depot, exporter.account_id, FLOW, Options(), location="shop")


def test_charlie_cannot_choose_alices_location(shipper: Shipper, stranger: Exporter) -> None:
    with pytest.raises(Missing):
        activate(stranger.depot, stranger.account_id, FLOW, Options(), location="shop")


def test_a_server_that_is_away_is_tried_again_and_again(shipper: Shipper) -> None:
    run = shipper.make()
    broken(shipper, "connect")
    waits = []

    for _ in range(7):
        assert shipper.deliver() == 0
        tried = shipper.exporter.read(run.run_id)
        assert tried.next_at is not None
        waits.append(tried.next_at - shipper.clock())
        shipper.clock.pass_by(waits[-1].total_seconds())

    assert [wait / timedelta(minutes=1) for wait in waits] == [1, 2, 5, 15, 30, 60, 60]
    mended(shipper)
    assert shipper.deliver() == 1


def test_nobody_tries_before_the_time(shipper: Shipper) -> None:
    shipper.make()
    broken(shipper, "connect")
    shipper.deliver()
    mended(shipper)
    with shipper.exporter.room.database.transaction() as connection:
        connection.execute("delete from procrastinate_jobs")

    assert shipper.deliver() == 0
    assert deliver_due(shipper.depot) == 0
    shipper.clock.pass_by(60)
    assert deliver_due(shipper.depot) == 1
    assert shipper.deliver() == 1


def test_after_a_day_a_person_is_told(shipper: Shipper) -> None:
    run = shipper.make()
    broken(shipper, "connect")
    while shipper.exporter.read(run.run_id).state is not RunState.FAILED:
        shipper.deliver()
        shipper.clock.pass_by(3600)

    failed = shipper.exporter.read(run.run_id)
    assert failed.failure == "the server broke at connect"
    assert failed.tries == 25
    mended(shipper)
    resend(shipper.depot, shipper.exporter.account_id, run.run_id)
    assert shipper.deliver() == 1


def test_a_wrong_password_fails_at_once(shipper: Shipper) -> None:
    run = shipper.make()
    shipper.server.password = "another"

    assert shipper.deliver() == 0

    failed = shipper.exporter.read(run.run_id)
    assert (failed.state, failed.tries) == (RunState.FAILED, 1)
    assert failed.failure == "The server refuses the login: 530"


@pytest.mark.parametrize("step", ["put", "rename"])
def test_a_step_that_is_refused_leaves_no_file_under_its_name(shipper: Shipper, step: str) -> None:
    run = shipper.make()
    broken(shipper, step)

    shipper.deliver()

    assert run.file_name not in shipper.server.files
    mended(shipper)
    shipper.clock.pass_by(60)
    assert shipper.deliver() == 1
    assert shipper.server.files == {run.file_name: shipper.exporter.bytes_of(run)}


def test_a_file_that_arrived_in_part_is_uploaded_again(shipper: Shipper) -> None:
    run = shipper.make()

    def cut(step: str) -> None:
        if step.startswith("put"):
            shipper.server.files[f"{run.file_name}.part"] = b"half"

    shipper.server.weather = cut
    shipper.deliver()
    assert shipper.exporter.read(run.run_id).failure == f"4 of {run.size} bytes arrived."
    mended(shipper)
    shipper.clock.pass_by(60)

    assert shipper.deliver() == 1
    assert shipper.server.files == {run.file_name: shipper.exporter.bytes_of(run)}


@pytest.mark.parametrize("step", ["claimed", "uploaded", "noted", "renamed"])
def test_who_dies_on_the_way_leaves_a_file_that_is_published_once(shipper: Shipper, step: str) -> None:
    run = shipper.make()

    shipper.die_after(step)
    assert shipper.deliver() == 1

    assert shipper.server.files == {run.file_name: shipper.exporter.bytes_of(run)}
    assert shipper.server.done.count(f"renamed {run.file_name}") == 1
    assert shipper.exporter.read(run.run_id).state is RunState.PUBLISHED


def test_a_file_that_was_collected_before_anybody_noted_it_is_not_sent_again(shipper: Shipper) -> None:
    run = shipper.make()
    shipper.die_after("renamed")
    del shipper.server.files[run.file_name]

    assert shipper.deliver() == 1

    assert shipper.server.files == {}
    assert shipper.exporter.read(run.run_id).state is RunState.PUBLISHED


def test_what_was_uploaded_and_changed_meanwhile_is_uploaded_again(shipper: Shipper) -> None:
    run = shipper.make()
    shipper.die_after("noted")
    shipper.server.files[f"{run.file_name}.part"] = b"somebody else's"

    assert shipper.deliver() == 1
    assert shipper.server.files == {run.file_name: shipper.exporter.bytes_of(run)}


def test_two_workers_do_not_bring_one_file_twice(shipper: Shipper) -> None:
    run = shipper.make()
    met: list[int] = []

    def meet(step: str) -> None:
        if step == "claimed" and not met:
            met.append(shipper.deliver())

    shipper.between_steps = meet
    assert shipper.deliver() == 1

    assert met == [0]
    assert shipper.server.done.count(f"renamed {run.file_name}") == 1


def test_whose_claim_was_taken_over_publishes_nothing_more(shipper: Shipper) -> None:
    run = shipper.make()
    met: list[int] = []

    def fall_asleep(step: str) -> None:
        if step == "uploaded":
            shipper.between_steps = no_step
            shipper.clock.pass_by(20 * 60)
            met.append(shipper.deliver())

    shipper.between_steps = fall_asleep
    shipper.deliver()

    assert met == [1]
    assert shipper.server.done.count(f"renamed {run.file_name}") == 1


def test_files_of_a_flow_go_in_their_order(shipper: Shipper) -> None:
    first = shipper.make()
    broken(shipper, "connect")
    shipper.deliver()
    mended(shipper)
    second = shipper.make(extra=True)

    assert shipper.deliver() == 0  # the second waits for the first
    shipper.clock.pass_by(60)
    assert shipper.deliver() == 2

    renamed = [step for step in shipper.server.done if step.startswith("renamed")]
    assert renamed == [f"renamed {first.file_name}", f"renamed {second.file_name}"]


def test_one_that_failed_does_not_keep_the_next_ones(shipper: Shipper) -> None:
    shipper.make()
    shipper.server.password = "another"
    shipper.deliver()
    shipper.server.password = "a-password"
    second = shipper.make(extra=True)

    assert shipper.deliver() == 1
    assert list(shipper.server.files) == [second.file_name]


def test_a_file_that_is_there_already_is_replaced(shipper: Shipper) -> None:
    run = shipper.make()
    shipper.server.files[run.file_name] = b"of somebody"

    shipper.deliver()

    assert shipper.server.files == {run.file_name: shipper.exporter.bytes_of(run)}


def test_sending_again_sends_the_same_bytes_though_the_contacts_have_changed(shipper: Shipper) -> None:
    run = shipper.make()
    shipper.deliver()
    sent = dict(shipper.server.files)
    shipper.server.files.clear()

    resend(shipper.depot, shipper.exporter.account_id, run.run_id)
    assert shipper.deliver() == 1

    assert shipper.server.files == sent


def test_a_manifest_and_a_done_file_follow(exporter: Exporter, clock: Clock) -> None:
    shipper = Shipper(exporter, clock)
    shipper.begin(manifest=True, done=True)
    run = shipper.make()

    shipper.deliver()

    names = [step.removeprefix("renamed ") for step in shipper.server.done if step.startswith("renamed")]
    assert names[0] == run.file_name
    assert names[1].endswith(".manifest.json")
    assert names[2] == f"{run.file_name}.done"
    manifest = json.loads(shipper.server.files[names[1]])
    assert [each["sha256"] for each in manifest["files"]] == [run.sha256]


def test_a_location_that_is_gone_fails_at_once(shipper: Shipper) -> None:
    run = shipper.make()
    with shipper.exporter.room.database.transaction() as connection:
        connection.execute("delete from locations")

    shipper.deliver()

    assert shipper.exporter.read(run.run_id).state is RunState.FAILED


def test_the_ledger_says_how_often_it_was_tried(shipper: Shipper) -> None:
    run = shipper.make()
    broken(shipper, "connect")
    shipper.deliver()

    with shipper.exporter.room.database.reading() as connection:
        found = flows.run_by_id(connection, shipper.exporter.account_id, run.run_id)
    assert (found.tries, found.tried_since, found.failure) == (
        1,
        shipper.clock(),
        "the server broke at connect",
    )
