"""Rows go by themselves, with the row that owns them, with their contact; those of flat tables alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.contacts.criteria import Criterion, Match
from postroom.contacts.tables import Field, FieldType, TableState
from postroom.drops.criteria import ask_criterion
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.ingest import writing
from postroom.store import relational
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.conftest import PEOPLE
from tests.integration.ingest.relational.keeper import HEADER, NOW, Keeper

JANE, BOB, ZOE = "jane@domain.com", "bob@domain.com", "zoe@domain.com"


@pytest.fixture
def stocked(keeper: Keeper) -> Keeper:
    """Return a keeper whose contacts have orders with items, painted in colours."""
    stock(keeper)
    return keeper


def stock(keeper: Keeper) -> None:
    keeper.define("orders", key="orderid:number")
    keeper.define("items", key="itemid", to=["orders"])
    keeper.define("colours", "flat", key="code")
    keeper.define("painted", "join", key="paintid", to=["colours:colour", "orders:order_id"])
    fields = "email,orders.orderid,items.itemid,colours.code,painted.paintid"
    done = keeper.save(fields, f"{JANE},1,i1,red,p1", f"{JANE},2,i2,red,p2", f"{BOB},3,i3,blue,p3")
    assert done.told == []


def left(keeper: Keeper) -> dict[str, list[str]]:
    return {name: sorted(keeper.rows(name)) for name in ("orders", "items", "painted", "colours")}


BOBS = {"orders": ["3"], "items": ["i3"], "painted": ["p3"], "colours": ["blue", "red"]}


def test_a_deleted_row_takes_with_it_what_it_owns(stocked: Keeper) -> None:
    done = stocked.delete("email,orders.orderid,orders.total", f"{JANE},1,null", f"{JANE},02,null")

    assert (done.counts, done.told) == ((0, 0, 6, 0), [])
    assert left(stocked) == BOBS


def test_only_its_contact_deletes_a_row(stocked: Keeper) -> None:
    done = stocked.delete("email,orders.orderid", f"{BOB},1", f"{BOB},9", "nobody@domain.com,1", f"{JANE},")

    assert done.told == [
        (1, "FOREIGN_ROW", "orders 1"),
        (2, "NO_SUCH_ROW", "orders 9"),
        (3, "NO_SUCH_CONTACT", "nobody@domain.com"),
        (4, "MISSING_UNIQUE", "orders.orderid"),
    ]
    assert done.counts == (0, 0, 0, 0)


def test_a_row_is_deleted_once(stocked: Keeper) -> None:
    done = stocked.delete("email,items.itemid", f"{JANE},i1", f"{JANE},i1")

    assert (done.counts, done.told) == ((0, 0, 1, 0), [(2, "NO_SUCH_ROW", "items i1")])


def test_rows_of_rows_and_of_flat_tables_are_deleted_by_their_keys(stocked: Keeper) -> None:
    items = stocked.delete("items.itemid", "i1")
    colours = stocked.delete("colours.code,email", "red,nobody@domain.com")

    assert (items.counts, colours.counts, colours.told) == ((0, 0, 1, 0), (0, 0, 1, 0), [])
    assert left(stocked)["painted"] == ["p1", "p2", "p3"]


def test_deleting_owner_and_owned_in_one_record_is_no_mistake(stocked: Keeper) -> None:
    done = stocked.delete("email,orders.orderid,items.itemid", f"{JANE},1,i1")

    assert (done.counts, done.told) == ((0, 0, 3, 0), [])


def test_clearing_takes_what_the_rows_own(stocked: Keeper) -> None:
    header = replace(HEADER, clear_data=True)

    done = stocked.save("email,orders.orderid", f"{JANE},9", header=header)

    assert done.counts == (1, 0, 0, 9)
    assert left(stocked) == {"orders": ["9"], "items": [], "painted": [], "colours": ["blue", "red"]}


def test_a_deletion_by_file_takes_the_rows_of_its_contacts(stocked: Keeper, room: Room, shop: Person) -> None:
    Sender(room, shop).drop("gone.csv", f"Email\n{JANE}\n", directory="contacts/delete/in")

    assert left(stocked) == BOBS


def test_a_deletion_by_call_takes_the_rows_of_its_contacts(stocked: Keeper, room: Room) -> None:
    (jane,) = (contact for contact, email in stocked.emails().items() if email == JANE)

    with room.database.transaction() as connection:
        writing.delete_contacts(connection, stocked.account_id, [jane])

    assert left(stocked) == BOBS


def test_an_undone_import_takes_the_rows_of_whom_it_made(room: Room, make_person: MakePerson) -> None:
    person = make_person("undoer", criterion="email")
    sender = Sender(room, person)
    sender.drop("bob.csv", f"Email\n{BOB}\n")
    drop = sender.drop("jane.csv", f"Email\n{JANE}\n")
    keeper = Keeper(room, person)
    stock(keeper)

    undo(room, person.account.account_id, drop.drop_id, by_whom="tests")

    assert left(keeper) == BOBS


def test_a_deletion_where_any_identifier_is_enough_takes_rows_too(
    room: Room, make_person: MakePerson
) -> None:
    person = make_person("any", criterion="triplet", match="any")
    sender = Sender(room, person)
    sender.drop("people.csv", PEOPLE)
    keeper = Keeper(room, person)
    stock(keeper)

    sender.drop("gone.csv", f"Email\n{JANE}\n", directory="contacts/delete/in")

    assert left(keeper) == BOBS


def test_who_is_merged_into_another_brings_the_rows_along(room: Room, make_person: MakePerson) -> None:
    person = make_person("merger", criterion="reference")
    sender = Sender(room, person)
    sender.drop("people.csv", f"Email;Référence\n{JANE};K1\n{JANE};K2\n{BOB};K3\n")
    keeper = Keeper(room, person)
    keeper.define("orders", key="orderid:number")
    keeper.bulk("orders", "customer_key,orderid", "K1,1", "K2,2", "K3,3")

    with room.database.transaction() as connection:
        ask_criterion(room, connection, person.account, Criterion.EMAIL, Match.ALL, by_whom="tests")
    sender.process()

    assert len(keeper.emails()) == 2
    assert keeper.owners("orders") == {"1": (JANE, None), "2": (JANE, None), "3": (BOB, None)}


def test_a_deleted_table_takes_its_rows_and_what_these_own(stocked: Keeper, room: Room) -> None:
    with room.database.transaction() as connection:
        orders = relational.table_named(connection, stocked.account_id, "orders")
        gone = relational.delete_table(connection, stocked.account_id, orders, now=NOW)
        tables = {each.name: each for each in relational.tables_of_account(connection, stocked.account_id)}

    assert gone == 9
    assert {name: table.state.value for name, table in tables.items()} == {
        "items": "pending",
        "colours": "active",
        "painted": "pending",
    }
    assert tables["items"].foreign_keys == ()
    assert sorted(stocked.rows("colours")) == ["blue", "red"]


def test_what_rows_named_in_a_deleted_flat_table_shows_nowhere_again(stocked: Keeper, room: Room) -> None:
    account_id = stocked.account_id
    with room.database.transaction() as connection:
        colours = relational.table_named(connection, account_id, "colours")
        relational.delete_table(connection, account_id, colours, now=NOW)
        painted = relational.table_named(connection, account_id, "painted")
        colour = Field.of("colour", FieldType.NUMBER, None, is_unique=False)
        painted = relational.add_field(connection, account_id, painted, colour, now=NOW)

    assert (painted.state, painted.references) == (TableState.PENDING, ())
    assert stocked.rows("painted") == {"p1": {}, "p2": {}, "p3": {}}


def test_charlie_has_nothing_of_it(
    stocked: Keeper, room: Room, charlie: Person, make_person: MakePerson
) -> None:
    other = make_person("other", criterion="email")
    Sender(room, other).drop("people.csv", PEOPLE)
    keeper = Keeper(room, other)
    before = left(stocked), stocked.owners("items")

    assert keeper.save("email,orders.orderid", f"{JANE},1").told == [(1, "NO_SUCH_TABLE", "orders")]
    stock(keeper)
    keeper.delete("email,orders.orderid", f"{JANE},1", f"{JANE},2")
    Sender(room, other).drop("gone.csv", f"Email\n{BOB}\n", directory="contacts/delete/in")

    assert (left(stocked), stocked.owners("items")) == before
    assert left(keeper) == {"orders": [], "items": [], "painted": [], "colours": ["blue", "red"]}
    assert Keeper(room, charlie).emails() == {}
