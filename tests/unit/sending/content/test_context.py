"""What a template sees of a person, and what it may spend."""

from __future__ import annotations

import pytest
from liquid import Environment
from liquid.exceptions import LiquidValueError
from liquid.undefined import Undefined

from postroom.sending.content.context import (
    Buffer,
    Fields,
    NoValueError,
    OwnLink,
    TooMuchError,
    fields_of,
    text_of,
)
from postroom.sending.content.language import LANGUAGE
from postroom.sending.content.models import Around, Person
from tests.unit.sending.content.making import AROUND, BARE, bob


def seen(person: Person, around: Around = BARE, **defaults: str) -> Fields:
    return fields_of(person, around, defaults)


def test_fields_without_value_are_not_there() -> None:
    found = seen(bob({"city": None, "state": ""}))

    assert "city" not in found
    assert "state" not in found
    with pytest.raises(KeyError):
        found["city"]


def test_a_default_stands_where_there_is_no_value() -> None:
    found = seen(bob({"city": None, "state": "Rhône"}), city="ici", state="là")

    assert (found["city"], found["state"]) == ("ici", "Rhône")


def test_fields_are_found_by_any_name() -> None:
    found = seen(bob())

    assert found["firstName"] == found["FIRST"] == found["first_name"] == "Bob"
    with pytest.raises(KeyError):
        found["nobody"]


def test_blocks_of_rows_stand_beside_the_fields() -> None:
    found = seen(bob(duties=[{"duty": "Dishes", "day": ""}], first_name=[{"a": "b"}]))

    assert found["duties"] == [{"duty": "Dishes"}]
    assert found["first_name"] == "Bob"
    assert found["items"] == {"duties": [{"duty": "Dishes"}], "first_name": [{"a": "b"}]}


def test_our_links_are_there_when_there_are_any() -> None:
    found = seen(bob(), AROUND)

    assert isinstance(found["OPTOUTLINK"], OwnLink)
    assert found["optoutlink"] == AROUND.optout
    assert found["PreferencesLink"] == AROUND.preferences
    assert "OPTOUTLINK" not in seen(bob())


def test_no_contact_can_bring_a_link_of_ours() -> None:
    found = seen(bob({"OPTOUTLINK": "https://evil.example/"}), AROUND)

    assert found["OPTOUTLINK"] == AROUND.optout


@pytest.mark.parametrize("field", ["first_name", "last_name", "civility"])
def test_advertising_in_a_name_is_no_name(field: str) -> None:
    person = bob({field: "Visit https://evil.example"})

    assert field not in seen(person)
    assert fields_of(person, BARE, {field: "toi"})[field] == "toi"


def test_a_company_may_be_called_like_its_pages() -> None:
    assert seen(bob({"company": "shop.com"}))["company"] == "shop.com"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (7.5, "7.5"),
        (["a", 1, None], "a1"),
    ],
)
def test_values_are_shown(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [{"a": "b"}, range(3), object()])
def test_what_is_no_text_is_not_shown(value: object) -> None:
    with pytest.raises(LiquidValueError):
        text_of(value)


def test_what_has_no_value_says_its_name() -> None:
    for undefined, said in (
        (Undefined("city"), "city has no value"),
        (Undefined("row", hint="row.duty is undefined"), "row.duty has no value"),
        (Undefined("x", hint="'x' is undefined"), "x has no value"),
    ):
        with pytest.raises(NoValueError) as missing:
            text_of(undefined)
        assert missing.value.message == said


def test_a_buffer_takes_so_much_and_no_more() -> None:
    buffer = Buffer(most=5)

    assert (buffer.write("abc"), buffer.write(""), buffer.write("de")) == (3, 0, 2)
    assert buffer.getvalue() == "abcde"
    with pytest.raises(TooMuchError):
        buffer.write("f")


def test_the_library_has_no_tag_that_loads_anything() -> None:
    usual = set(Environment().tags)
    assert {"include", "render", "liquid", "capture", "increment", "echo"} <= usual - set(LANGUAGE.tags)
