"""Files and reports are kept for thirty days, or as long as an account says; the drop's story stays."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from postroom.contacts.errors import Conflict, Missing
from postroom.drops.browsing import entry, open_file
from postroom.drops.claiming import claim_next
from postroom.drops.expiring import expire
from postroom.drops.landing import Place, rename, touch
from postroom.drops.releasing import release
from postroom.drops.room import Limits, Room
from postroom.drops.tidying import tidy
from postroom.drops.trees import Tree
from postroom.store import drops, progress
from postroom.store.accounts import update_settings
from postroom.store.drops import Drop
from postroom.store.progress import Told
from tests.conftest import MakePerson, Person
from tests.integration.drops.clock import NOON, Clock
from tests.integration.drops.sender import IN, Sender

ON, OK, KO = (f"contacts/import/{state}" for state in ("on", "ok", "ko"))
GOOD, PARTLY, BAD = "Email\na@example.com\n", "Email\na@example.com\nnobody\n", "Email\nnobody\n"
DAY = 24 * 60 * 60


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sender(room: Room, alice: Person, clock: Clock) -> Sender:
    return Sender(replace(room, clock=clock), alice)


def test_files_and_reports_go_after_thirty_days(sender: Sender, clock: Clock) -> None:
    sender.drop("good.csv", PARTLY)
    sender.drop("bad.csv", BAD)
    assert (len(sender.names(OK)), len(sender.names(KO))) == (2, 3)

    clock.pass_by(30 * DAY + 1)

    assert expire(sender.room) == 5
    assert (sender.names(OK), sender.names(KO)) == ([], [])
    assert list(sender.room.blobs.keys()) == []


def test_younger_ones_stay(sender: Sender, clock: Clock) -> None:
    sender.drop("old.csv", GOOD)
    clock.pass_by(1)
    sender.drop("young.csv", PARTLY)
    clock.pass_by(30 * DAY)

    assert expire(sender.room) == 1

    name, errors = sender.names(OK)
    assert name.endswith("_young.csv")
    assert sender.read(OK, name) == PARTLY
    assert "nobody" in sender.read(OK, errors)


def test_what_counts_is_when_a_file_was_done_with_not_when_it_came(sender: Sender, clock: Clock) -> None:
    sender.leave("late.csv", GOOD)
    clock.pass_by(40 * DAY)
    sender.process()

    assert expire(sender.room) == 0
    assert len(sender.names(OK)) == 1


def test_the_story_of_the_drop_stays(sender: Sender, clock: Clock) -> None:
    before = sender.drop("good.csv", PARTLY)
    clock.pass_by(31 * DAY)

    expire(sender.room)

    after = sender.drop_now(before.drop_id)
    assert after == replace(before, files_removed_at=clock.now)


def test_what_waits_or_is_processed_or_parked_stays(sender: Sender, clock: Clock) -> None:
    parked = park(sender)
    sender.leave("claimed.csv", GOOD)
    claim_next(sender.room, sender.account_id)
    sender.leave("waiting.csv", GOOD)
    sender.leave("unconfirmed.csv", GOOD, confirmed=False)
    sender.mark(".addToExistingList")
    clock.pass_by(1000 * DAY)

    assert expire(sender.room) == 0

    assert len(sender.names(ON)) == 2
    assert sender.names(IN) == ["unconfirmed.csv", "waiting.csv"]
    assert sender.names("contacts/import") == [".addToExistingList"]
    assert sender.drop_now(parked).files_removed_at is None
    done = sender.process()
    assert done is not None
    assert done.state == "applied"


def test_an_upload_under_a_temporary_name_goes_once_nobody_went_on_with_it(
    sender: Sender, clock: Clock
) -> None:
    sender.leave("abandoned.csv.part", GOOD)
    clock.pass_by(30 * DAY)
    sender.leave("young.csv.part", GOOD)
    clock.pass_by(1)

    assert expire(sender.room) == 1

    assert sender.names(IN) == ["young.csv.part"]


def test_a_time_that_its_sender_has_set_makes_no_upload_old(sender: Sender, clock: Clock) -> None:
    """Clients set the time of the file on their disk, then rename."""
    part = Place(sender.account_id, sender.person.login, IN, "x.csv.part")
    sender.leave(part.name, GOOD)
    touch(sender.room, part, NOON.replace(year=2001))

    assert expire(sender.room) == 0

    rename(sender.room, part, replace(part, name="x.csv"), replace=False)
    done = sender.process()
    assert done is not None
    assert done.state == "applied"


@pytest.mark.parametrize(
    ("setting", "installation", "days"), [(0, 30, 30), (7, 30, 7), (90, 30, 90), (0, 5, 5)]
)
def test_an_account_may_say_how_long(
    sender: Sender, clock: Clock, setting: int, installation: int, days: int
) -> None:
    keep(sender, setting)
    sender.room = replace(sender.room, limits=Limits(keep_days=installation))
    sender.drop("x.csv", GOOD)
    clock.pass_by(days * DAY)
    assert expire(sender.room) == 0

    clock.pass_by(1)

    assert expire(sender.room) == 1


def test_bobs_files_stay_where_only_alices_are_kept_for_less(
    sender: Sender, clock: Clock, make_person: MakePerson
) -> None:
    bob = Sender(sender.room, make_person("bob"))
    keep(sender, 1)
    sender.drop("x.csv", GOOD)
    bob.drop("x.csv", GOOD)
    clock.pass_by(2 * DAY)

    assert expire(sender.room) == 1

    assert (len(sender.names(OK)), len(bob.names(OK))) == (0, 1)


def test_many_go_in_several_transactions(sender: Sender, clock: Clock) -> None:
    for i in range(5):
        sender.drop(f"{i}.csv", f"Email\n{i}@example.com\n")
        sender.leave(f"{i}.part", GOOD)
    clock.pass_by(31 * DAY)
    steps: list[int] = []
    looking = replace(sender.room, between_steps=lambda _name: steps.append(len(sender.names(OK))))

    assert expire(looking, at_once=2) == 10

    assert steps == [3, 1, 0]


def test_two_workers_at_once_share_the_work(sender: Sender, clock: Clock) -> None:
    for i in range(8):
        sender.drop(f"{i}.csv", f"Email\n{i}@example.com\n")
    clock.pass_by(31 * DAY)
    removed: list[int] = []
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        removed.append(expire(sender.room, at_once=1))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(removed) == 8
    assert sender.names(OK) == []


def test_who_has_a_file_open_reads_on(sender: Sender, clock: Clock) -> None:
    sender.drop("x.csv", GOOD)
    (name,) = sender.names(OK)
    file = entry(sender.room, Tree(), sender.account_id, (*OK.split("/"), name)).file
    assert file is not None
    with open_file(sender.room, file) as opened:
        clock.pass_by(31 * DAY)

        assert expire(sender.room) == 1

        assert opened.read() == GOOD.encode()
    with pytest.raises(Missing):
        entry(sender.room, Tree(), sender.account_id, (*OK.split("/"), name))


def test_a_worker_killed_before_the_bytes_are_deleted_leaves_them_to_the_tidier(
    sender: Sender, clock: Clock
) -> None:
    sender.drop("x.csv", PARTLY)
    clock.pass_by(31 * DAY)

    with pytest.raises(ZeroDivisionError):
        expire(replace(sender.room, between_steps=fail))

    assert sender.names(OK) == []
    assert len(list(sender.room.blobs.keys())) == 2
    clock.now = clock.now.replace(year=2200)  # the blobs' own times are those of the disk
    assert tidy(sender.room) == 2


def test_bytes_that_cannot_be_deleted_hold_nothing_up(sender: Sender, clock: Clock, room: Room) -> None:
    sender.drop("x.csv", GOOD)
    sender.drop("y.csv", BAD.replace("nobody", "b@example.com"))
    clock.pass_by(31 * DAY)

    class Stubborn:
        def __getattr__(self, name: str) -> object:
            return getattr(room.blobs, name)

        def delete(self, key: str) -> None:
            raise PermissionError(key)

    assert expire(replace(sender.room, blobs=Stubborn()), at_once=1) == 2  # type: ignore[arg-type]  # the rest is real

    assert sender.names(OK) == []


def test_a_drop_whose_file_is_gone_cannot_be_released(sender: Sender, clock: Clock) -> None:
    with sender.room.database.transaction() as connection:
        settings = sender.person.account.settings.changed({"guard_percent": "10", "criterion": "email"})
        update_settings(connection, sender.account_id, settings)
    sender.drop("x.csv", "Email\n" + "".join(f"a{i}@example.com\n" for i in range(10)))
    sender.mark(".syncExistingList")
    guarded = sender.drop("x.csv", GOOD)
    assert guarded.state == "refused"
    clock.pass_by(31 * DAY)
    expire(sender.room)

    with pytest.raises(Conflict, match="was removed on 2026-04-04; it must be sent again"):
        release(sender.room, sender.account_id, guarded.drop_id, by_whom="bob")


def test_what_dead_workers_told_is_forgotten(sender: Sender, clock: Clock) -> None:
    sender.leave("x.csv", GOOD)
    claimed = claim_next(sender.room, sender.account_id)
    assert isinstance(claimed, Drop)
    with sender.room.database.transaction() as connection:
        progress.tell_progress(connection, claimed, Told(10, 5, 0, clock.now, clock.now))
    clock.pass_by(2 * DAY)

    expire(sender.room)

    with sender.room.database.transaction() as connection:
        assert connection.execute("select from drop_progress").fetchall() == []


def keep(sender: Sender, days: int) -> None:
    with sender.room.database.transaction() as connection:
        settings = sender.person.account.settings.changed({"keep_days": str(days)})
        update_settings(connection, sender.account_id, settings)


def park(sender: Sender) -> int:
    """Leave a drop that Postroom has given up on; return its number."""
    landed = sender.leave("stubborn.csv", GOOD)
    assert landed.drop_id is not None
    claimed = claim_next(sender.room, sender.account_id)
    assert isinstance(claimed, Drop)
    with sender.room.database.transaction() as connection:
        drops.park_drop(connection, claimed, outcome={"parked_after_attempts": 3})
    return landed.drop_id


def fail(name: str) -> None:
    raise ZeroDivisionError(name)
