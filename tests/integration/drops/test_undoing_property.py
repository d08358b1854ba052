"""Random imports, then undone: newest first leaves what was before, any other touches nothing later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.batches import Mode
from postroom.contacts.criteria import Criterion
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from tests.conftest import MakePerson
from tests.integration.drops.accounts_state import AccountState, changed, state_of
from tests.integration.drops.sender import Sender
from tests.integration.ingest.test_oracle import FILES, MARKERS, ROWS, content

SEQUENCES = {
    "pool": st.lists(ROWS, min_size=4, max_size=4),
    "files": st.lists(FILES, min_size=1, max_size=5),
    "criterion": st.sampled_from([each for each in Criterion if each is not Criterion.EXTENDED]),
    "empty_cells": st.sampled_from(["keep", "erase"]),
    "block_bytes": st.sampled_from([64, 1_000_000]),
    "digests_from_lines": st.sampled_from([1, 1_000_000]),
}
UNHURRIED = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Told:
    """An account after a sequence of files: its states in between, and the drops that were applied."""

    def __init__(self, sender: Sender, pool: list[dict[str, str]], files: list[Any]) -> None:
        self.sender = sender
        self.states = [self.now()]
        self.drop_ids: list[int] = []
        for name, mode, columns, picked in files:
            for marker in sender.names("contacts/import"):
                sender.unmark(marker)
            sender.mark(MARKERS[mode])
            drop = sender.drop(f"{name}.csv", content(columns, [pool[each] for each in picked]))
            if drop.state == "applied":
                self.drop_ids.append(drop.drop_id)
                self.states.append(self.now())

    def now(self) -> AccountState:
        return state_of(self.sender.room, self.sender.account_id)

    def said_again(self, number: int) -> set[tuple[Any, ...]]:
        """Return the places on its list, where that holds those of the file alone after an import."""
        outcome = self.sender.drop_now(self.drop_ids[number]).outcome
        assert outcome is not None
        if outcome["mode"] == Mode.ADD:
            return set()
        members = self.states[number + 1].memberships
        return {("member", *each) for each in members if each[0] == outcome["list"]["id"]}

    def undo(self, number: int) -> dict[str, Any]:
        return undo(self.sender.room, self.sender.account_id, self.drop_ids[number], by_whom="olga")


@UNHURRIED
@given(**SEQUENCES)
def test_imports_undone_from_the_newest_backwards_leave_what_was_before_them(
    room: Room, make_person: MakePerson, unique_name: Callable[[], str], **sequence: Any
) -> None:
    told = tell(room, make_person, unique_name(), **sequence)

    for number in reversed(range(len(told.drop_ids))):
        undone = told.undo(number)

        assert told.now() == told.states[number]
        assert (undone["kept"], undone["report"]) == ({}, None)


@UNHURRIED
@given(which=st.integers(0, 4), **SEQUENCES)
def test_any_import_undone_leaves_alone_what_it_did_not_do_and_what_came_later(
    room: Room, make_person: MakePerson, unique_name: Callable[[], str], which: int, **sequence: Any
) -> None:
    told = tell(room, make_person, unique_name(), **sequence)
    if which >= len(told.drop_ids):
        return
    before = told.now()

    told.undo(which)

    touched = changed(before, told.now())
    assert touched <= changed(told.states[which], told.states[which + 1])
    for number in range(which + 1, len(told.drop_ids)):
        assert not touched & changed(told.states[number], told.states[number + 1])
        assert not touched & told.said_again(number)


@UNHURRIED
@given(**SEQUENCES)
def test_the_same_file_after_its_undo_does_the_same_again(
    room: Room, make_person: MakePerson, unique_name: Callable[[], str], **sequence: Any
) -> None:
    """Whatever is remembered of rows, such as their digests, is remembered no more."""
    told = tell(room, make_person, unique_name(), **sequence)
    if not told.drop_ids:
        return
    told.undo(-1)

    again = tell_again(told, sequence["pool"], sequence["files"])

    assert values(again) == values(told.states[-1])


def tell(room: Room, make_person: MakePerson, name: str, *, pool: Any, files: Any, **chosen: Any) -> Told:
    limits = replace(
        room.limits,
        block_bytes=chosen["block_bytes"],
        digests_from_lines=chosen["digests_from_lines"],
    )
    person = make_person(name, criterion=chosen["criterion"].value, empty_cells=chosen["empty_cells"])
    return Told(Sender(replace(room, limits=limits), person), pool, files)


def tell_again(told: Told, pool: list[dict[str, str]], files: list[Any]) -> AccountState:
    """Leave the last file that was applied once more, under the marker that still stands."""
    (applied,) = [told.sender.drop_now(told.drop_ids[-1])]
    for name, mode, columns, picked in reversed(files):
        text = content(columns, [pool[each] for each in picked])
        if applied.name == f"{name}.csv" and applied.size == len(text.encode("iso-8859-1")):
            for marker in told.sender.names("contacts/import"):
                told.sender.unmark(marker)
            told.sender.mark(MARKERS[mode])
            told.sender.drop(applied.name, text)
            return told.now()
    raise AssertionError("the drop that was applied last is one of the files")


def values(state: AccountState) -> list[Any]:
    """Return what people see: contacts and who is on which list, whatever their ids and times."""
    unseen = {"contact_id", "created_at", "updated_at"}
    seen = {
        key: tuple(value for name, value in sorted(row.items()) if name not in unseen)
        for key, row in state.contacts.items()
    }
    lists = [
        (row["name"], sorted(map(repr, (seen[contact] for at, contact in state.memberships if at == key))))
        for key, row in sorted(state.lists.items())
    ]
    return [sorted(map(repr, seen.values())), lists]
