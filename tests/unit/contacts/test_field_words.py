"""Which field somebody meant by a name that is none."""

from __future__ import annotations

import pytest

from postroom.contacts.custom_fields import CustomColumn, FieldType
from postroom.contacts.field_words import did_you_mean, meant_field
from postroom.contacts.settings import AccountSettings

SETTINGS = AccountSettings(custom={"extra01": CustomColumn("Shoe size", FieldType.NUMBER)})


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("first_nam", "first_name"),
        ("Prénom", "first_name"),
        ("ville", "city"),
        ("code_postal", "zipcode"),
        ("frist_name", "first_name"),
        ("Shoe size", "custom_Shoe size"),
        ("custom_shoesize", "custom_Shoe size"),
        ("duty", None),
        ("x", None),
    ],
)
def test_a_word_or_a_slip_of_the_pen_leads_to_the_field(name: str, field: str | None) -> None:
    assert meant_field(name, SETTINGS) == field


def test_it_is_said_only_where_there_is_one() -> None:
    assert did_you_mean("ville", SETTINGS) == " (did you mean city?)"
    assert did_you_mean("foo", SETTINGS) == ""
