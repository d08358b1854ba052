"""Two who write the rows of one account at the same time: one after the other, in whatever order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from postroom.drops.room import Room
from postroom.store import relational
from postroom.store.accounts import lock_account
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.conftest import PEOPLE
from tests.integration.ingest.relational.keeper import NOW, Done, Keeper

JANE, BOB = "jane@domain.com", "bob@domain.com"
FIELDS = "email,orders.oid,orders.note"


def test_two_files_of_one_account_leave_what_one_after_the_other_would(keeper: Keeper) -> None:
    keeper.define("orders", key="oid:number", fields=["note"])
    start = Barrier(2)

    def save(email: str) -> list[Done]:
        start.wait()
        return [
            keeper.save(
                FIELDS, *(f"{email},{key},{email} {turn}" for key in range(20)), f"{email},{turn + 100},"
            )
            for turn in range(5)
        ]

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(save, [JANE, BOB]))

    owners = {owner for key, (owner, _) in keeper.owners("orders").items() if int(key) < 20}
    (winner,) = owners
    assert all(keeper.rows("orders")[str(key)] == {"note": f"{winner} 4"} for key in range(20))
    assert (
        sum(each.tally.rows_inserted for files in done for each in files) == len(keeper.rows("orders")) == 25
    )
    assert {each.verdict.value for files in done for file in files for each in file.findings} == {
        "FOREIGN_ROW"
    }


def test_a_contact_that_goes_meanwhile_leaves_no_row(keeper: Keeper, room: Room, shop: Person) -> None:
    keeper.define("orders", key="oid:number", fields=["note"])
    sender = Sender(room, shop)
    start = Barrier(2)

    def save() -> None:
        start.wait()
        for turn in range(5):
            keeper.save(FIELDS, f"{JANE},{turn},", f"{BOB},{turn + 10},")

    def delete() -> None:
        start.wait()
        sender.drop("gone.csv", f"Email\n{JANE}\n", directory="contacts/delete/in")

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(save), pool.submit(delete)]:
            each.result()

    assert set(keeper.owners("orders").values()) == {(BOB, None)}
    assert len(keeper.rows("orders")) == 5


def test_a_table_is_not_deleted_under_a_file(keeper: Keeper, room: Room) -> None:
    keeper.define("orders", key="oid:number", fields=["note"])
    started = Barrier(2)

    def delete() -> int:
        with room.database.transaction() as connection:
            lock_account(connection, keeper.account_id)
            started.wait()
            table = relational.table_named(connection, keeper.account_id, "orders")
            return relational.delete_table(connection, keeper.account_id, table, now=NOW)

    def save() -> Done:
        started.wait()
        return keeper.save(FIELDS, f"{JANE},1,")

    with ThreadPoolExecutor(2) as pool:
        gone, done = pool.submit(delete), pool.submit(save)

        assert gone.result() == 0
        assert done.result().told == [(1, "NO_SUCH_TABLE", "orders")]


def test_two_accounts_have_tables_of_one_name(keeper: Keeper, room: Room, make_person: MakePerson) -> None:
    other = make_person("other", criterion="email")
    Sender(room, other).drop("people.csv", PEOPLE)
    keepers = [keeper, Keeper(room, other)]
    for each in keepers:
        each.define("orders", key="oid:number", fields=["note"])

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda each: each.save(FIELDS, f"{JANE},1,of {each.account_id}"), keepers))

    assert [each.counts for each in done] == [(1, 0, 0, 0)] * 2
    assert [each.rows("orders") for each in keepers] == [
        {"1": {"note": f"of {each.account_id}"}} for each in keepers
    ]
