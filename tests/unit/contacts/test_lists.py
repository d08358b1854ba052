from __future__ import annotations

import pytest

from postroom.contacts.errors import Refused
from postroom.contacts.lists import ListChanges, list_description, list_name


def test_a_name_loses_its_accidents() -> None:
    assert list_name(" Cli\x00ents\r\nde\u0301loge\u0301s\ufeff") == "Clients délogés"


def test_a_name_has_255_characters_at_the_most() -> None:
    assert list_name("é" * 255) == "é" * 255
    with pytest.raises(Refused, match="at most 255 characters, this one has 256"):
        list_name("é" * 256)


@pytest.mark.parametrize("raw", [None, "", " ", "\u200b\n"])
def test_a_description_may_be_empty(raw: str | None) -> None:
    assert list_description(raw) is None


@pytest.mark.parametrize("raw", [1, True, [], {}, b"text"])
def test_what_is_no_text_is_refused(raw: object) -> None:
    with pytest.raises(Refused, match="must be text"):
        list_description(raw)


def test_changes_say_what_is_to_be_changed_and_nothing_else() -> None:
    assert ListChanges.read({"name": "A"}) == ListChanges(name="A")
    assert ListChanges.read({"description": ""}) == ListChanges(describes=True)
    assert ListChanges.read({"name": "A", "description": "B"}) == ListChanges("A", True, "B")


def test_what_no_list_has_cannot_be_changed() -> None:
    with pytest.raises(Refused, match="not colour, stats") as refused:
        ListChanges.read({"stats": {}, "name": "A", "colour": "red"})

    assert refused.value.details == {"properties": ["colour", "stats"]}
