"""Files brought to servers of others that are away, killed upon, or emptied between two steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from postroom.outflow.activating import activate
from postroom.outflow.delivering import deliver
from postroom.outflow.depot import Depot, no_step
from postroom.outflow.generating import generate
from postroom.outflow.locations import Wanted, create
from postroom.outflow.options import Options
from postroom.outflow.running import run_now
from postroom.store.flows import Run, RunState
from tests.integration.drops.clock import Clock
from tests.integration.gateway.ftp.conftest import certificate
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened
from tests.servers import SERVERS, Served

__all__ = ["certificate"]

FLOW = "EMAIL_CLICKED"


class _Killed(BaseException):
    pass


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Path
) -> Iterator[Served]:
    """Return a server that runs."""
    with SERVERS[request.param](tmp_path_factory.mktemp("server"), certificate) as found:
        yield found


@dataclass
class Bringer:
    """An account whose flow goes to a real server."""

    exporter: Exporter
    clock: Clock
    server: Served
    between_steps: Callable[[str], None] = no_step

    @property
    def depot(self) -> Depot:
        return replace(self.exporter.depot, between_steps=self.between_steps)

    def make(self) -> Run:
        """Make a file that is to be brought there."""
        self.exporter.record(happened(FLOW))
        run_id = run_now(self.depot, self.exporter.account_id, FLOW)
        generate(self.depot, self.exporter.account_id, run_id)
        return self.exporter.read(run_id)

    def deliver(self) -> int:
        return deliver(self.depot, self.exporter.account_id, FLOW)

    def die_after(self, step: str) -> None:
        """Die at a step; the next worker comes when the lease is over."""

        def die(name: str) -> None:
            if name == step:
                raise _Killed

        self.between_steps = die
        with pytest.raises(_Killed):
            self.deliver()
        self.between_steps = no_step
        self.clock.pass_by(16 * 60)

    def move_to(self, port: int) -> None:
        """Have the location at another port."""
        with self.exporter.room.database.transaction() as connection:
            connection.execute("update locations set port = %s", [port])

    def there(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.server.directory.iterdir()}


@pytest.fixture
def bringer(exporter: Exporter, clock: Clock, server: Served) -> Iterator[Bringer]:
    address = server.address
    wanted = Wanted(
        "shop",
        address.protocol.value,
        host=address.host,
        port=address.port,
        folder=address.folder,
        username=address.username,
        password=address.password,
        host_key=address.host_key,
        authority=address.authority,
    )
    bringer = Bringer(exporter, clock, server)
    location = create(bringer.depot, exporter.account_id, wanted)
    if location.public_key is not None:
        keys = server.directory.parent.parent / "own.pub"
        keys.write_text(f"{location.public_key}\n", encoding="ascii")
    activate(bringer.depot, exporter.account_id, FLOW, Options(), location="shop")
    yield bringer
    for left in server.directory.iterdir():
        left.unlink()


@pytest.mark.parametrize("step", ["uploaded", "noted", "renamed"])
def test_who_dies_on_the_way_leaves_a_file_that_is_there_once_and_whole(bringer: Bringer, step: str) -> None:
    run = bringer.make()

    bringer.die_after(step)
    assert bringer.deliver() == 1

    assert bringer.there() == {run.file_name: bringer.exporter.bytes_of(run)}
    assert bringer.exporter.read(run.run_id).state is RunState.PUBLISHED


def test_what_was_collected_meanwhile_is_not_sent_again(bringer: Bringer) -> None:
    run = bringer.make()
    bringer.die_after("renamed")
    (bringer.server.directory / run.file_name).unlink()

    assert bringer.deliver() == 1

    assert bringer.there() == {}
    assert bringer.exporter.read(run.run_id).state is RunState.PUBLISHED


def test_a_server_that_is_down_for_an_hour_gets_the_file_afterwards(bringer: Bringer) -> None:
    run = bringer.make()
    bringer.move_to(1)
    for minutes in (1, 2, 5, 15, 30):
        assert bringer.deliver() == 0
        bringer.clock.pass_by(60 * minutes)
    assert bringer.deliver() == 0
    bringer.move_to(bringer.server.address.port)
    bringer.clock.pass_by(3600)

    assert bringer.deliver() == 1
    assert bringer.there() == {run.file_name: bringer.exporter.bytes_of(run)}


def test_a_file_of_that_name_is_replaced(bringer: Bringer) -> None:
    run = bringer.make()
    (bringer.server.directory / run.file_name).write_bytes(b"of somebody")

    assert bringer.deliver() == 1
    assert bringer.there() == {run.file_name: bringer.exporter.bytes_of(run)}
