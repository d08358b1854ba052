"""Asking for another criterion and having it made, in a few words."""

from __future__ import annotations

from postroom.contacts.criteria import Criterion, Match
from postroom.drops.criteria import ask_criterion
from postroom.drops.processing import process_account
from postroom.drops.room import Room
from postroom.store import accounts, criteria
from postroom.store.criteria import CriterionChange
from tests.integration.drops.sender import Sender


def ask(sender: Sender, criterion: Criterion, match: Match = Match.ALL) -> CriterionChange | None:
    with sender.room.database.transaction() as connection:
        account = accounts.account_by_id(connection, sender.account_id)
        return ask_criterion(sender.room, connection, account, criterion, match, by_whom="olga")


def change(sender: Sender, criterion: Criterion, match: Match = Match.ALL) -> CriterionChange | None:
    """Change the criterion; return the change as it stands then, None when nothing had to wait."""
    asked = ask(sender, criterion, match)
    if asked is None:
        return None
    process_account(sender.room, sender.account_id)
    return change_now(sender.room, asked)


def change_now(room: Room, asked: CriterionChange) -> CriterionChange:
    with room.database.transaction() as connection:
        return criteria.change_by_id(connection, asked.account_id, asked.change_id)


def criterion_now(sender: Sender) -> Criterion:
    with sender.room.database.transaction() as connection:
        return accounts.account_by_id(connection, sender.account_id).settings.criterion
