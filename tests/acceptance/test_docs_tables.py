"""docs/tables.md keeps its word: its tables can be defined as written, its files do what it says."""

from __future__ import annotations

import io
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from postroom.contacts.commands import Finding
from postroom.contacts.tables import OWNER_FIELDS
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.reading import open_batch
from postroom.drops.room import Room
from tests.acceptance.test_docs import FENCE, page, rows
from tests.conftest import MakePerson, Person
from tests.integration.cli.conftest import as_url
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.keeper import Done, Keeper

PAGE = "docs/tables.md"
PEOPLE = "Email;Prénom\njane@domain.com;Jane\nbob@domain.com;Bob\n"


@dataclass(frozen=True)
class Sample:
    """A file of the page, and the numbers below it."""

    name: str
    text: str
    counts: tuple[int, ...]


def samples() -> list[Sample]:
    text = page(PAGE)
    found = []
    for fence in FENCE.finditer(text):
        table = list(rows(text[fence.end() :].lstrip("\n").split("\n\n", 1)[0]))
        found.append(Sample(str(fence["info"]), fence["body"], tuple(map(int, table[1]))))
    return found


def run_file(keeper: Keeper, sample: Sample) -> Done:
    """Read a file as a deposited one is, and do what it asks."""
    batch = open_batch(io.BytesIO(sample.text.encode()), sample.name)
    assert not batch.notes
    steps = list(batch.steps)
    assert not any(isinstance(step, Finding) for step in steps), steps
    return keeper.run(*(step for step in steps if not isinstance(step, Finding)), header=batch.header)


def defined(terminal: Terminal) -> int:
    """Type the commands of the page; return how many there are."""
    typed = re.findall(r"^    postroom (.+)$", page(PAGE), re.MULTILINE)
    for line in typed:
        terminal.run(*shlex.split(line))
    return len(typed)


def shop(room: Room, make_person: MakePerson) -> Person:
    person = make_person("acme", criterion="email")
    Sender(room, person).drop("people.csv", PEOPLE)
    return person


def test_the_tables_of_the_page_are_filled_by_its_files(
    room: Room, make_person: MakePerson, database_url: str, tmp_path: Path
) -> None:
    keeper = Keeper(room, shop(room, make_person))
    assert defined(Terminal(tmp_path, as_url(database_url))) == 20

    told = {}
    for sample in samples():
        done = run_file(keeper, sample)
        assert done.counts == sample.counts, sample.name
        told[sample.name] = [(verdict, value) for _line, verdict, value in done.told]

    assert told == {
        "orders.dat": [],
        "items.csv": [("NO_SUCH_ROW", "orders 9")],
        "colours.csv": [],
        "gone.dat": [("FOREIGN_ROW", "orders 1")],
    }
    assert keeper.rows("orders") == {"1": {"total": 12.5, "day": "2019-03-27"}}
    assert keeper.rows("items") == {"i1": {"sku": "boat"}, "i2": {}, "i3": {"sku": "oar"}}


def test_the_samples_come_to_the_same_record_by_record(room: Room, make_person: MakePerson) -> None:
    keeper = Keeper(room, shop(room, make_person))
    keeper.define("orders", key="orderid:number", fields=["total:float", "day:date"])
    keeper.define("items", key="itemid", fields=["sku"], to=["orders"])
    orders = samples()[0]
    whole = run_file(keeper, orders)

    again = run_file(keeper, replace(orders, text=orders.text.replace("12.50", "13")))

    assert (whole.counts, again.counts) == (orders.counts, (0, 1, 0, 0))


def test_every_verdict_about_rows_is_explained() -> None:
    text = page(PAGE)
    explained = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", text))

    assert explained <= {each.value for each in Verdict}
    assert {
        "NO_SUCH_ROW",
        "FOREIGN_ROW",
        "MISSING_UNIQUE",
        "CLEARING_FORBIDDEN",
        "TABLE_NOT_ACTIVE",
    } <= explained


def test_the_names_that_no_field_may_have_are_told() -> None:
    text = page(PAGE)

    assert [name for name in OWNER_FIELDS if f"`{name}`" not in text] == []
