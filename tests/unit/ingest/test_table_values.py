"""Columns of typed values are read as the law reads each of them."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.contacts.table_values import as_json, typed
from postroom.contacts.tables import Field, FieldType
from postroom.contacts.verdicts import Verdict
from postroom.ingest.relational.values import Typist, erasing, pieces

NUMBERS = st.from_regex(r"\A ?[+-]?[0-9]{0,20}(\.[0-9]{0,4})?([eE][+-]?[0-9]{1,3})?\Z")
DAYS = st.from_regex(r"\A([0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})\Z")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=14) | st.sampled_from(
    [
        "",
        "null",
        "NULL",
        " null",
        "nuLl",
        "0",
        "-0",
        "-0.5",
        "0.10",
        '"',
        "\\",
        "é" * 5,
        "é" * 6,
        "\x00",
        "\u2028",
    ]
)
FIELDS = [Field("aName", type_, 5 if type_ is FieldType.STRING else None) for type_ in FieldType]


@settings(max_examples=300)
@given(st.sampled_from(FIELDS), st.lists(NUMBERS | DAYS | TEXTS, max_size=8))
def test_a_column_is_read_as_the_law_reads_it(field: Field, cells: list[str]) -> None:
    found = Typist().read(pl.Series("a", cells, dtype=pl.String), field)

    for place, cell in enumerate(cells):
        erases = cell.lower() == "null"
        law = None if erases else typed(field, cell)
        assert found.erased[place] == erases, cell
        assert found.wrong[place] == isinstance(law, Verdict), cell
        assert found.values[place] == (None if isinstance(law, Verdict) else law), cell


@settings(max_examples=200)
@given(st.sampled_from(FIELDS), st.lists(NUMBERS | DAYS | TEXTS, max_size=8))
def test_pieces_are_members_of_json_objects(field: Field, cells: list[str]) -> None:
    found = Typist().read(pl.Series("a", cells, dtype=pl.String), field)

    for value, erased, piece in zip(
        found.values, found.erased, pieces(found, field.name, field), strict=True
    ):
        if erased:
            assert piece == erasing(field.name)
        elif value is None:
            assert piece is None
        else:
            assert json.loads("{" + piece + "}") == {"aname": json.loads(as_json(field, value))}


@pytest.mark.parametrize("cells", [[], [""], ["", "null"]])
@pytest.mark.parametrize("field", FIELDS)
def test_columns_that_say_nothing_are_no_trouble(field: Field, cells: list[str]) -> None:
    found = Typist().read(pl.Series("a", cells, dtype=pl.String), field)

    assert found.values.null_count() == len(cells)
    assert not found.wrong.any()


def test_programs_may_say_null_and_mean_it() -> None:
    (field,) = (each for each in FIELDS if each.type is FieldType.STRING)

    found = Typist("\x00").read(pl.Series("a", ["null", "\x00", "a"]), field)

    assert found.values.to_list() == ["null", None, "a"]
    assert found.erased.to_list() == [False, True, False]
