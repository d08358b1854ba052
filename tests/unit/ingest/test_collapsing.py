"""The twin that collapses rows of one frame says what the law says."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.rows import NormalisedRow, collapse
from postroom.ingest.collapsing import collapsed

FIELDS = ("first_name", "email")
SCHEMA = {
    "line": pl.Int64,
    "dedup_key": pl.String,
    "first_name": pl.String,
    "email": pl.String,
    "digest": pl.Int64,
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "dedup_key": st.sampled_from([None, "k1", "k2"]),
            "first_name": st.sampled_from([None, "Alice", "Bob"]),
            "email": st.sampled_from([None, "a@example.com", "b@example.com"]),
        }
    ),
    max_size=8,
)


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    numbered = [{**row, "line": line, "digest": line} for line, row in enumerate(rows, start=2)]
    return pl.DataFrame(numbered, schema=SCHEMA)


def by_law(rows: list[dict[str, Any]], *, erasing: bool) -> dict[object, dict[str, Any]]:
    groups: dict[object, list[NormalisedRow]] = {}
    for line, row in enumerate(rows, start=2):
        values = {field: row[field] for field in FIELDS}
        groups.setdefault(row["dedup_key"] or line, []).append(NormalisedRow(values, None, None, ()))
    erase = frozenset(FIELDS) if erasing else frozenset[str]()
    return {key: dict(collapse(group, erase)) for key, group in groups.items()}


@pytest.mark.parametrize("erasing", [False, True])
@given(rows=ROWS)
def test_rows_of_one_key_amount_to_what_the_law_says(*, erasing: bool, rows: list[dict[str, Any]]) -> None:
    single = collapsed(frame_of(rows), FIELDS, erasing=erasing)

    found = {row["dedup_key"] or row["line"]: {f: row[f] for f in FIELDS} for row in single.to_dicts()}
    assert found == by_law(rows, erasing=erasing)


def test_a_collapsed_row_has_no_digest_and_a_lone_one_keeps_its_own() -> None:
    rows = [{"dedup_key": key, "first_name": None, "email": None} for key in ("k1", "k2", "k1")]

    single = collapsed(frame_of(rows), FIELDS, erasing=False)

    assert dict(single.select("dedup_key", "digest").iter_rows()) == {"k1": None, "k2": 3}


def test_a_collapsed_row_stands_at_its_last_line() -> None:
    rows = [{"dedup_key": "k1", "first_name": name, "email": None} for name in ("Alice", "Bob")]

    single = collapsed(frame_of(rows), FIELDS, erasing=False)

    assert single["line"].to_list() == [3]
