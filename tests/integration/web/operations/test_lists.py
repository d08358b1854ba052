from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from postroom.contacts.errors import Denied, Missing, Refused
from postroom.drops.room import Room
from postroom.web.api.operations import lists
from postroom.web.api.operations.lists import ContactList, Stats
from postroom.web.api.operations.pages import Paging
from postroom.web.auth.caller import Caller
from tests.conftest import Person
from tests.integration.web.operations.calling import caller_of
from tests.integration.web.operations.people import import_people, members_of

FIRST, ABOVE_ALL = Paging(), 2**70


def read(
    room: Room, caller: Caller, ids: list[int] | None = None, paging: Paging = FIRST
) -> list[ContactList]:
    return list(lists.read_lists(room, caller, ids=ids, paging=paging, with_stats=False).items)


def stats(room: Room, caller: Caller, list_id: int) -> Stats | None:
    page = lists.read_lists(room, caller, ids=[list_id], paging=FIRST, with_stats=True)
    return page.items[0].stats


def test_a_list_that_is_made_is_there_and_empty(room: Room, alice: Person) -> None:
    made = lists.create_list(room, caller_of(alice), "  Clients\tVIP ", "Those who pay")

    assert read(room, caller_of(alice)) == [made]
    assert (made.name, made.description, made.stats) == ("Clients VIP", "Those who pay", Stats())


def test_two_lists_may_have_one_name(room: Room, alice: Person) -> None:
    first = lists.create_list(room, caller_of(alice), "Clients")

    assert lists.create_list(room, caller_of(alice), "Clients").list_id != first.list_id


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "NO_NAME"),
        ("", "NO_NAME"),
        (" \t\u200b", "NO_NAME"),
        ("\x00\x01", "NO_NAME"),
        ("x" * 256, "VALUE_TOO_LONG"),
        ("half \ud83d", "INVALID_TEXT"),
        (12, "INVALID_TEXT"),
        (["a"], "INVALID_TEXT"),
    ],
)
def test_no_list_is_made_with_a_name_that_cannot_be(
    room: Room, alice: Person, name: object, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        lists.create_list(room, caller_of(alice), name)

    assert refused.value.code == code
    assert read(room, caller_of(alice)) == []


def test_pages_have_an_order_and_a_total(room: Room, alice: Person) -> None:
    caller = caller_of(alice)
    b, a, c = (lists.create_list(room, caller, name) for name in "bac")

    paging = Paging(limit=2, sort=("name", True), with_total=True)
    page = lists.read_lists(room, caller, ids=None, paging=paging, with_stats=False)

    assert (page.items, page.total) == ([c, b], 3)
    assert read(room, caller, paging=Paging(limit=2, offset=2, sort=("name", True))) == [a]
    assert read(room, caller, paging=Paging(after=b.list_id)) == [a, c]
    assert read(room, caller, paging=Paging(after=ABOVE_ALL)) == []
    assert read(room, caller, paging=Paging(offset=ABOVE_ALL)) == []
    assert read(room, caller, [c.list_id, ABOVE_ALL, 0, -1, b.list_id]) == [b, c]
    assert read(room, caller, []) == []


def test_a_bare_total_reads_no_list(room: Room, alice: Person) -> None:
    lists.create_list(room, caller_of(alice), "Clients")

    paging = Paging(limit=0, with_total=True)
    page = lists.read_lists(room, caller_of(alice), ids=None, paging=paging, with_stats=True)

    assert (page.items, page.total) == ([], 1)


@pytest.mark.parametrize("given", [{"limit": -1}, {"limit": 1001}, {"offset": -1}])
def test_a_page_that_cannot_be_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(Refused):
        Paging(**given)  # type: ignore[arg-type]  # all of these are numbers


def test_what_cannot_be_sorted_by_is_refused(room: Room, alice: Person) -> None:
    with pytest.raises(Refused, match="cannot be sorted by 'stats'"):
        read(room, caller_of(alice), paging=Paging(sort=("stats", False)))


def test_only_in_the_order_of_ids_lists_can_be_read_from_one_on(room: Room, alice: Person) -> None:
    with pytest.raises(Refused, match="from one on"):
        read(room, caller_of(alice), paging=Paging(after=1, sort=("name", False)))


def test_name_and_description_can_be_changed_one_by_one(room: Room, alice: Person) -> None:
    caller = caller_of(alice)
    made = lists.create_list(room, caller, "Clients", "Those who pay")

    hit = lists.update_lists(room, caller, [made.list_id, made.list_id, ABOVE_ALL], {"name": "Customers"})

    (renamed,) = read(room, caller)
    assert hit == 1
    assert (renamed.name, renamed.description) == ("Customers", "Those who pay")
    assert renamed.updated_at > made.updated_at
    lists.update_lists(room, caller, [made.list_id], {"description": None})
    assert [(each.name, each.description) for each in read(room, caller)] == [("Customers", None)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, "NO_CHANGE"), ({"list_id": 2}, "UNKNOWN_PROPERTY"), ({"name": None}, "NO_NAME")],
)
def test_changes_that_cannot_be_made_change_nothing(
    room: Room, alice: Person, changes: dict[str, object], code: str
) -> None:
    made = lists.create_list(room, caller_of(alice), "Clients")

    with pytest.raises(Refused) as refused:
        lists.update_lists(room, caller_of(alice), [made.list_id], changes)

    assert refused.value.code == code
    assert read(room, caller_of(alice)) == [made]


def test_without_an_id_nothing_is_changed_or_deleted(room: Room, alice: Person) -> None:
    caller = caller_of(alice)
    made = lists.create_list(room, caller, "Clients")

    with pytest.raises(Refused, match="all of them"):
        lists.update_lists(room, caller, [], {"name": "Customers"})
    with pytest.raises(Refused, match="all of them"):
        lists.delete_lists(room, caller, [])

    assert read(room, caller) == [made]


def test_a_list_that_is_deleted_leaves_its_contacts(room: Room, alice: Person) -> None:
    caller, people = caller_of(alice), import_people(room, alice)
    contact_ids = members_of(room, alice, people)
    other = lists.create_list(room, caller, "Others").list_id

    assert lists.delete_lists(room, caller, [people, people, ABOVE_ALL]) == 1

    assert members_of(room, alice, people) == []
    assert lists.add_contacts(room, caller, other, contact_ids) == 3


def test_only_contacts_that_were_not_on_the_list_are_counted(room: Room, alice: Person) -> None:
    caller, people = caller_of(alice), import_people(room, alice)
    anne, bert, carl = members_of(room, alice, people)
    made = lists.create_list(room, caller, "Clients")

    added = lists.add_contacts(room, caller, made.list_id, [anne, bert, anne, 999, ABOVE_ALL, -1])
    again = lists.add_contacts(room, caller, made.list_id, [bert, carl])
    removed = lists.remove_contacts(room, caller, made.list_id, [anne, 999, anne])

    assert (added, again, removed) == (2, 1, 1)
    assert members_of(room, alice, made.list_id) == [bert, carl]
    assert stats(room, caller, made.list_id) == Stats(subscribers=2, sms=1, email=1, voicemail=1)
    assert read(room, caller, [made.list_id])[0].updated_at > made.updated_at


def test_what_adds_nobody_changes_nothing(room: Room, alice: Person) -> None:
    made = lists.create_list(room, caller_of(alice), "Clients")

    assert lists.add_contacts(room, caller_of(alice), made.list_id, [999]) == 0
    assert lists.remove_contacts(room, caller_of(alice), made.list_id, []) == 0

    assert read(room, caller_of(alice)) == [made]


def test_a_merged_list_has_everybody_once(room: Room, alice: Person) -> None:
    caller, people = caller_of(alice), import_people(room, alice)
    anne, bert, carl = members_of(room, alice, people)
    some = lists.create_list(room, caller, "Some").list_id
    lists.add_contacts(room, caller, some, [anne])

    merged = lists.merge_lists(room, caller, [people, some, people], "All")

    assert merged.name == "All"
    assert members_of(room, alice, merged.list_id) == [anne, bert, carl]
    assert members_of(room, alice, some) == [anne]
    assert stats(room, caller, merged.list_id) == Stats(subscribers=3, sms=2, email=2, voice=1, voicemail=2)


def test_nothing_is_merged_when_an_id_is_wrong(room: Room, alice: Person, charlie: Person) -> None:
    caller = caller_of(alice)
    made = lists.create_list(room, caller, "Clients")
    charlies = lists.create_list(room, caller_of(charlie), "Charlie's").list_id

    with pytest.raises(Refused, match=f"There is no list {charlies}, {ABOVE_ALL}; nothing") as refused:
        lists.merge_lists(room, caller, [made.list_id, ABOVE_ALL, charlies], "All")

    assert refused.value.details == {"ids": [charlies, ABOVE_ALL]}
    assert read(room, caller) == [made]


@pytest.mark.parametrize("times", [0, 1, 2])
def test_merging_takes_two_lists(room: Room, alice: Person, times: int) -> None:
    made = lists.create_list(room, caller_of(alice), "Clients")

    with pytest.raises(Refused, match="two different lists"):
        lists.merge_lists(room, caller_of(alice), [made.list_id] * times, "All")


def test_charlie_meets_no_list_and_no_contact_of_alices(room: Room, alice: Person, charlie: Person) -> None:
    people = import_people(room, alice)
    contact_ids = members_of(room, alice, people)
    stranger = caller_of(charlie)
    own = lists.create_list(room, stranger, "Charlie's").list_id

    assert read(room, stranger, [people]) == []
    assert lists.update_lists(room, stranger, [people], {"name": "Mine"}) == 0
    assert lists.delete_lists(room, stranger, [people]) == 0
    assert lists.add_contacts(room, stranger, own, contact_ids) == 0
    for change in (lists.add_contacts, lists.remove_contacts):
        with pytest.raises(Missing, match=f"There is no list {people}"):
            change(room, stranger, people, contact_ids)
    assert members_of(room, alice, people) == contact_ids


CHANGES: dict[str, Callable[[Room, Caller], Any]] = {
    "create": lambda room, caller: lists.create_list(room, caller, "Clients"),
    "update": lambda room, caller: lists.update_lists(room, caller, [1], {"name": "Clients"}),
    "delete": lambda room, caller: lists.delete_lists(room, caller, [1]),
    "merge": lambda room, caller: lists.merge_lists(room, caller, [1, 2], "All"),
    "add": lambda room, caller: lists.add_contacts(room, caller, 1, [1]),
    "remove": lambda room, caller: lists.remove_contacts(room, caller, 1, [1]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_who_may_only_read_changes_nothing(
    room: Room, alice: Person, change: Callable[[Room, Caller], Any]
) -> None:
    with pytest.raises(Denied):
        change(room, caller_of(alice, "lists:read"))


def test_who_may_not_even_read_reads_nothing(room: Room, alice: Person) -> None:
    with pytest.raises(Denied):
        read(room, caller_of(alice, "contacts:write"))
