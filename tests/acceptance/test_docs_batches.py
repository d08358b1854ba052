"""docs/batches.md keeps its word: its files, processed in order, do what it says; nothing is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from postroom.contacts.reasons import LANGUAGES
from postroom.contacts.verdicts import Verdict, verdict_text
from postroom.dialects.batches import elements, header, lines, records, vocabulary, xml_text
from postroom.drops.room import Room
from postroom.store.drops import Drop
from tests.acceptance.test_docs import FENCE, page, row_of, rows
from tests.conftest import MakePerson
from tests.integration.drops.batching import Realm, make_realm
from tests.integration.ingest.commands.batches import make_templates
from tests.integration.ingest.relational.keeper import Keeper

PASSWORD = "s3cret-of-acme"
LISTS = 5


@dataclass(frozen=True)
class Example:
    """A file of the page, the numbers told below it, and what is remarked on, in the order of the page."""

    name: str
    text: str
    counts: dict[str, int]
    remarks: list[list[str]]


def guide() -> str:
    return page("docs/batches.md")


def section(title: str) -> str:
    return re.split(r"\n##+ ", guide().split(f"# {title}\n", 1)[1])[0]


def examples() -> Iterator[Example]:
    text = guide()
    for fence in FENCE.finditer(text):
        words = fence["info"].split()[1:]
        if words:
            yield Example(words[0], fence["body"], *_told_after(text[fence.end() :]))


def _told_after(text: str) -> tuple[dict[str, int], list[list[str]]]:
    counts: dict[str, int] = {}
    remarks: list[list[str]] = []
    for paragraph in text.lstrip("\n").split("\n\n")[:2]:
        if paragraph.startswith("| commands "):
            names, numbers = rows(paragraph)
            counts = dict(zip(names, map(int, numbers), strict=True))
        elif paragraph.startswith("| line "):
            _, *remarks = rows(paragraph)
        else:
            break
    return counts, remarks


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Realm:
    realm = make_realm(room, make_person, "acme", language="en")
    assert [realm.new_list(f"list {number}") for number in range(1, LISTS + 1)][-1] == LISTS
    Keeper(room, realm.sender.person).define("interests", fields=["category"])
    with room.database.transaction() as connection:
        make_templates(connection, realm.account_id, [456])
    return realm


def done(acme: Realm, example: Example) -> Drop:
    drop = acme.send(example.name, example.text.replace(PASSWORD, acme.password).encode())
    assert drop.state == "applied", drop.outcome
    return drop


def test_the_files_of_the_page_do_what_it_says(acme: Realm) -> None:
    for example in examples():
        drop = done(acme, example)

        assert drop.outcome is not None
        batch = drop.outcome["batch"]
        told = {name: batch["tally"][name.replace(" ", "_")] for name in example.counts}
        failed = [
            [str(each["line"]), str(each["record"] or ""), each["code"], each["value"]]
            for each in batch["findings"]
            if each["failed"]
        ]
        assert (example.name, told, failed) == (example.name, example.counts, example.remarks)


def test_every_kind_of_file_has_an_example() -> None:
    assert {example.name.rpartition(".")[2] for example in examples()} == {"dat", "xml", "csv"}


def test_every_key_of_a_header_is_on_the_page() -> None:
    text = section("The header")

    for key in header.IN_DAT | header.IN_CSV:
        assert f"`{key}`" in text or key == "force_subscribe", key
    assert "`<force_subscribe>`" in text


def test_every_command_is_on_the_page_with_its_arguments() -> None:
    text = section("The commands")

    for name, rule in vocabulary.IN_DAT.items():
        assert f"`{name}`" in text
        if rule.kind not in vocabulary.BLOCKS:
            assert [each for each in (*rule.required, *rule.optional) if f"`{each}`" not in text] == []


def test_every_code_is_on_the_page_in_both_languages() -> None:
    text = section("Every code")

    for verdict in Verdict:
        assert row_of(text, verdict.value)[1:] == [verdict_text(verdict, each, "…") for each in LANGUAGES]


def test_every_limit_is_on_the_page() -> None:
    text = section("Limits of batches")
    limits = (
        lines.MAX_LINE_BYTES,
        lines.MAX_RECORD_BYTES,
        lines.MAX_HEADER_LINE_BYTES,
        records.MAX_FIELDS,
        records.MAX_NAME_CHARACTERS,
        header.MAX_LINES,
        header.MAX_CONFIRMATION_CHARACTERS,
        header.MAX_ADDRESSES,
        elements.MAX_ELEMENT_BYTES,
        xml_text.MAX_PROLOG_CHARACTERS,
    )

    assert [limit for limit in limits if not re.search(rf"\b{limit:,}\b", text)] == []
