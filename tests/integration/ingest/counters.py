"""The counters of lists, and what they should be: counted by hand, contact by contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.drops.room import Room
from postroom.store.list_counts import Stats


def known(room: Room, account_id: int) -> dict[int, Stats | None]:
    """Return the counters as they stand, by list."""
    with room.database.transaction() as connection:
        rows = connection.execute(
            "select * from list_counts right join lists using (account_id, list_id) where account_id = %s",
            [account_id],
        ).fetchall()
    return {
        row["list_id"]: None
        if row["subscribers"] is None
        else Stats(row["subscribers"], row["sms"], row["email"], row["voice"], row["voicemail"])
        for row in rows
    }


def by_hand(room: Room, account_id: int) -> dict[int, Stats]:
    """Count every list of an account."""
    with room.database.transaction() as connection:
        lists, memberships, contacts, optouts = (
            connection.execute(
                f"select * from {table} where account_id = %s", [account_id]
            ).fetchall()  # tables that are named right here
            for table in ("lists", "memberships", "contacts", "optouts")
        )
    opted_out = {(row["scope"], row["address"]) for row in optouts}
    people = {row["contact_id"]: row for row in contacts}
    on_list: dict[int, list[Mapping[str, Any]]] = {row["list_id"]: [] for row in lists}
    for each in memberships:
        on_list[each["list_id"]].append(people[each["contact_id"]])
    return {
        list_id: Stats(
            len(members),
            **{
                medium.value.lower(): sum(_reaches(medium, each, opted_out) for each in members)
                for medium in Medium
            },
        )
        for list_id, members in on_list.items()
    }


def _reaches(medium: Medium, contact: Mapping[str, Any], opted_out: set[tuple[str, str]]) -> bool:
    address = contact[ADDRESS_FIELD[medium]]
    return address is not None and (medium.value, address) not in opted_out


def agree(room: Room, account_id: int) -> None:
    """Assert that every counter is right or not known, and that lists have counters."""
    counted, stands = by_hand(room, account_id), known(room, account_id)
    assert stands.keys() == counted.keys()
    assert {key: stats for key, stats in stands.items() if stats} == {
        key: counted[key] for key, stats in stands.items() if stats
    }
