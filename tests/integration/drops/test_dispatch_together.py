"""Deposits for several accounts: all accounts or none, nobody waits for ever, and Charlie is out of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from postroom.contacts.errors import Refused
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.store import accounts, notices
from tests.conftest import MakePerson, Person
from tests.integration.app.waiting import lock_waits, until
from tests.integration.drops.accounts_state import state_of
from tests.integration.drops.dispatching import counted, drops_of, last_names, mean
from tests.integration.drops.sender import Sender

SAMPLE = """Référence ;Civilité;Prénom;Nom;Email;"Téléphone Fixe";"dispatch"
123454R;M.;Pierre ;DUPONT ;pierre.dupont@mygmail.com ;0286786589;"AO201"
67676F6;Mme;Sylvie ;MARTIN;sylvie.martin@mygmail.com ;05.80.99.90.68;"AO360"
785645P;M.;Michel ;DURAND ;michel.durand@mygmail.com ;336 90 78 56 90;"AO201"
"""
DEADLINE = 30.0


@pytest.fixture
def bob(make_person: MakePerson) -> Person:
    return make_person("bob", language="en", criterion="email")


@pytest.fixture
def sender(room: Room, alice: Person, bob: Person) -> Sender:
    mean(room, alice, AO201=alice, AO360=bob)
    return Sender(room, alice)


def test_a_guard_of_one_account_holds_the_whole_file(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    sender.drop("clients.csv", "Email;Nom;dispatch\na@x.fr;A;AO201\nb@x.fr;B;AO360\n")
    with room.database.transaction() as connection:
        guarded = bob.account.settings.changed({"guard_percent": "20"})
        accounts.update_settings(connection, bob.account.account_id, guarded)

    gone = sender.drop(
        "gone.csv", "Email;dispatch\na@x.fr;AO201\nb@x.fr;AO360\n", directory="contacts/delete/in"
    )

    assert gone.outcome is not None
    assert gone.outcome["failure"]["code"] == "TOO_MANY_DELETED"
    assert gone.outcome["failure"]["value"].startswith("AO360: 1 / 1")
    assert (last_names(room, alice), last_names(room, bob)) == (["A"], ["B"])


def test_a_login_without_references_writes_into_its_own_account_alone(
    room: Room, sender: Sender, alice: Person, charlie: Person
) -> None:
    """Charlie guesses Alice's reference."""
    drop = Sender(room, charlie).drop("clients.csv", SAMPLE)

    assert drop.outcome is not None
    assert drop.outcome["notes"] == ["colonnes inconnues, ignorées : dispatch"]
    assert len(last_names(room, charlie)) == 3
    assert (last_names(room, alice), drops_of(room, alice)) == ([], [])


def test_references_are_each_logins_own(room: Room, sender: Sender, alice: Person, charlie: Person) -> None:
    mean(room, charlie, C1=charlie)

    drop = Sender(room, charlie).drop(
        "clients.csv", "Email;dispatch\na@example.com;AO201\nb@example.com;C1\n"
    )

    assert counted(drop) == {"charlie": {"lines": 1, "created": 1, "added_to_list": 1}}
    assert (last_names(room, alice), drops_of(room, alice)) == ([], [])


def test_two_logins_that_mean_each_other_do_not_wait_for_ever(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    mean(room, bob, X=alice, Y=bob)
    his = Sender(room, bob)
    sender.leave("a.csv", "Email;Nom;dispatch\na@x.fr;A;AO360\nb@x.fr;B;AO201\n")
    his.leave("b.csv", "Email;Nom;dispatch\nc@x.fr;C;X\nd@x.fr;D;Y\n")
    together = threading.Barrier(2)

    def at_once(name: str) -> None:
        if name == "claimed":
            together.wait(DEADLINE)

    for each in (sender, his):
        each.room = replace(room, between_steps=at_once)

    with ThreadPoolExecutor(2) as workers:
        done = list(workers.map(Sender.process, (sender, his)))

    assert [drop and drop.state for drop in done] == ["applied", "applied"]
    assert (last_names(room, alice), last_names(room, bob)) == (["B", "C"], ["A", "D"])


def test_a_failure_half_way_leaves_nothing_anywhere(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    before = state_of(room, bob.account.account_id)

    def fails(name: str) -> None:
        if name == "merged":
            raise OSError("the power is out")

    sender.room = replace(room, between_steps=fails)
    sender.leave("clients.csv", SAMPLE)
    with pytest.raises(OSError, match="power"):
        sender.process()

    assert (last_names(room, alice), last_names(room, bob)) == ([], [])
    assert (state_of(room, bob.account.account_id), drops_of(room, bob)) == (before, [])
    sender.room = room
    again = sender.process()
    assert again is not None
    assert again.state == "applied"
    assert last_names(room, bob) == ["MARTIN"]


def test_undoing_what_was_left_leads_to_the_drops_of_others(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    drop = sender.drop("clients.csv", "Email;Nom;dispatch\na@x.fr;A;AO360\n")

    with pytest.raises(Refused, match=f"postroom drop show {drop.public_id}"):
        undo(room, drop.account_id, drop.drop_id, by_whom="operator")

    assert last_names(room, bob) == ["A"]


def test_the_summary_says_what_each_account_got(room: Room, sender: Sender, alice: Person) -> None:
    with room.database.transaction() as connection:
        chosen = alice.account.settings.changed({"summary": "always", "language": "en"})
        accounts.update_settings(connection, alice.account.account_id, chosen)

    drop = sender.drop("clients.csv", "Email;Nom;dispatch\na@x.fr;A;AO360\nb@x.fr;B;AO201\nnobody;C;AO201\n")

    lines = sender.read("contacts/import/ok", f"{drop.prefix}_clients.csv.report.txt").splitlines()
    assert [line for line in lines if line.startswith("account")] == [
        "account: AO201, 2 lines, 1 contacts created, 1 rows refused, 1 added to the list",
        "account: AO360, 1 lines, 1 contacts created, 1 added to the list",
    ]


def test_a_deposit_waits_for_what_an_account_that_it_means_is_doing(
    room: Room, sender: Sender, bob: Person
) -> None:
    sender.leave("clients.csv", SAMPLE)
    with ThreadPoolExecutor(1) as worker, room.database.transaction() as connection:
        accounts.lock_account(connection, bob.account.account_id)
        waiting = worker.submit(sender.process)
        until(lambda: lock_waits(room) == 1)
        assert not waiting.done()
        connection.commit()
        done = waiting.result(DEADLINE)

    assert done is not None
    assert done.state == "applied"


def test_each_account_is_told_of_its_own_share(
    room: Room, sender: Sender, bob: Person, charlie: Person
) -> None:
    with room.database.transaction() as connection:
        for person in (bob, charlie):
            notices.create_target(
                connection,
                account_id=person.account.account_id,
                kind="webhook",
                address="hook",
                events=["success"],
                secret=b"sealed",
                now=room.clock(),
            )

    sender.drop("clients.csv", SAMPLE)

    (his,) = drops_of(room, bob)
    with room.database.transaction() as connection:
        (told,) = notices.deliveries_of_account(connection, bob.account.account_id)
        assert notices.deliveries_of_account(connection, charlie.account.account_id) == []
    assert told.delivery.about == his.public_id
    assert told.delivery.content["data"]["counts"]["lines"] == 1
