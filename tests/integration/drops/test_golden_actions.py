"""Whole ways of files as senders send them: cases of tests/golden/folders that name an action.

Beside `sent.*` such a case holds `action.txt` (the folder), perhaps `before.csv` (imported first) and
`optedout.txt` (medium, address and reason of what stands already, a line each); `understood.json` has the
counts above nought, the names of the contacts left, and the opt-outs that stand afterwards. After an import
it has all that the contacts hold instead of their names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.ingest.consents import change_consent
from postroom.store import files
from postroom.store.drops import Drop
from postroom.store.optouts import Act
from tests.conftest import MakePerson
from tests.integration.drops.sender import Sender

GOLDEN = Path(__file__).parents[2] / "golden" / "folders"
CASES = sorted(
    path.parent.name for path in GOLDEN.glob("*/action.txt") if not (path.parent / "accounts.json").exists()
)


def send(sender: Sender, case: Path) -> Drop:
    before, standing = case / "before.csv", case / "optedout.txt"
    if before.exists():
        sender.drop("before.csv", before.read_bytes())
    for line in standing.read_text().splitlines() if standing.exists() else []:
        medium, address, reason = line.split()
        with sender.room.database.transaction() as connection:
            act = Act(sender.account_id, medium, "call", "test", sender.room.clock())
            change_consent(connection, act, address, OptOutReason[reason.upper()])
    (sent,) = case.glob("sent.*")
    folder = (case / "action.txt").read_text().strip()
    return sender.drop(sent.name, sent.read_bytes(), directory=f"contacts/{folder}/in")


def understood(sender: Sender, drop: Drop) -> dict[str, object]:
    assert drop.outcome is not None
    with sender.room.database.transaction() as connection:
        contacts = connection.execute(
            "select * from contacts where account_id = %s order by last_name, email, contact_id",
            [sender.account_id],
        ).fetchall()
        optouts = connection.execute(
            "select scope, address, reason from optouts where account_id = %s order by 1, 2",
            [sender.account_id],
        ).fetchall()
    failure = drop.outcome["failure"]
    return {
        "file refused": failure and failure["code"],
        "counts": {name: count for name, count in drop.outcome["counts"].items() if count},
        "contacts": [values(row) if drop.action == "import" else row["last_name"] for row in contacts],
        "opted out": [
            f"{row['scope']} {row['address']} {OptOutReason(row['reason']).name.lower()}" for row in optouts
        ],
    }


def values(contact: Mapping[str, object]) -> dict[str, str]:
    return {field: str(contact[field]) for field in CONTACT_FIELDS if contact[field]}


def answered(sender: Sender, drop: Drop) -> dict[str, bytes]:
    with sender.room.database.transaction() as connection:
        standing = files.files_of_drop(connection, drop.account_id, drop.drop_id)
    own = f"{drop.prefix}_{drop.name}"
    found = {}
    for file in standing:
        if file.name != own:
            with sender.room.blobs.open(file.blob_key) as blob:
                found[f"answered{file.name.removeprefix(own)}"] = blob.read()
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_deposit_does_what_was_agreed_and_is_answered_so(
    room: Room, make_person: MakePerson, unique_name: Callable[[], str], name: str
) -> None:
    case = GOLDEN / name
    chosen = case / "settings.json"
    sender = Sender(
        room, make_person(unique_name(), **(json.loads(chosen.read_text()) if chosen.exists() else {}))
    )

    drop = send(sender, case)

    assert understood(sender, drop) == json.loads((case / "understood.json").read_text())
    assert answered(sender, drop) == {path.name: path.read_bytes() for path in case.glob("answered.*")}
