"""Each page of docs/folders does what it says: its files are dropped in order, and answered as it tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from postroom.contacts.batches import Action
from postroom.dialects.folders import tree
from postroom.drops.room import Room
from postroom.store.drops import Drop
from tests.acceptance.test_docs import FENCE, rows
from tests.architecture.source_tree import REPOSITORY
from tests.conftest import MakePerson, Person
from tests.integration.drops.dispatching import mean
from tests.integration.drops.sender import Sender

FOLDERS = REPOSITORY / "docs" / "folders"
PAGES = sorted(FOLDERS.glob("*.md"))
COUNTS = {
    "added to the list": "added_to_list",
    "removed from the list": "removed_from_list",
    "opted out": "opted_out",
    "opted in": "opted_in",
    "of no contact": "unknown",
}
"""What a page calls a count, where that differs from its name."""


@dataclass(frozen=True)
class Example:
    """A fence of a page: where its file stands, the markers beside it, its text, the counts told below it."""

    directory: str
    name: str
    markers: list[str]
    text: str
    counts: dict[str, int]

    @property
    def is_sent(self) -> bool:
        return self.directory.endswith("/in")


def examples(page: Path) -> Iterator[Example]:
    text = page.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        words = fence["info"].split()[1:]
        if words and words[0].startswith("/"):
            directory, _, name = words[0].strip("/").rpartition("/")
            yield Example(directory, name, words[1:], fence["body"], _counts(text[fence.end() :]))


def _counts(text: str) -> dict[str, int]:
    paragraph = text.lstrip("\n").split("\n\n", 1)[0]
    if not re.match(r"\| lines ", paragraph):
        return {}
    header, numbers = rows(paragraph)
    return {COUNTS.get(name, name): int(number) for name, number in zip(header, numbers, strict=True)}


def send(sender: Sender, example: Example) -> Drop:
    for marker in sender.names(tree.MARKER_DIRECTORY):
        sender.unmark(marker)
    for marker in example.markers:
        sender.mark(marker)
    drop = sender.drop(example.name, example.text, directory=example.directory)
    assert drop.outcome is not None
    counts = drop.outcome["counts"]
    assert {name: counts[name] for name in example.counts} == example.counts
    return drop


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_files_of_a_page_are_answered_as_it_says(
    room: Room, make_person: MakePerson, alice: Person, page: Path
) -> None:
    sender, drop = Sender(room, alice), None
    if page.stem == "dispatch":
        mean(room, alice, AO201=alice, AO360=make_person("bob"))

    for example in examples(page):
        if example.is_sent:
            drop = send(sender, example)
        else:
            assert drop is not None
            report = f"{tree.on_name(drop.prefix or 0, drop.name)}{example.name.removeprefix('…')}"
            assert sender.read(example.directory, report) == example.text


def test_every_action_has_an_example() -> None:
    sent = {example.directory for page in PAGES for example in examples(page) if example.is_sent}

    assert sent == {tree.directory_of(action, "in") for action in Action}


def test_the_senders_guide_leads_to_every_page() -> None:
    guide = (REPOSITORY / "docs" / "senders.md").read_text(encoding="utf-8")

    assert [page.name for page in PAGES if f"(folders/{page.name})" not in guide] == []
