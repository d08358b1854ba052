"""docs/sending.md names what a channel needs of a contact, and what may be asked for."""

from __future__ import annotations

import re

from postroom.contacts.channels import MESSAGE_CHANNELS
from postroom.contacts.partners import Network
from tests.acceptance.test_docs import page

PAGE = "docs/sending.md"


def cells(row: str) -> tuple[list[str], list[str]]:
    """Return the words in code of the two cells of a row."""
    first, second = row.strip("|").split("|")[:2]
    return re.findall(r"`(.*?)`", first), re.findall(r"`(.*?)`", second)


def test_each_channel_of_messages_is_beside_the_field_that_it_needs() -> None:
    table = page(PAGE).split("| channel | field |\n|---|---|\n", 1)[1].split("\n\n", 1)[0]
    needs = {
        channel: fields[0]
        for channels, fields in map(cells, table.splitlines())
        for channel in channels
        if fields
    }

    assert {channel.value: needs[channel] for channel in MESSAGE_CHANNELS} == {
        channel.value: channel.address_field for channel in MESSAGE_CHANNELS
    }


def test_every_network_of_audiences_is_named() -> None:
    (row,) = [line for line in page(PAGE).splitlines() if line.startswith("| `audienceId`")]

    assert [name for name in Network if f"`{name}`" not in row] == []
