"""How the counters of lists come to be right, one way after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from postroom.contacts.criteria import Criterion
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.ingest import counting, listing
from postroom.ingest.consents import change_consent
from postroom.store import list_counts, lists
from postroom.store.list_counts import Stats
from postroom.store.optouts import Act
from tests.conftest import Person
from tests.integration.drops.changing import change
from tests.integration.drops.dispatching import mean
from tests.integration.drops.sender import Sender
from tests.integration.ingest.counters import agree, by_hand, known

PEOPLE = "Email;Mobile;Téléphone Fixe\na@example.com;0612345678;0286786589\nb@example.com;;\n"
REACHED = Stats(subscribers=2, sms=1, email=2, voice=1, voicemail=1)


@pytest.fixture
def sender(room: Room, alice: Person) -> Sender:
    return Sender(room, alice)


def fill(sender: Sender, name: str = "people.csv", content: str = PEOPLE) -> int:
    """Import a file and count its list; return its id."""
    outcome = sender.drop(name, content).outcome
    assert outcome is not None
    counting.recount(sender.room.database, sender.account_id)
    return int(outcome["list"]["id"])


def now(sender: Sender, list_id: int) -> Stats | None:
    agree(sender.room, sender.account_id)
    return known(sender.room, sender.account_id)[list_id]


def opt_out(sender: Sender, address: str) -> None:
    with sender.room.database.transaction() as connection:
        act = Act(sender.account_id, Medium.EMAIL.value, "click", "her", sender.room.clock())
        change_consent(connection, act, address, OptOutReason.CONTACT)


def read(sender: Sender, list_id: int) -> Stats | None:
    with sender.room.database.transaction() as connection:
        found = lists.read_lists(connection, sender.account_id, [list_id], lists.Cut(limit=1))
        (counted,) = listing.with_stats(connection, sender.account_id, found)
    return counted.stats


def test_a_list_that_is_filled_by_a_file_is_counted_afterwards(sender: Sender) -> None:
    assert now(sender, fill(sender)) == REACHED


def test_an_import_forgets_its_own_list_alone(sender: Sender) -> None:
    people = fill(sender)

    sender.drop("others.csv", "Email\na@example.com\nc@example.com\n")

    (others,) = known(sender.room, sender.account_id).keys() - {people}
    assert (now(sender, people), now(sender, others)) == (REACHED, None)


def test_an_import_that_gives_a_member_another_address_forgets_the_member_s_lists(
    room: Room, make_person: Callable[..., Person]
) -> None:
    sender = Sender(room, make_person("bob", criterion="reference"))
    anne = fill(sender, "anne.csv", "Référence;Email\nR1;a@example.com\n")
    bert = fill(sender, "bert.csv", "Référence;Email\nR2;b@example.com\n")

    sender.drop("update.csv", "Référence;Mobile\nR1;0612345678\n")

    assert now(sender, anne) is None
    assert now(sender, bert) == Stats(subscribers=1, email=1)
    assert read(sender, anne) == Stats(subscribers=1, email=1, sms=1, voicemail=1)


def test_a_file_for_several_accounts_is_counted_anew_in_each(
    room: Room, alice: Person, make_person: Callable[..., Person]
) -> None:
    bob, charlie = (Sender(room, make_person(name)) for name in ("bob", "charlie"))
    mean(room, alice, SHOP=bob.person)
    bobs, charlies = fill(bob), fill(charlie)

    Sender(room, alice).drop(
        "these.csv", "Dispatch;Email\nSHOP;b@example.com\n", directory="contacts/optoutEMAIL/in"
    )

    assert now(bob, bobs) is None
    assert read(bob, bobs) == replace(REACHED, email=1)
    assert now(charlie, charlies) == REACHED


def test_a_click_counts_at_once_on_every_list_of_whoever_has_the_address(sender: Sender) -> None:
    people = fill(sender)
    others = fill(sender, "others.csv", "Email;Mobile\nb@example.com;0690785690\n")

    opt_out(sender, "b@example.com")

    assert now(sender, people) == Stats(subscribers=2, sms=1, email=1, voice=1, voicemail=1)
    assert now(sender, others) == Stats(subscribers=1, sms=1, voicemail=1)


def test_a_file_of_optouts_that_changes_nothing_forgets_nothing(sender: Sender) -> None:
    people = fill(sender)
    opt_out(sender, "b@example.com")

    sender.drop("again.csv", "Email\nb@example.com\n", directory="contacts/optoutEMAIL/in")

    assert now(sender, people) == Stats(subscribers=2, sms=1, email=1, voice=1, voicemail=1)


def test_a_file_of_optouts_is_counted_anew(sender: Sender) -> None:
    people = fill(sender)

    sender.drop("these.csv", "Email\nb@example.com\n", directory="contacts/optoutEMAIL/in")

    assert now(sender, people) is None
    assert read(sender, people) == Stats(subscribers=2, sms=1, email=1, voice=1, voicemail=1)


def test_an_undone_import_is_counted_out(sender: Sender) -> None:
    people = fill(sender)
    sender.mark(".addToExistingList")
    more = sender.drop("people.csv", "Email\nc@example.com\n")
    counting.recount(sender.room.database, sender.account_id)

    undo(sender.room, sender.account_id, more.drop_id, by_whom="olga")

    assert now(sender, people) is None
    assert read(sender, people) == REACHED


def test_an_undone_import_that_gives_an_address_back_is_counted_on_other_lists_too(
    room: Room, make_person: Callable[..., Person]
) -> None:
    sender = Sender(room, make_person("bob", criterion="reference", empty_cells="erase"))
    anne = fill(sender, "anne.csv", "Référence;Email;Mobile\nR1;a@example.com;0612345678\n")
    update = sender.drop("update.csv", "Référence;Email;Mobile\nR1;a@example.com;\n")
    counting.recount(room.database, sender.account_id)
    assert now(sender, anne) == Stats(subscribers=1, email=1)

    undo(room, sender.account_id, update.drop_id, by_whom="olga")

    assert now(sender, anne) is None
    assert read(sender, anne) == Stats(subscribers=1, email=1, sms=1, voicemail=1)


def test_contacts_that_become_one_count_once(room: Room, make_person: Callable[..., Person]) -> None:
    sender = Sender(room, make_person("bob", criterion="none"))
    people = fill(sender, content="Email;Mobile\na@example.com;\na@example.com;0612345678\n")
    assert now(sender, people) == Stats(subscribers=2, sms=1, email=2, voicemail=1)

    change(sender, Criterion.EMAIL)

    assert now(sender, people) is None
    assert read(sender, people) == Stats(subscribers=1, sms=1, email=1, voicemail=1)


def test_many_at_once_are_counted_anew(sender: Sender) -> None:
    rows = "".join(f"{number}@example.com\n" for number in range(counting.FEW + 1))
    people = fill(sender, content=f"Email\n{rows}")
    with sender.room.database.transaction() as connection:
        empty = lists.create_list(connection, sender.account_id, "empty", now=sender.room.clock())
        ids = [row["contact_id"] for row in lists.members(connection, sender.account_id, people, limit=5000)]
        these = (connection, sender.account_id, empty, ids)

        added = listing.add_contacts(*these, now=sender.room.clock())

    assert (added, now(sender, empty)) == (len(ids), None)
    assert read(sender, empty) == Stats(subscribers=len(ids), email=len(ids))
    with sender.room.database.transaction() as connection:
        these = (connection, sender.account_id, empty, ids)
        assert listing.remove_contacts(*these, now=sender.room.clock()) == len(ids)
    assert read(sender, empty) == Stats()
    assert now(sender, people) == Stats(subscribers=len(ids), email=len(ids))


@pytest.mark.parametrize("large", [False, True])
def test_both_ways_of_counting_come_to_the_same(sender: Sender, large: bool) -> None:  # noqa: FBT001  # pytest names it
    fill(sender)
    fill(sender, "others.csv", "Email;Mobile\nb@example.com;0690785690\nc@example.com;\n")
    opt_out(sender, "b@example.com")
    expected = by_hand(sender.room, sender.account_id)

    with sender.room.database.transaction() as connection:
        counted = list_counts.count_lists(connection, sender.account_id, list(expected), large=large)

    assert {list_id: each.stats for list_id, each in counted.items()} == expected


def test_what_was_counted_before_a_change_is_not_kept(sender: Sender) -> None:
    people = fill(sender)
    counting_was_slow: dict[int, list_counts.Counted]
    with sender.room.database.transaction() as connection:
        counting.forget(connection, sender.account_id)
    with sender.room.database.transaction() as connection:
        counting_was_slow = list_counts.count_lists(connection, sender.account_id, [people], large=True)
    opt_out(sender, "a@example.com")

    with sender.room.database.transaction() as connection:
        list_counts.store_counts(connection, sender.account_id, counting_was_slow)

    assert now(sender, people) is None


def test_a_reader_waits_for_no_change_and_sees_what_was_before_it(sender: Sender) -> None:
    people = fill(sender)
    with sender.room.database.transaction() as connection:
        counting.forget(connection, sender.account_id)

    with sender.room.database.transaction() as changing:
        changing.execute("delete from memberships where account_id = %s", [sender.account_id])
        counting.forget(changing, sender.account_id)
        before = read(sender, people)

    assert before == REACHED
    assert now(sender, people) is None
    assert read(sender, people) == Stats()


def test_a_change_that_is_rolled_back_leaves_the_counters(sender: Sender) -> None:
    people = fill(sender)

    with pytest.raises(ZeroDivisionError):
        forget_and_fail(sender)

    assert now(sender, people) == REACHED


def forget_and_fail(sender: Sender) -> None:
    with sender.room.database.transaction() as connection:
        counting.forget(connection, sender.account_id)
        raise ZeroDivisionError


def test_whatever_is_left_to_be_counted_is_found_for_every_account(sender: Sender, charlie: Person) -> None:
    stranger = Sender(sender.room, charlie)
    for each in (sender, stranger):
        each.drop("people.csv", PEOPLE)

    counting.recount_all(sender.room.database)

    for each in (sender, stranger):
        assert list(known(each.room, each.account_id).values()) == [REACHED]


def test_lists_are_counted_in_packs_that_do_not_take_too_long() -> None:
    members = {1: 400_000, 2: 200_000, 4: 500_000, 5: 10}

    assert list(counting.packs([1, 2, 3, 4, 5], members)) == [[1, 2], [3, 4], [5]]
