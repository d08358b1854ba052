"""Relational batches from their upload to what is kept and told of them."""

from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.integration.drops.batching import Realm, make_realm
from tests.integration.ingest.relational.keeper import Keeper

HEADER = ("relational=1", "allow_duplicates=0")
JANE = "jane@domain.com"


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Realm:
    return make_realm(room, make_person, "acme", language="en")


@pytest.fixture
def keeper(acme: Realm) -> Keeper:
    """Return who looks into acme's tables: orders of contacts, items of orders."""
    keeper = Keeper(acme.room, acme.sender.person)
    keeper.define("orders", key="oid:number", fields=["total:float"])
    keeper.define("items", key="iid", fields=["sku"], to=["orders"])
    return keeper


def test_contacts_come_first_and_then_their_rows(acme: Realm, keeper: Keeper) -> None:
    news = acme.new_list()
    acme.run(
        f"cmd=relationalsub&list_id={news}&delimiter=,",
        "email,first",
        f"{JANE},Jane",
        "cmd=endrelationalsub",
        header=("isrelationalsubscriber=1",),
    )

    drop = acme.send(
        "orders.csv",
        acme.header("isrelational=1", "table=orders", "columns=email,first_name,oid,total")
        + f'"{JANE}","Jane","11","1.1"\n"nobody@domain.com","N","12","1"\n',
    )

    assert drop.outcome is not None
    tally = drop.outcome["batch"]["tally"]
    assert (tally["rows_inserted"], tally["records"], tally["records_failed"]) == (1, 2, 1)
    assert [(each["line"], each["record"], each["code"]) for each in drop.outcome["batch"]["findings"]] == [
        (7, 2, "NO_SUCH_CONTACT")
    ]
    assert keeper.rows("orders") == {"11": {"total": 1.1}}
    assert keeper.owners("orders") == {"11": (JANE, None)}
    assert acme.seen() == []


def test_rows_are_saved_and_deleted_in_the_order_of_the_file(acme: Realm, keeper: Keeper) -> None:
    acme.run(f"cmd=save&data=email^{JANE}")

    drop = acme.run(
        f"cmd=relationalsave&data=email,orders.oid,items.iid,items.sku^{JANE},1,a,A^{JANE},1,b,B",
        f"cmd=relationaldelete&data=email,orders.oid^{JANE},1",
        f"cmd=relationalsave&data=email,orders.oid,orders.total^{JANE},1,5",
        f"cmd=relationalsave&data=email,items.iid,items.oid^{JANE},c,1",
        header=HEADER,
    )

    assert drop.outcome is not None
    tally = drop.outcome["batch"]["tally"]
    assert drop.outcome["batch"]["findings"] == []
    assert (tally["rows_inserted"], tally["rows_updated"], tally["rows_deleted"]) == (5, 0, 3)
    assert keeper.rows("orders") == {"1": {"total": 5}}
    assert sorted(keeper.rows("items")) == ["c"]


def test_contacts_of_one_address_own_rows_of_their_own(acme: Realm, keeper: Keeper) -> None:
    acme.run(f"cmd=save&data=email,first^{JANE},Jane^{JANE},Janet", header=("allow_duplicates=1",))

    drop = acme.run(
        f"cmd=relationalsave&data=email,first,orders.oid^{JANE},Jane,1^{JANE},janet,2^{JANE},,3",
        header=HEADER,
    )

    assert drop.outcome is not None
    assert [(each["record"], each["code"]) for each in drop.outcome["batch"]["findings"]] == [
        (3, "SEVERAL_CONTACTS")
    ]
    with acme.room.database.transaction() as connection:
        rows = connection.execute(
            "select r.row_key, c.first_name from relational_rows r"
            " join contacts c using (account_id, contact_id) order by r.row_key"
        ).fetchall()
    assert [(row["row_key"], row["first_name"]) for row in rows] == [("1", "Jane"), ("2", "Janet")]


def test_a_contact_deleted_by_a_batch_takes_its_rows(acme: Realm, keeper: Keeper) -> None:
    acme.run(f"cmd=save&data=email^{JANE}^bob@domain.com")
    acme.run(
        f"cmd=relationalsave&data=email,orders.oid,items.iid^{JANE},1,a^bob@domain.com,2,b", header=HEADER
    )

    acme.run(f"cmd=delete&data=email^{JANE}")

    assert keeper.owners("items") == {"b": ("bob@domain.com", "2")}
    assert sorted(keeper.rows("orders")) == ["2"]


def test_a_batch_of_bolts_reaches_no_table_of_acmes(
    acme: Realm, keeper: Keeper, room: Room, make_person: MakePerson
) -> None:
    bolt = make_realm(room, make_person, "bolt")
    for realm in (acme, bolt):
        realm.run(f"cmd=save&data=email^{JANE}")
    acme.run(f"cmd=relationalsave&data=email,orders.oid^{JANE},1", header=HEADER)

    drop = bolt.run(f"cmd=relationaldelete&data=email,orders.oid^{JANE},1", header=(*HEADER, "clear_data=1"))

    assert drop.outcome is not None
    assert [each["code"] for each in drop.outcome["batch"]["findings"]] == ["NO_SUCH_TABLE"]
    assert keeper.owners("orders") == {"1": (JANE, None)}
