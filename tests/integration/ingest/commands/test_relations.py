"""Relational commands beside others: handed on in the order of the file, and gone with their contacts."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import Kind
from postroom.contacts.verdicts import Verdict
from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.integration.ingest.commands.batches import Realm, line
from tests.integration.ingest.relational.keeper import Keeper

JANE, MARY = "jane@domain.com", "mary@domain.com"


@pytest.fixture
def shop(room: Room, make_person: MakePerson) -> tuple[Realm, Keeper]:
    """Return Alice's realm, and who keeps its table of orders."""
    person = make_person("alice", criterion="email")
    keeper = Keeper(room, person)
    keeper.define("orders", key="orderid:number")
    return Realm.of(room.database, person), keeper


def test_a_row_finds_the_contact_that_the_same_file_made(shop: tuple[Realm, Keeper]) -> None:
    realm, keeper = shop

    answer = realm.send(
        line(Kind.SAVE, "email", JANE),
        line(Kind.RELATIONAL_SAVE, "email,orders.orderid", f"{JANE},1", f"{MARY},2"),
        line(Kind.SAVE, "email", MARY),
        line(Kind.RELATIONAL_SAVE, "email,orders.orderid", f"{MARY},2"),
        relational=True,
    )

    assert keeper.owners("orders") == {"1": (JANE, None), "2": (MARY, None)}
    assert answer.failures == [(2, 2, Verdict.NO_SUCH_CONTACT, MARY)]
    tally = answer.tally
    assert (tally.commands, tally.commands_failed, tally.records, tally.records_failed) == (4, 1, 5, 1)
    assert tally.rows_inserted == 2


def test_rows_go_with_the_contact_that_a_command_deletes(shop: tuple[Realm, Keeper]) -> None:
    realm, keeper = shop
    realm.send(
        line(Kind.SAVE, "email", JANE, MARY),
        line(Kind.RELATIONAL_SAVE, "email,orders.orderid", f"{JANE},1", f"{MARY},2"),
        relational=True,
    )

    realm.send(line(Kind.DELETE, "email", JANE))

    assert keeper.owners("orders") == {"2": (MARY, None)}


def test_without_the_flag_every_relational_command_fails(shop: tuple[Realm, Keeper]) -> None:
    realm, keeper = shop

    answer = realm.send(line(Kind.RELATIONAL_SAVE, "email,orders.orderid", f"{JANE},1"))

    assert answer.failures == [(1, None, Verdict.NOT_RELATIONAL, "")]
    assert (answer.tally.records_failed, keeper.rows("orders")) == (1, {})
