"""Rows known from last time are left alone, unless anything about them means something else now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from postroom.contacts.settings import AccountSettings
from postroom.drops.room import Room
from postroom.ingest.digests import LAW, with_digest
from postroom.store import contacts
from postroom.store.accounts import update_settings
from tests.conftest import Person
from tests.integration.drops.sender import Sender

HEADER = "Référence;Prénom;Email;Mobile\n"
ALICE = "R1;Alice;alice@example.com;0612345678\n"
BOB = "R2;Bob;bob@example.com;0698765432\n"


@pytest.fixture
def sender(room: Room, alice: Person) -> Sender:
    limits = replace(room.limits, digests_from_lines=1)
    sender = Sender(replace(room, limits=limits), alice)
    sender.mark(".addToExistingList")
    return sender


def counts(sender: Sender, content: str) -> dict[str, Any]:
    drop = sender.drop("clients.csv", content)
    assert drop.outcome is not None
    return {name: value for name, value in drop.outcome["counts"].items() if value}


def test_the_same_file_again_changes_nothing(sender: Sender) -> None:
    counts(sender, HEADER + ALICE + BOB)

    assert counts(sender, HEADER + ALICE + BOB) == {"lines": 2, "unchanged": 2}


def test_one_changed_row_is_found_among_the_known(sender: Sender) -> None:
    counts(sender, HEADER + ALICE + BOB)

    assert counts(sender, HEADER + ALICE + BOB.replace("Bob", "Robert")) == {
        "lines": 2,
        "unchanged": 1,
        "updated": 1,
    }


def test_a_known_row_that_stands_twice_is_a_duplicate(sender: Sender) -> None:
    counts(sender, HEADER + ALICE)

    assert counts(sender, HEADER + ALICE + ALICE) == {"lines": 2, "unchanged": 1, "duplicates": 1}


def test_a_known_row_synchronises_as_any_other(sender: Sender) -> None:
    counts(sender, HEADER + ALICE + BOB)
    sender.unmark(".addToExistingList")
    sender.mark(".syncExistingList")

    assert counts(sender, HEADER + ALICE) == {"lines": 1, "unchanged": 1, "removed_from_list": 1}


def test_a_known_row_means_something_else_when_empty_cells_erase(sender: Sender) -> None:
    first, second = HEADER + ALICE, "Référence;Prénom;Email;Mobile\nR1;;alice@example.com;0612345678\n"
    counts(sender, first)
    counts(sender, second)
    settings = AccountSettings().changed({"empty_cells": "erase"})
    with sender.room.database.transaction() as connection:
        update_settings(connection, sender.account_id, settings)

    assert counts(sender, second) == {"lines": 1, "updated": 1}
    with sender.room.database.transaction() as connection:
        (found,) = contacts.find_contacts(connection, sender.account_id, reference="R1")
    assert found["first_name"] is None


def test_a_row_that_another_file_undid_is_applied_again(sender: Sender) -> None:
    counts(sender, HEADER + ALICE)
    other = "Email;Mobile;Prénom\nalice@example.com;0612345678;Alix\n"
    counts(sender, other)

    assert counts(sender, HEADER + ALICE) == {"lines": 1, "updated": 1}


def test_a_digest_depends_on_values_columns_and_settings() -> None:
    data = pl.DataFrame({"line": [2, 3], "email": ["a@example.com", "b@example.com"], "city": ["Lyon", None]})
    base = AccountSettings()
    variants = [
        with_digest(data, ("email", "city"), base),
        with_digest(data.rename({"city": "state"}), ("email", "state"), base),
        with_digest(data, ("email", "city"), base.changed({"region": "BE"})),
        with_digest(data, ("email", "city"), base.changed({"strict": "true"})),
        with_digest(data, ("email", "city"), base.changed({"criterion": "email"})),
    ]

    digests = [digest for variant in variants for digest in variant["digest"]]

    assert len(set(digests)) == len(digests)


def test_a_digest_is_the_same_everywhere() -> None:
    data = pl.DataFrame({"line": [2], "email": ["a@example.com"]})

    digested = with_digest(data, ("email",), AccountSettings(), law="1")

    assert digested["digest"].to_list() == [-3796188452754785097]


def test_another_law_knows_no_row_of_the_one_before() -> None:
    data = pl.DataFrame({"line": [2], "email": ["a@example.com"]})
    before, after = (with_digest(data, ("email",), AccountSettings(), law=law) for law in ("1", "2"))

    assert before["digest"].to_list() != after["digest"].to_list()
    assert "phonenumbers" in LAW


def test_who_joins_in_a_frame_that_is_prepared_again_is_counted(sender: Sender) -> None:
    counts(sender, HEADER + ALICE)
    sender.drop("others.csv", HEADER + BOB)

    again = counts(sender, HEADER + ALICE.replace("Alice", "Alix") + BOB + ALICE)

    assert again["added_to_list"] == 1
