"""A location is changed under the flows that go there: nothing is lost, no secret goes elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import pytest

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.outflow.activating import activate
from postroom.outflow.delivering import deliver
from postroom.outflow.depot import Depot, no_step
from postroom.outflow.generating import generate
from postroom.outflow.locations import Wanted, address_of, create
from postroom.outflow.options import Options
from postroom.outflow.relocating import Changes, change
from postroom.outflow.remote.seam import Address, Remote
from postroom.outflow.remote.sftp import new_key_pair
from postroom.outflow.running import run_now
from postroom.store.flows import Run, RunState
from postroom.store.locations import Location
from tests.fakes.memory_remote import MemoryServer
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened

FLOW = "EMAIL_CLICKED"
SHOP = Wanted("shop", "ftps", host="files.example.com", username="alice", password="a-password", folder="in")
ELSEWHERE = "ftps://alice@files2.example.com/in"


@dataclass
class Mover:
    """An account whose flow goes to one of two servers."""

    exporter: Exporter
    clock: Clock
    between_steps: Callable[[str], None] = no_step
    servers: dict[str, MemoryServer] = field(
        default_factory=lambda: {name: MemoryServer() for name in ("files.example.com", "files2.example.com")}
    )

    @property
    def depot(self) -> Depot:
        def connect(address: Address) -> AbstractContextManager[Remote]:
            return self.servers[address.host].connected(address)

        return replace(self.exporter.depot, connect=connect, between_steps=self.between_steps)

    def change(self, **changes: object) -> Location:
        wanted = Changes(**changes)  # type: ignore[arg-type]  # fields of Changes
        return change(self.depot, self.exporter.account_id, "shop", wanted)

    def make(self) -> Run:
        self.exporter.record(happened(FLOW))
        run_id = run_now(self.depot, self.exporter.account_id, FLOW)
        generate(self.depot, self.exporter.account_id, run_id)
        return self.exporter.read(run_id)

    def deliver(self) -> int:
        return deliver(self.depot, self.exporter.account_id, FLOW)

    def files(self, server: str) -> list[str]:
        return list(self.servers[server].files)


@pytest.fixture
def mover(exporter: Exporter, clock: Clock) -> Mover:
    mover = Mover(exporter, clock)
    create(mover.depot, exporter.account_id, SHOP)
    activate(mover.depot, exporter.account_id, FLOW, Options(), location="shop")
    return mover


def test_a_new_password_is_used_from_then_on(mover: Mover) -> None:
    mover.servers["files.example.com"].password = "another"
    mover.change(password="another")
    run = mover.make()

    assert mover.deliver() == 1
    assert mover.files("files.example.com") == [run.file_name]


def test_what_is_not_given_stays(mover: Mover) -> None:
    before = address_of(mover.depot, mover.change(password="a-password"))

    moved = mover.change(url="ftps://alice@files.example.com/other")

    assert address_of(mover.depot, moved) == replace(before, folder="other")


def test_files_that_wait_are_tried_at_once(mover: Mover) -> None:
    run = mover.make()

    def away(_step: str) -> None:
        raise TimeoutError("away")

    mover.servers["files.example.com"].weather = away
    mover.deliver()
    mover.servers["files.example.com"] = MemoryServer(password="another")

    mover.change(password="another")

    assert mover.deliver() == 1
    assert mover.files("files.example.com") == [run.file_name]


def test_what_was_uploaded_to_the_old_server_is_uploaded_to_the_new_one(mover: Mover) -> None:
    run = mover.make()

    def break_down(step: str) -> None:
        if step.startswith("rename "):
            raise TimeoutError("away")

    mover.servers["files.example.com"].weather = break_down
    mover.deliver()
    assert mover.exporter.read(run.run_id).state is RunState.UPLOADED_TMP

    mover.change(url=ELSEWHERE, password="a-password")

    assert mover.deliver() == 1
    assert mover.files("files2.example.com") == [run.file_name]


def test_whoever_is_uploading_to_the_old_server_does_not_say_that_it_is_done(mover: Mover) -> None:
    run = mover.make()

    def move(step: str) -> None:
        if step == "uploaded":
            mover.between_steps = no_step
            mover.change(url=ELSEWHERE, password="a-password")

    mover.between_steps = move
    mover.deliver()
    assert mover.exporter.read(run.run_id).state is RunState.GENERATED

    assert mover.deliver() == 1
    assert mover.files("files2.example.com") == [run.file_name]


@pytest.mark.parametrize(
    "url", [ELSEWHERE, "ftps://bob@files.example.com/in", "ftps://alice@files.example.com:2121/in"]
)
def test_a_password_does_not_go_to_another_server_or_login(mover: Mover, url: str) -> None:
    with pytest.raises(Refused, match="needs a password"):
        mover.change(url=url)


def test_a_key_of_ours_and_the_pinned_one_stay(exporter: Exporter) -> None:
    _private, host_key = new_key_pair("host")
    wanted = Wanted("sftp", "sftp", host="files.example.com", username="alice", host_key=host_key)
    before = create(exporter.depot, exporter.account_id, wanted)

    after = change(
        exporter.depot, exporter.account_id, "sftp", Changes(url="sftp://bob@files.example.com/in")
    )

    assert (after.public_key, after.host_key) == (before.public_key, before.host_key)
    known, now = (address_of(exporter.depot, each) for each in (before, after))
    assert now == replace(known, username="bob", folder="in")


def test_a_server_may_give_way_to_the_folder_here(mover: Mover) -> None:
    run = mover.make()

    mover.change(url="hosted")

    assert mover.deliver() == 1
    assert mover.exporter.read(run.run_id).state is RunState.PUBLISHED
    assert mover.files("files.example.com") == []


def test_it_is_not_moved_to_where_another_flow_has_files_of_that_name(mover: Mover) -> None:
    create(mover.depot, mover.exporter.account_id, Wanted("here", "hosted"))
    same = Options(name="a_{yyyyMMdd}")
    activate(mover.depot, mover.exporter.account_id, FLOW, same, location="shop")
    activate(mover.depot, mover.exporter.account_id, "EMAIL_OPENED", same, location="here")

    with pytest.raises(Refused, match="EMAIL_OPENED"):
        mover.change(url="hosted")


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "nonsense"},
        {"url": "ftps://alice@files.example.com:x/in"},
        {"host_key": "ssh-ed25519 AAAA"},
        {"pin_host_key": True},
        {"authority": "nonsense"},
        {"url": "hosted", "password": "x"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_changes_nothing(mover: Mover, changes: dict[str, object]) -> None:
    with pytest.raises(Refused) as told:
        mover.change(**changes)

    assert told.value.code == "BAD_LOCATION"
    mover.make()
    assert mover.deliver() == 1


def test_of_two_who_change_it_at_once_one_is_told(mover: Mover) -> None:
    meanwhile: list[Location] = []

    @dataclass
    class Meanwhile:
        """Seals, and is late enough for somebody else to be faster."""

        def seal(self, plain: bytes, purpose: str) -> bytes:
            if not meanwhile:
                meanwhile.append(mover.change(password="theirs"))
            return mover.exporter.depot.sealer.seal(plain, purpose)

        def unseal(self, sealed: bytes, purpose: str) -> bytes:
            return mover.exporter.depot.sealer.unseal(sealed, purpose)

    slow = replace(mover.depot, sealer=Meanwhile())  # type: ignore[arg-type]  # does as a sealer does
    with pytest.raises(Conflict):
        change(slow, mover.exporter.account_id, "shop", Changes(password="ours"))


def test_charlie_changes_none_of_alices(mover: Mover, stranger: Exporter) -> None:
    with pytest.raises(Missing):
        change(stranger.depot, stranger.account_id, "shop", Changes(password="x"))


def test_no_password_is_shown(mover: Mover) -> None:
    changes = Changes(password="secret-word")

    assert "secret-word" not in repr(changes)
    assert "secret-word" not in repr(mover.change(password="secret-word"))
