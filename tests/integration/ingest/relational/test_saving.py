"""Saving rows, table by table and kind by kind."""

from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.conftest import PEOPLE
from tests.integration.ingest.relational.keeper import Keeper

JANE, BOB = "jane@domain.com", "bob@domain.com"
INTERESTS = "email,first,interests.id,interests.category,interests.interest_type"


def interests(keeper: Keeper) -> None:
    keeper.define("interests", key="id:number", fields=["category", "interest_type"])


def test_the_sample_of_the_document_makes_a_row_of_janes(keeper: Keeper) -> None:
    interests(keeper)

    done = keeper.save(INTERESTS, f"{JANE},Jane,1,boating,null")

    assert (done.counts, done.told) == ((1, 0, 0, 0), [])
    assert keeper.rows("interests") == {"1": {"category": "boating"}}
    assert keeper.owners("interests") == {"1": (JANE, None)}


def test_a_row_that_is_there_is_changed_where_it_differs(keeper: Keeper) -> None:
    interests(keeper)
    keeper.save(INTERESTS, f"{JANE},,1,boating,water", f"{JANE},,2,hiking,land")

    done = keeper.save(INTERESTS, f"{JANE},,1,sailing,", f"{JANE},,2,hiking,land")

    assert (done.counts, done.told) == ((0, 1, 0, 0), [])
    assert keeper.rows("interests")["1"] == {"category": "sailing", "interest_type": "water"}


def test_null_erases_and_an_empty_value_keeps(keeper: Keeper) -> None:
    interests(keeper)
    keeper.save(INTERESTS, f"{JANE},,1,boating,water", f"{JANE},,2,boating,water")

    keeper.save(INTERESTS, f"{JANE},,1,NULL,", f"{JANE},,2,,Null")

    assert keeper.rows("interests") == {"1": {"interest_type": "water"}, "2": {"category": "boating"}}


def test_later_values_of_one_file_replace_earlier_ones(keeper: Keeper) -> None:
    interests(keeper)

    done = keeper.save(INTERESTS, f"{JANE},,1,a,x", f"{JANE},,1,b,", f"{JANE},,01,,null", f"{JANE},,1,,y")

    assert (done.counts, done.told) == ((1, 0, 0, 0), [])
    assert keeper.rows("interests") == {"1": {"category": "b", "interest_type": "y"}}


def test_values_are_typed(keeper: Keeper) -> None:
    keeper.define("visits", key="day:date", fields=["pages:number", "seconds:float", "note", "last:date"])
    fields = "email,visits.day,visits.pages,visits.seconds,visits.note,visits.last"

    done = keeper.save(fields, rf"{JANE},03/27/2019,007,1.50,say \"hi\" c:\x,1/1/2011")

    assert done.told == []
    assert keeper.rows("visits") == {
        "2019-03-27": {"pages": 7, "seconds": 1.5, "note": r"say \"hi\" c:\x", "last": "2011-01-01"}
    }


def test_a_value_that_the_field_cannot_hold_is_left_out_and_told(keeper: Keeper) -> None:
    keeper.define("visits", fields=["pages:number", "seconds:float", "last:date", "note"])
    fields = "email,visits.id,visits.pages,visits.seconds,visits.last,visits.note"

    done = keeper.save(fields, f"{JANE},a,many,1;5,31/12/2019,{'x' * 256}", f"{JANE},b,1,1.5,12/31/2019,x")

    assert done.told == [
        (1, "BAD_VALUE", "pages=many"),
        (1, "BAD_VALUE", "seconds=1;5"),
        (1, "BAD_DATE", "last=31/12/2019"),
        (1, "VALUE_TOO_LONG", f"note={'x' * 256}"),
    ]
    assert not any(each.failed for each in done.findings)
    assert keeper.rows("visits")["a"] == {}
    assert keeper.rows("visits")["b"]["last"] == "2019-12-31"


@pytest.mark.parametrize(
    ("key", "verdict"),
    [("", "MISSING_UNIQUE"), ("null", "MISSING_UNIQUE"), ("one", "BAD_VALUE"), ("1.5", "BAD_VALUE")],
)
def test_without_a_key_there_is_no_row(keeper: Keeper, key: str, verdict: str) -> None:
    interests(keeper)

    done = keeper.save(INTERESTS, f"{JANE},,{key},boating,")

    assert [(each.verdict.value, each.failed) for each in done.findings] == [(verdict, True)]
    assert keeper.rows("interests") == {}


@pytest.mark.parametrize(
    ("email", "verdict"),
    [("nobody@domain.com", "NO_SUCH_CONTACT"), ("jane", "INVALID_EMAIL"), ("", "MISSING_EMAIL")],
)
def test_a_row_needs_a_contact_that_is_there(keeper: Keeper, email: str, verdict: str) -> None:
    interests(keeper)

    done = keeper.save(INTERESTS, f"{email},,1,boating,", f"{JANE},,2,boating,")

    assert done.told == [(1, verdict, email)]
    assert [each.number for each in done.findings if each.failed] == [1]
    assert keeper.owners("interests") == {"2": (JANE, None)}


def test_addresses_are_written_in_any_way(keeper: Keeper) -> None:
    interests(keeper)

    done = keeper.save(INTERESTS, " Jane@DOMAIN.com ,,1,boating,", "*jane@domain.com,,2,hiking,")

    assert done.counts == (2, 0, 0, 0)


def test_nobody_takes_over_a_row_of_somebody_else(keeper: Keeper) -> None:
    interests(keeper)
    keeper.save(INTERESTS, f"{JANE},,1,boating,")

    done = keeper.save(INTERESTS, f"{BOB},,1,hiking,", f"{BOB},,2,hiking,", f"{JANE},,2,boating,")

    assert done.told == [(1, "FOREIGN_ROW", "interests 1"), (3, "FOREIGN_ROW", "interests 2")]
    assert keeper.owners("interests") == {"1": (JANE, None), "2": (BOB, None)}
    assert keeper.rows("interests")["1"] == {"category": "boating"}


def test_names_of_tables_and_columns_have_no_case(keeper: Keeper) -> None:
    keeper.define("MyTable", key="UniqueID:number", fields=["MyNumber:number"])

    keeper.save("EMAIL,mytable.uniqueid,MYTABLE.mynumber", f"{JANE},11,1234")
    keeper.bulk("MYTABLE", "Email,First_Name,UNIQUEID,mynumber", f"{JANE},Jane,11,1235")

    assert keeper.rows("mytable") == {"11": {"mynumber": 1235}}


def test_the_sample_of_a_bulk_file_is_imported(keeper: Keeper) -> None:
    keeper.define("mytable", key="uniqueid", fields=["mynumber:number", "mydate:date", "myfloat:float"])

    done = keeper.bulk(
        "mytable", "email,first_name,uniqueid,mynumber,mydate,myfloat", f"{JANE},Jane,11,1234,1/1/2011,1.1"
    )

    assert done.counts == (1, 0, 0, 0)
    assert keeper.rows("mytable") == {"11": {"mynumber": 1234, "mydate": "2011-01-01", "myfloat": 1.1}}


def test_a_flat_table_needs_no_contact(keeper: Keeper) -> None:
    keeper.define("colours", "flat", key="code", fields=["name"])

    done = keeper.bulk("colours", "code,name", "r,red", "b,blue")
    again = keeper.save("email,colours.code,colours.name", "nobody@domain.com,r,rouge")

    assert (done.counts, again.counts, again.told) == ((2, 0, 0, 0), (0, 1, 0, 0), [])
    assert keeper.owners("colours") == {"r": (None, None), "b": (None, None)}


def orders_and_items(keeper: Keeper) -> None:
    keeper.define("orders", key="orderid:number", fields=["total:float"])
    keeper.define("items", key="itemid", fields=["sku"], to=["orders"])


def test_rows_of_rows_are_written_beside_their_owners(keeper: Keeper) -> None:
    orders_and_items(keeper)

    done = keeper.save(
        "email,items.itemid,items.sku,orders.orderid,orders.total",
        f"{JANE},i1,A,7,12.50",
        f"{JANE},i2,B,7,13",
        f"{BOB},i3,C,8,1",
    )

    assert (done.counts, done.told) == ((5, 0, 0, 0), [])
    assert keeper.owners("items") == {"i1": (JANE, "7"), "i2": (JANE, "7"), "i3": (BOB, "8")}
    assert keeper.rows("orders") == {"7": {"total": 13}, "8": {"total": 1}}


def test_a_bulk_file_names_owning_rows_by_their_key(keeper: Keeper) -> None:
    orders_and_items(keeper)
    keeper.save("email,orders.orderid", f"{JANE},7")

    done = keeper.bulk("items", "orderid,itemid,sku", "007,i1,A", "9,i2,B", ",i3,C", "x,i4,D", ",i1,A2")

    assert done.told == [
        (2, "NO_SUCH_ROW", "orders 9"),
        (3, "NO_SUCH_ROW", "orders"),
        (4, "NO_SUCH_ROW", "orders x"),
    ]
    assert keeper.rows("items") == {"i1": {"sku": "A2"}}
    assert keeper.owners("items") == {"i1": (JANE, "7")}


def test_an_owner_that_comes_later_is_not_there_yet(keeper: Keeper) -> None:
    orders_and_items(keeper)

    done = keeper.save(
        "email,orders.orderid,items.itemid,items.orderid", f"{JANE},1,a,2", f"{JANE},2,b,1", f"{JANE},3,c,3"
    )

    assert done.told == [(1, "NO_SUCH_ROW", "orders 2")]
    assert keeper.owners("items") == {"b": (JANE, "1"), "c": (JANE, "3")}


def test_a_row_may_move_to_another_row_of_the_same_contact(keeper: Keeper) -> None:
    orders_and_items(keeper)
    keeper.save("email,orders.orderid", f"{JANE},1", f"{JANE},2", f"{BOB},3")
    keeper.bulk("items", "itemid,orderid", "a,1")

    moved = keeper.bulk("items", "itemid,orderid", "a,2")
    stolen = keeper.bulk("items", "itemid,orderid", "a,3")
    named = keeper.save("email,items.itemid,items.orderid", f"{BOB},b,1")

    assert (moved.counts, moved.told) == ((0, 1, 0, 0), [])
    assert stolen.told == [(1, "FOREIGN_ROW", "items a")]
    assert named.told == [(1, "FOREIGN_ROW", "orders 1")]
    assert keeper.owners("items") == {"a": (JANE, "2")}


def test_a_join_names_rows_of_flat_tables(keeper: Keeper) -> None:
    orders_and_items(keeper)
    keeper.define("colours", "flat", key="code:number", fields=["name"])
    keeper.define("painted", "join", key="paintid", to=["colours:colour", "orders:order_id"])
    keeper.bulk("colours", "code,name", "1,red", "2,blue")
    keeper.save("email,orders.orderid", f"{JANE},7")

    done = keeper.bulk("painted", "paintid,order_id,colour", "p1,7,01", "p2,7,3", "p3,7,", "p4,7,2")
    keeper.bulk("painted", "paintid,colour", "p1,2", "p4,null")
    beside = keeper.save(
        "email,painted.paintid,orders.orderid,colours.code,colours.name", f"{JANE},p5,8,4,green"
    )

    assert done.told == [(2, "NO_SUCH_ROW", "colours 3")]
    assert beside.told == []
    assert keeper.rows("painted") == {"p1": {"colour": 2}, "p3": {}, "p4": {}, "p5": {"colour": 4}}
    assert keeper.owners("painted")["p5"] == (JANE, "8")


def test_first_names_tell_contacts_of_one_address_apart(keeper: Keeper, room: Room) -> None:
    interests(keeper)
    with room.database.transaction() as connection:
        connection.execute(
            "insert into contacts (account_id, contact_id, email, first_name)"
            " values (%(a)s, 90, 'jane@domain.com', 'Janet')",
            {"a": keeper.account_id},
        )
        connection.execute(
            "insert into identifiers select account_id, k.dedup_key, c.contact_id from contacts c join"
            " (select account_id, dedup_key from contacts where email = 'jane@domain.com'"
            " and dedup_key is not null) k using (account_id)"
            " where c.email = 'jane@domain.com'"
        )

    done = keeper.save(INTERESTS, f"{JANE},janet,1,,", f"{JANE},JANE,2,,", f"{JANE},,3,,", f"{BOB},,4,,")

    assert done.told == [(3, "SEVERAL_CONTACTS", JANE)]
    with room.database.transaction() as connection:
        rows = connection.execute("select row_key, contact_id from relational_rows order by row_key")
        assert [(row["row_key"], row["contact_id"] == 90) for row in rows] == [
            ("1", True),
            ("2", False),
            ("4", False),
        ]


def test_an_account_that_goes_by_customer_keys_names_contacts_by_them(
    room: Room, make_person: MakePerson
) -> None:
    person = make_person("keyed", criterion="reference")
    Sender(room, person).drop("people.csv", PEOPLE)
    keeper = Keeper(room, person)
    interests(keeper)

    done = keeper.bulk("interests", "customer_key,id", "K2,1", "K9,2", ",3")
    by_email = keeper.save("email,interests.id", f"{JANE},4")

    assert done.told == [(2, "NO_SUCH_CONTACT", "K9"), (3, "MISSING_CUSTOMER_KEY", "")]
    assert by_email.told == [(1, "MISSING_FIELD", "customer_key")]
    assert keeper.owners("interests") == {"1": (BOB, None)}


def test_a_row_is_not_touched_when_nothing_of_it_differs(keeper: Keeper, room: Room) -> None:
    interests(keeper)
    keeper.save(INTERESTS, f"{JANE},,1,boating,")
    with room.database.transaction() as connection:
        before = connection.execute("select xmin::text from relational_rows").fetchall()

    keeper.save(INTERESTS, f"{JANE},,1,boating,")
    keeper.save("email,interests.id", f"{JANE},1")

    with room.database.transaction() as connection:
        assert connection.execute("select xmin::text from relational_rows").fetchall() == before
