"""Files for several accounts as senders send them: cases of tests/golden/folders that name accounts.

`accounts.json` has the settings of an account for each reference, `action.txt` the folder; `before.csv` is
imported first. `understood.json` has for each reference the counts above nought, the last names of the
contacts left, and the opt-outs that stand.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from postroom.drops.room import Room
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.dispatching import above_nought, last_names, mean, optouts
from tests.integration.drops.sender import Sender
from tests.integration.drops.test_golden_actions import GOLDEN, answered

CASES = sorted(path.parent.name for path in GOLDEN.glob("*/accounts.json"))


def understood(room: Room, drop: Drop, people: dict[str, Person]) -> dict[str, object]:
    assert drop.outcome is not None
    failure = drop.outcome["failure"]
    counts = {
        reference: above_nought(each["counts"])
        for each in drop.outcome["accounts"]
        for reference in each["references"]
    }
    return {
        "file refused": failure and failure["code"],
        "counts": above_nought(drop.outcome["counts"]),
        "accounts": {
            reference: {
                "counts": counts.get(reference, {}),
                "contacts": last_names(room, person),
                "opted out": optouts(room, person),
            }
            for reference, person in people.items()
        },
    }


@pytest.mark.parametrize("name", CASES)
def test_a_file_for_several_accounts_does_what_was_agreed_and_is_answered_so(
    room: Room, make_person: MakePerson, alice: Person, unique_name: Callable[[], str], name: str
) -> None:
    case = GOLDEN / name
    chosen = json.loads((case / "accounts.json").read_text())
    people = {reference: make_person(unique_name(), **settings) for reference, settings in chosen.items()}
    mean(room, alice, **people)
    sender = Sender(room, alice)
    before = case / "before.csv"
    if before.exists():
        sender.drop("before.csv", before.read_bytes())
    (sent,) = case.glob("sent.*")
    folder = (case / "action.txt").read_text().strip()

    drop = sender.drop(sent.name, sent.read_bytes(), directory=f"contacts/{folder}/in")

    assert understood(room, drop, people) == json.loads((case / "understood.json").read_text())
    assert answered(sender, drop) == {path.name: path.read_bytes() for path in case.glob("answered.*")}
