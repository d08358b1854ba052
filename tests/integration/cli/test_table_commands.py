"""Relational tables from the terminal."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.keeper import Keeper

COMMANDS = Path(__file__).parents[3] / "docs" / "commands.md"


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Person:
    """Return an account that goes by e-mail and has two contacts."""
    person = make_person("acme", criterion="email")
    Sender(room, person).drop("people.csv", "Email\njane@domain.com\nbob@domain.com\n")
    return person


def documented() -> list[list[str]]:
    """Return the examples of the reference: the lines that name an account, typed as they stand."""
    section = COMMANDS.read_text(encoding="utf-8").split("## Relational tables\n")[1].split("\n## ")[0]
    typed = re.findall(r"^    postroom (table \w[\w-]* acme .*)$", section, re.MULTILINE)
    return [shlex.split(line) for line in typed]


def test_the_examples_of_the_reference_make_an_active_table(
    terminal: Terminal, room: Room, acme: Person
) -> None:
    for example in documented():
        terminal.run(*example)

    found = terminal.json("table", "show", "acme", "INTERESTS")
    assert (found["name"], found["kind"], found["state"], found["may_clear"]) == (
        "interests",
        "regular",
        "active",
        True,
    )
    assert found["fields"] == [
        {"name": "id", "type": "number", "length": None, "unique": True, "active": True},
        {"name": "category", "type": "string", "length": 40, "unique": False, "active": True},
    ]
    assert found["foreign_keys"] == [{"table": None, "column": None, "owning": True}]
    assert found["rows"] == 0
    assert len(documented()) == 5


def test_tables_are_listed(terminal: Terminal, room: Room, acme: Person) -> None:
    assert "has no relational table" in terminal.run("table", "list", "acme")
    Keeper(room, acme).define("orders", key="oid:number", fields=["total:float"])

    assert "orders" in terminal.run("table", "list", "acme")
    (listed,) = terminal.json("table", "list", "acme")
    assert listed == {
        name: value
        for name, value in terminal.json("table", "show", "acme", "orders").items()
        if name != "rows"
    }


def test_rows_are_shown_with_their_columns(terminal: Terminal, room: Room, acme: Person) -> None:
    keeper = Keeper(room, acme)
    keeper.define("orders", key="oid:number", fields=["total:float"])
    keeper.define("items", key="iid", fields=["sku"], to=["orders:order"])
    keeper.save(
        "email,orders.oid,orders.total,items.iid,items.sku",
        "jane@domain.com,7,12.50,i1,A",
        "bob@domain.com,8,,i2,",
    )
    (jane,) = (contact for contact, email in keeper.emails().items() if email == "jane@domain.com")

    orders = terminal.json("table", "rows", "acme", "orders")
    items = terminal.json("table", "rows", "acme", "items", "--contact", str(jane))

    assert [row["values"] for row in orders] == [{"oid": 7, "total": 12.5}, {"oid": 8}]
    assert [(row["contact_id"], row["values"]) for row in items] == [
        (jane, {"iid": "i1", "order": 7, "sku": "A"})
    ]
    assert terminal.json("table", "rows", "acme", "items", "--key", "i2")[0]["values"]["order"] == 8
    header, first, rest = terminal.run("table", "rows", "acme", "orders", "--limit", "1").splitlines()
    assert (header.split(), first.split()[1:]) == (["Contact", "oid", "total"], ["7", "12.5"])
    assert rest == "… and 1 more (--limit N shows more)."
    assert "no such row" in terminal.run("table", "rows", "acme", "items", "--key", "i9")


def test_a_join_says_what_it_joins(terminal: Terminal, room: Room, acme: Person) -> None:
    keeper = Keeper(room, acme)
    keeper.define("orders", key="oid")
    keeper.define("colours", "flat", key="code")
    terminal.run("table", "create", "acme", "painted", "--kind", "join")
    terminal.run("table", "field", "acme", "painted", "pid", "string", "--unique")
    terminal.run("table", "foreign-key", "acme", "painted", "--to", "colours", "--column", "colour")
    shown = terminal.run("table", "foreign-key", "acme", "painted", "--to", "orders")
    terminal.run("table", "activate", "acme", "painted")

    assert "orders by oid" in shown
    assert "colours by colour" in shown


def test_a_field_is_switched_off_and_on(terminal: Terminal, room: Room, acme: Person) -> None:
    keeper = Keeper(room, acme)
    keeper.define("orders", key="oid", fields=["note"])

    off = terminal.json("table", "switch", "acme", "orders", "NOTE", "--off")
    passed_over = keeper.save("email,orders.oid,orders.note", "jane@domain.com,1,hello")
    on = terminal.json("table", "switch", "acme", "orders", "note", "--on")

    assert ([each["active"] for each in off["fields"]], on["fields"][1]["active"]) == ([True, False], True)
    assert passed_over.told == [(1, "UNKNOWN_FIELD", "orders.note")]


def test_a_closed_table_takes_nothing(terminal: Terminal, room: Room, acme: Person) -> None:
    keeper = Keeper(room, acme)
    keeper.define("orders", key="oid")

    terminal.run("table", "deactivate", "acme", "orders")
    closed = keeper.save("email,orders.oid", "jane@domain.com,1")
    terminal.run("table", "activate", "acme", "orders")
    opened = keeper.save("email,orders.oid", "jane@domain.com,1")

    assert (closed.counts, closed.told) == ((0, 0, 0, 0), [(1, "TABLE_NOT_ACTIVE", "orders")])
    assert opened.counts == (1, 0, 0, 0)


def test_tables_are_cleared_and_deleted(terminal: Terminal, room: Room, acme: Person) -> None:
    keeper = Keeper(room, acme)
    keeper.define("orders", key="oid", may_clear=False)
    keeper.save("email,orders.oid", "jane@domain.com,1", "bob@domain.com,2")

    assert terminal.json("table", "clear", "acme", "orders") == {"table": "orders", "rows": 2}
    keeper.save("email,orders.oid", "jane@domain.com,1")
    assert terminal.run("table", "delete", "acme", "orders") == "orders is deleted: 1 rows are gone.\n"
    assert terminal.error("table", "show", "acme", "orders") == (3, "NO_TABLE")


@pytest.mark.parametrize(
    ("words", "failure"),
    [
        ("create acme orders", (5, "TABLE_EXISTS")),
        ("create acme two.words", (2, "BAD_NAME")),
        ("create acme fine --description a;b", (2, "BAD_DESCRIPTION")),
        ("create nobody fine", (3, "NO_ACCOUNT")),
        ("field acme orders OID number", (2, "FIELD_EXISTS")),
        ("field acme orders other number --unique", (2, "UNIQUE_EXISTS")),
        ("field acme orders email string", (2, "BAD_NAME")),
        ("field acme orders note text", (2, "BAD_TYPE")),
        ("field acme orders note string(0)", (2, "BAD_LENGTH")),
        ("switch acme orders oid --off", (2, "UNIQUE_FIELD")),
        ("switch acme orders none --on", (3, "NO_FIELD")),
        ("foreign-key acme orders", (2, "BAD_FOREIGN_KEY")),
        ("foreign-key acme items --to none", (3, "NO_TABLE")),
        ("activate acme items", (2, "NO_FOREIGN_KEY")),
        ("deactivate acme items", (2, "TABLE_PENDING")),
    ],
)
def test_what_cannot_be_says_why(
    terminal: Terminal, room: Room, acme: Person, words: str, failure: tuple[int, str]
) -> None:
    keeper = Keeper(room, acme)
    keeper.define("orders", key="oid")
    keeper.define("items", key="iid", to=[], active=False)

    assert terminal.error("table", *words.split()) == failure


def test_rows_do_not_own_each_other_in_a_circle(terminal: Terminal, room: Room, acme: Person) -> None:
    keeper = Keeper(room, acme)
    keeper.define("a", key="aid", to=[], active=False)
    keeper.define("b", key="bid", to=["a"])

    assert terminal.error("table", "foreign-key", "acme", "a", "--to", "b") == (2, "BAD_FOREIGN_KEY")


def test_a_foreign_key_comes_before_the_first_row(terminal: Terminal, room: Room, acme: Person) -> None:
    keeper = Keeper(room, acme)
    keeper.define("orders", key="oid")
    keeper.define("colours", "flat", key="code")
    keeper.define("shapes", "flat", key="shape")
    keeper.define("painted", "join", key="pid", to=["colours", "orders"])

    assert terminal.error("table", "foreign-key", "acme", "painted", "--to", "shapes") == (2, "NOT_PENDING")
