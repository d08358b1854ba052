"""Leaving imports and taking them back, in a few words."""

from __future__ import annotations

from typing import Any

from postroom.drops.undoing import undo
from postroom.store.drops import Drop
from tests.integration.drops.accounts_state import AccountState, state_of
from tests.integration.drops.sender import Sender

PEOPLE = (
    "Référence;Email;Prénom;Nom;Date de naissance\n"
    "R1;a@example.com;Anne;Durand;14/07/1980\n"
    "R2;b@example.com;;Martin;\n"
)
MODES = {"create": ".createNewList", "add": ".addToExistingList", "sync": ".syncExistingList"}


def leave(sender: Sender, content: str, *, name: str = "people.csv", mode: str = "add") -> Drop:
    for marker in sender.names("contacts/import"):
        sender.unmark(marker)
    sender.mark(MODES[mode])
    drop = sender.drop(name, content)
    assert drop.state == "applied", drop.outcome
    return drop


def now(sender: Sender) -> AccountState:
    return state_of(sender.room, sender.account_id)


def take_back(sender: Sender, drop: Drop, **options: Any) -> dict[str, Any]:
    return undo(sender.room, sender.account_id, drop.drop_id, by_whom="olga", **options)


def kept(sender: Sender, drop: Drop) -> list[tuple[str, str, str]]:
    """Return reference, what and code of each line of an undo's report."""
    report = sender.read("contacts/import/ok", f"{drop.prefix}_people.csv.undo.csv")
    rows = [line.split(";") for line in report.splitlines()[1:]]
    return [(row[1], row[5], row[6]) for row in rows]


def names(sender: Sender) -> dict[str, str]:
    return {row["reference"]: row["last_name"] for row in now(sender).contacts.values()}
