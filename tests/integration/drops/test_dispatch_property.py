"""A file for several accounts does what as many files would do, each with the rows of one account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from postroom.contacts.batches import Action
from postroom.dialects.folders import tree
from postroom.drops.room import Room
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.dispatching import above_nought, counted, mean
from tests.integration.drops.sender import Sender

FOLDERS = [Action.IMPORT, Action.OPTOUT_EMAIL, Action.OPTIN_EMAIL, Action.OPTOUT_SMS, Action.DELETE]
MARKERS = [None, *tree.MARKERS]
SETTINGS: list[dict[str, str]] = [
    {"criterion": "email", "field01": "Magasin"},
    {"criterion": "reference", "field02": "Magasin", "empty_cells": "erase"},
    {"criterion": "triplet", "strict": "true", "region": "BE"},
]
HEADER = "Référence;Nom;Email;Mobile;Magasin"

FIELDS = "c.last_name, c.email, c.mobile, c.reference, c.field01, c.field02, c.dedup_key"
QUERIES = [
    f"select {FIELDS} from contacts c where c.account_id = %s",
    "select name from lists where account_id = %s",
    f"""select l.name, {FIELDS} from memberships m join lists l using (account_id, list_id)
        join contacts c using (account_id, contact_id) where m.account_id = %s""",
    "select scope, address, reason from optouts where account_id = %s",
    "select address, was, became from consent_changes where account_id = %s",
]
"""What an account has, but for numbers: contacts of one lot get theirs in the order of their keys."""


def row(random: Random) -> str:
    number = random.randrange(12)
    email = random.choice([f"p{number}@example.com", f"P{number}@EXAMPLE.com", "", "nobody"])
    mobile = random.choice([f"06123456{number:02}", "", "04 70 12 34 5x"])
    reference = random.choice([f"R{number}", ""])
    return f"{reference};{random.choice('ABC')};{email};{mobile};{random.choice(['Lyon', ''])}"


def everything_of(room: Room, person: Person) -> list[list[str]]:
    with room.database.transaction() as connection:
        return [
            sorted(str(found) for found in connection.execute(query, [person.account.account_id]))
            for query in QUERIES
        ]


def leave(sender: Sender, folder: Action, marker: str | None, lines: list[str], header: str) -> Drop:
    for standing in sender.names(tree.MARKER_DIRECTORY):
        sender.unmark(standing)
    if marker:
        sender.mark(marker)
    text = "\n".join([header, *lines]) + "\n"
    return sender.drop("people.csv", text, directory=tree.directory_of(folder, "in"))


@pytest.mark.parametrize("seed", range(6))
def test_one_file_for_three_accounts_is_three_files(
    room: Room, make_person: MakePerson, unique_name: Callable[[], str], seed: int
) -> None:
    random = Random(seed)
    # Blocks of some lines and lots of a few rows: everything meets in later lots.
    room = replace(room, limits=replace(room.limits, block_bytes=200, dispatch_rows=random.choice([1, 7])))
    together = [make_person(unique_name(), **settings) for settings in SETTINGS]
    apart = [make_person(unique_name(), **settings) for settings in SETTINGS]
    office = make_person("office")
    mean(room, office, **{f"A{place}": person for place, person in enumerate(together)})

    for _ in range(8):
        folder, marker = random.choice(FOLDERS), random.choice(MARKERS)
        lines = [(random.randrange(3), row(random)) for _ in range(random.randrange(1, 30))]
        one = leave(
            Sender(room, office),
            folder,
            marker,
            [f"{line};A{of}" for of, line in lines],
            f"{HEADER};dispatch",
        )
        for place, person in enumerate(apart):
            own = [line for of, line in lines if of == place]
            if not own:
                continue
            alone = leave(Sender(room, person), folder, marker, own, HEADER)
            if one.state == "applied":
                assert alone.outcome is not None
                told = counted(one)[together[place].account.name]
                assert told == above_nought(alone.outcome["counts"])
            else:
                assert alone.state == "refused"

    for mine, others in zip(together, apart, strict=True):
        assert everything_of(room, mine) == everything_of(room, others)
