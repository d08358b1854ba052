from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from postroom.contacts.batches import Action, Outcome, RowIssue
from postroom.contacts.reasons import Reason
from postroom.drops.checking import Trial, check_file
from postroom.drops.room import Room
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.drops.sender import Sender

TABLES = ("contacts", "contact_ids", "lists", "memberships", "files", "drops")
STORED = "Email;Nom\na@example.com;Durand\nb@example.com;Martin\n"


def check(
    room: Room, person: Person, content: str, trial: Trial, issues: list[RowIssue] | None = None
) -> Outcome:
    found: list[RowIssue] = [] if issues is None else issues
    with tempfile.NamedTemporaryFile() as file:
        file.write(content.encode("iso-8859-1"))
        file.flush()
        return check_file(
            room, person.account, lambda: Path(file.name).open("rb"), trial, on_issue=found.append
        )


def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table that an import touches."""
    with database.transaction() as connection:
        return {
            table: connection.execute(f"select * from {table} order by 1, 2").fetchall() for table in TABLES
        }


@pytest.mark.parametrize("marker", [".createNewList", ".addToExistingList", ".syncExistingList"])
def test_a_check_changes_nothing(room: Room, alice: Person, database: Database, marker: str) -> None:
    Sender(room, alice).drop("people.csv", STORED)
    before = everything(database)

    outcome = check(
        room, alice, "Email;Nom\na@example.com;DURAND\nc@example.com;Neuf\n", Trial("people.csv", [marker])
    )

    assert (outcome.counts.created, outcome.counts.updated) == (1, 1)
    assert everything(database) == before


def test_a_check_of_a_refused_file_changes_nothing(room: Room, alice: Person, database: Database) -> None:
    Sender(room, alice).drop("people.csv", STORED)
    before = everything(database)
    issues: list[RowIssue] = []

    outcome = check(room, alice, "Email\nnobody\nnot even\n", Trial("people.csv"), issues)

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.NO_VALID_ROW
    assert (outcome.counts.lines, outcome.counts.refused) == (2, 2)
    assert [(issue.line, issue.reason) for issue in issues] == [
        (2, Reason.INVALID_EMAIL),
        (3, Reason.INVALID_EMAIL),
    ]
    assert everything(database) == before


def test_a_check_leaves_no_list_behind(room: Room, alice: Person, database: Database) -> None:
    outcome = check(room, alice, STORED, Trial("people.csv"))

    assert outcome.list_name == "people"
    assert not any(everything(database).values())


def test_a_check_of_deletes_deletes_nobody(room: Room, alice: Person, database: Database) -> None:
    Sender(room, alice).drop("people.csv", STORED)
    before = everything(database)

    outcome = check(room, alice, STORED, Trial("people.csv", action=Action.DELETE))

    assert outcome.counts.deleted == len(before["contacts"])
    assert everything(database) == before


def test_a_file_that_breaks_off_keeps_the_notes_of_its_header(room: Room, alice: Person) -> None:
    outcome = check(room, alice, 'Email;Humeur\na@example.com;bonne\n"b@example.com;\n', Trial("people.csv"))

    assert outcome.failure is not None
    assert outcome.failure.reason is Reason.UNCLOSED_QUOTE
    assert outcome.notes == ["colonnes inconnues, ignorées : Humeur"]


def test_a_check_for_charlie_does_not_meet_the_contacts_of_alice(
    room: Room, alice: Person, charlie: Person
) -> None:
    Sender(room, alice).drop("people.csv", STORED)

    assert check(room, charlie, STORED, Trial("people.csv")).counts.created == 2
    assert check(room, alice, STORED, Trial("people.csv")).counts.unchanged == 2
