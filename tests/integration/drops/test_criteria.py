"""Another criterion for an account that has contacts: when it holds, what it merges, what it leaves alone."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from postroom.contacts.criteria import Criterion
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.dialects.folders.reports import merged_csv
from postroom.drops.criteria import make_change
from postroom.drops.expiring import expire
from postroom.drops.processing import process_account
from postroom.drops.room import Room
from postroom.drops.sweeping import sweep
from postroom.ingest.consents import change_consent
from postroom.ingest.rekeying import preview
from postroom.store import criteria, optouts
from postroom.store.optouts import Act
from tests.conftest import MakePerson, Person
from tests.integration.drops.accounts_state import state_of
from tests.integration.drops.changing import ask, change, change_now, criterion_now
from tests.integration.drops.sender import Sender
from tests.integration.drops.taking_back import leave, now, take_back

ALICE = "a@example.com"
TWICE = f"Email;Mobile;Nom;Prénom\n{ALICE};0612345678;Durand;\n{ALICE};0698765432;;Alice\n"


@pytest.fixture
def sender(room: Room, alice: Person) -> Sender:
    """Return Alice, whose contacts are told apart by the triplet."""
    return Sender(room, alice)


def contacts(sender: Sender) -> list[dict[str, Any]]:
    return [row for _key, row in sorted(now(sender).contacts.items())]


def opt_out(
    sender: Sender, medium: Medium, address: str, reason: OptOutReason = OptOutReason.ACCOUNT
) -> None:
    with sender.room.database.transaction() as connection:
        act = Act(sender.account_id, medium.value, "call", "olga", sender.room.clock())
        change_consent(connection, act, address, reason)


def opted_out(sender: Sender, address: str) -> dict[str, OptOutReason]:
    with sender.room.database.transaction() as connection:
        found = optouts.optouts_of(connection, sender.account_id, dict.fromkeys(Medium, address))
    return {each.scope: each.reason for each in found}


def test_contacts_that_are_one_by_the_new_criterion_are_merged(sender: Sender) -> None:
    leave(sender, TWICE)

    done = change(sender, Criterion.EMAIL)

    assert done is not None
    assert (done.state, done.was) == ("applied", Criterion.TRIPLET)
    assert done.outcome == {"contacts": 2, "keyed": 2, "groups": 1, "merged": 1, "opted_out": 0, "shared": 0}
    assert criterion_now(sender) is Criterion.EMAIL
    (one,) = contacts(sender)
    assert (one["last_name"], one["first_name"]) == ("Durand", "Alice")


def test_a_file_after_the_change_meets_contacts_by_the_new_criterion(sender: Sender) -> None:
    leave(sender, TWICE)
    change(sender, Criterion.EMAIL)

    drop = leave(sender, f"Email;Nom\n{ALICE};Petit\n", name="others.csv")

    assert drop.outcome is not None
    assert (drop.outcome["counts"]["updated"], drop.outcome["counts"]["created"]) == (1, 0)
    assert [row["last_name"] for row in contacts(sender)] == ["Petit"]


def test_an_unchanged_file_after_the_change_is_read_by_the_new_criterion(
    room: Room, make_person: MakePerson
) -> None:
    sender = Sender(room, make_person("bob", criterion="email"))
    content = f"Email;Mobile\n{ALICE};0612345678\nb@example.com;0612345678\n"
    leave(sender, content)
    change(sender, Criterion.MOBILE)

    leave(sender, content)

    assert [row["email"] for row in contacts(sender)] == ["b@example.com"]


def test_the_newest_value_wins_and_the_oldest_contact_stays(sender: Sender) -> None:
    leave(sender, f"Email;Mobile;Nom;Ville\n{ALICE};0612345678;Durand;Lyon\n", name="first.csv")
    leave(sender, f"Email;Mobile;Nom;Ville\n{ALICE};0698765432;Martin;Paris\n", name="second.csv")
    leave(sender, f"Email;Mobile;Nom\n{ALICE};0612345678;Petit\n", name="first.csv")
    before = now(sender).contacts

    change(sender, Criterion.EMAIL)

    ((contact_id, one),) = now(sender).contacts.items()
    # The first contact was changed last, so all that it has is newer, its town as well.
    assert (one["last_name"], one["city"], one["mobile"]) == ("Petit", "Lyon", "+33612345678")
    assert (contact_id, one["created_at"]) == (min(before), before[min(before)]["created_at"])


def test_memberships_are_united(sender: Sender) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n", name="clients.csv")
    leave(sender, f"Email;Mobile\n{ALICE};0698765432\n", name="prospects.csv")
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n{ALICE};0698765432\n", name="both.csv")

    change(sender, Criterion.EMAIL)

    ((contact_id, _one),) = now(sender).contacts.items()
    assert now(sender).memberships == {(each, contact_id) for each in now(sender).lists}
    assert len(now(sender).lists) == 3


def test_contacts_that_nothing_identifies_any_more_stay(sender: Sender) -> None:
    leave(sender, "Email;Mobile\n;0612345678\n;0698765432\na@example.com;\n")

    done = change(sender, Criterion.EMAIL)

    assert done is not None
    assert done.outcome == {"contacts": 3, "keyed": 1, "groups": 0, "merged": 0, "opted_out": 0, "shared": 0}
    assert sorted(row["dedup_key"] is None for row in contacts(sender)) == [False, True, True]


@pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICEMAIL])
def test_the_strictest_opt_out_is_carried_to_the_address_that_stays(sender: Sender, medium: Medium) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n", name="old.csv")
    leave(sender, f"Email;Mobile\n{ALICE};0698765432\n", name="new.csv")
    opt_out(sender, medium, "+33612345678", OptOutReason.SPAM)
    opt_out(sender, medium, "+33698765432", OptOutReason.ACCOUNT)

    done = change(sender, Criterion.EMAIL)

    assert done is not None
    assert done.outcome is not None
    assert done.outcome["opted_out"] == 1
    assert opted_out(sender, "+33698765432") == {medium.value: OptOutReason.SPAM}
    assert opted_out(sender, "+33612345678") == {medium.value: OptOutReason.SPAM}
    with sender.room.database.transaction() as connection:
        newest = optouts.history(connection, sender.account_id, "+33698765432", limit=1)[0]
    assert (newest.source, newest.by_whom, newest.drop_id) == ("merge", "olga", None)
    assert (newest.was, newest.became) == (OptOutReason.ACCOUNT, OptOutReason.SPAM)


def test_an_opt_out_of_an_address_that_stays_leaves_older_addresses_alone(sender: Sender) -> None:
    leave(sender, f"Email;Mobile\n{ALICE};0612345678\n", name="old.csv")
    leave(sender, f"Email;Mobile\n{ALICE};0698765432\n", name="new.csv")
    opt_out(sender, Medium.SMS, "+33698765432")

    change(sender, Criterion.EMAIL)

    assert opted_out(sender, "+33612345678") == {}


def test_the_criterion_none_merges_nothing_and_back_from_it_duplicates_are_one(sender: Sender) -> None:
    row = f"Email;Mobile\n{ALICE};0612345678\n"
    leave(sender, row)

    change(sender, Criterion.NONE)
    leave(sender, row)
    assert len(contacts(sender)) == 2
    assert all(each["dedup_key"] is None for each in contacts(sender))

    done = change(sender, Criterion.TRIPLET)

    assert done is not None
    assert done.outcome is not None
    assert done.outcome["merged"] == 1
    assert len(contacts(sender)) == 1


@pytest.mark.parametrize("lot_rows", [1, 2, 1000])
def test_the_size_of_lots_does_not_matter(room: Room, alice: Person, lot_rows: int) -> None:
    sender = Sender(replace(room, limits=replace(room.limits, rekeyed_rows=lot_rows)), alice)
    lines = [f"p{n % 5}@example.com;06123456{n:02};N{n}" for n in range(20)]
    leave(sender, "\n".join(["Email;Mobile;Nom", *lines]))

    done = change(sender, Criterion.EMAIL)

    assert done is not None
    assert done.outcome == {
        "contacts": 20,
        "keyed": 20,
        "groups": 5,
        "merged": 15,
        "opted_out": 0,
        "shared": 0,
    }
    assert len(contacts(sender)) == len(now(sender).memberships) == 5


def test_another_account_is_not_touched(sender: Sender, charlie: Person) -> None:
    theirs = Sender(sender.room, charlie)
    for each in (sender, theirs):
        leave(each, TWICE)
    opt_out(sender, Medium.SMS, "+33612345678")
    before = now(theirs)

    change(sender, Criterion.EMAIL)

    assert now(theirs) == before
    assert criterion_now(theirs) is Criterion.TRIPLET
    assert opted_out(theirs, "+33698765432") == {}


def test_an_account_that_nothing_depends_on_changes_at_once(sender: Sender) -> None:
    assert ask(sender, Criterion.EMAIL) is None

    assert criterion_now(sender) is Criterion.EMAIL


def test_a_waiting_file_is_enough_for_the_change_to_wait(sender: Sender) -> None:
    sender.leave("people.csv", TWICE)

    assert ask(sender, Criterion.EMAIL) is not None
    assert criterion_now(sender) is Criterion.TRIPLET


def test_a_change_keeps_its_place_among_the_deposits(sender: Sender) -> None:
    sender.leave("before.csv", TWICE)
    asked = ask(sender, Criterion.EMAIL)
    sender.leave("after.csv", f"Email;Mobile\n{ALICE};0712345678\n")
    assert asked is not None

    before = sender.process()
    assert (before and before.name, len(contacts(sender))) == ("before.csv", 2)
    assert sender.process() is None
    assert (change_now(sender.room, asked).state, len(contacts(sender))) == ("applied", 1)
    after = sender.process()
    assert (after and after.name, len(contacts(sender))) == ("after.csv", 1)


def test_a_change_that_is_asked_during_an_import_waits_for_its_end(room: Room, alice: Person) -> None:
    asked = []

    def ask_amid(name: str) -> None:
        if name == "merged":
            asked.append(ask(quiet, Criterion.EMAIL))

    quiet = Sender(room, alice)
    sender = Sender(replace(room, between_steps=ask_amid), alice)

    leave(sender, TWICE)

    assert asked[0] is not None
    assert (criterion_now(quiet), len(contacts(quiet))) == (Criterion.TRIPLET, 2)
    process_account(room, quiet.account_id)
    assert (criterion_now(quiet), len(contacts(quiet))) == (Criterion.EMAIL, 1)


def test_two_changes_are_made_one_after_the_other(sender: Sender) -> None:
    leave(sender, TWICE)
    first, second = ask(sender, Criterion.NONE), ask(sender, Criterion.MOBILE)
    assert first is not None
    assert second is not None

    process_account(sender.room, sender.account_id)
    assert criterion_now(sender) is Criterion.NONE
    process_account(sender.room, sender.account_id)

    assert criterion_now(sender) is Criterion.MOBILE
    assert change_now(sender.room, second).was is Criterion.NONE
    assert len(contacts(sender)) == 2


def test_asking_again_for_what_is_in_line_asks_nothing(sender: Sender) -> None:
    leave(sender, TWICE)
    asked = ask(sender, Criterion.EMAIL)

    assert ask(sender, Criterion.EMAIL) == asked
    assert ask(sender, Criterion.TRIPLET) != asked


def test_a_change_that_no_worker_can_make_is_parked_and_what_is_behind_it_goes_on(
    room: Room, alice: Person
) -> None:
    def fail(name: str) -> None:
        if name == "rekeyed":
            raise OSError("no space left on device")

    sender = Sender(replace(room, between_steps=fail), alice)
    leave(sender, TWICE)
    asked = ask(sender, Criterion.EMAIL)
    assert asked is not None
    sender.leave("after.csv", "Email\nb@example.com\n")

    for _ in range(room.limits.recoveries):
        with pytest.raises(OSError, match="no space"):
            sender.process()
        assert len(contacts(sender)) == 2
    drop = sender.process()

    assert change_now(room, asked).state == "parked"
    assert (drop and drop.name, criterion_now(sender)) == ("after.csv", Criterion.TRIPLET)


def test_a_change_is_made_by_one_worker(sender: Sender) -> None:
    leave(sender, TWICE)
    asked = ask(sender, Criterion.EMAIL)
    assert asked is not None
    with sender.room.database.transaction() as connection:
        stale = criteria.claim_change(connection, asked)
        criteria.claim_change(connection, asked)

    make_change(sender.room, stale)

    assert (criterion_now(sender), len(contacts(sender))) == (Criterion.TRIPLET, 2)


def test_a_change_whose_job_is_lost_is_found_by_the_sweep(sender: Sender) -> None:
    leave(sender, TWICE)
    ask(sender, Criterion.EMAIL)
    with sender.room.database.transaction() as connection:
        connection.execute("delete from procrastinate_jobs")

    assert sweep(sender.room) == [sender.account_id]


def test_a_preview_tells_what_a_change_will_come_to_and_changes_nothing(sender: Sender) -> None:
    leave(sender, TWICE + "b@example.com;0712345678;;\n")
    before = state_of(sender.room, sender.account_id)

    with sender.room.database.transaction() as connection:
        told, largest = preview(connection, sender.account_id, Criterion.EMAIL)

    assert state_of(sender.room, sender.account_id) == before
    assert [(each.size, list(each.key_values)) for each in largest] == [(2, [ALICE])]
    done = change(sender, Criterion.EMAIL)
    assert done is not None
    assert done.outcome is not None
    assert asdict(told) == done.outcome


def test_who_was_merged_into_whom_is_on_record_for_as_long_as_journals(sender: Sender) -> None:
    leave(sender, TWICE)
    stays, goes = sorted(now(sender).contacts)
    done = change(sender, Criterion.EMAIL)
    assert done is not None

    def report() -> list[list[str]]:
        with sender.room.database.transaction() as connection:
            merged = [
                (each.contact_id, each.merged_id, each.key_values)
                for each in criteria.merged_contacts(connection, done)
            ]
        written = b"".join(merged_csv(merged, ["email"], sender.person.account.settings))
        return list(csv.reader(io.StringIO(written.decode("utf-8-sig")), delimiter=";"))

    assert report() == [["contact", "merged", "email"], [str(stays), str(goes), ALICE]]
    later = sender.room.clock() + timedelta(days=sender.room.limits.journal_days + 1)
    expire(replace(sender.room, clock=lambda: later))
    assert report() == [["contact", "merged", "email"]]


def test_what_was_merged_is_not_taken_apart_by_an_undo(sender: Sender) -> None:
    first = leave(sender, f"Email;Mobile;Nom\n{ALICE};0612345678;Durand\nb@example.com;;Martin\n")
    second = leave(sender, f"Email;Mobile;Nom\n{ALICE};0698765432;Petit\n")
    change(sender, Criterion.EMAIL)
    (one,) = (each for each, row in now(sender).contacts.items() if row["email"] == ALICE)
    before = now(sender)

    undone = take_back(sender, second)
    assert (undone["kept"], now(sender).contacts) == ({"MERGED": 1}, before.contacts)

    undone = take_back(sender, first)
    assert (undone["kept"], undone["contacts_removed"]) == ({"MERGED": 1}, 1)
    assert list(now(sender).contacts) == [one]
    assert now(sender).contacts[one]["last_name"] == "Petit"


def test_an_import_after_the_change_is_undone_as_ever(sender: Sender) -> None:
    leave(sender, TWICE)
    change(sender, Criterion.EMAIL)
    before = now(sender)
    drop = leave(sender, f"Email;Nom\n{ALICE};Petit\nb@example.com;Martin\n", name="later.csv")

    undone = take_back(sender, drop)

    assert undone["kept"] == {}
    assert now(sender) == before
