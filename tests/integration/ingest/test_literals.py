"""Whatever text a cell holds reaches PostgreSQL as it is, by COPY and by array literal."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from postroom.ingest.literals import array, csv_blocks
from postroom.store.database import Database

TEXTS = st.lists(
    st.none()
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)
    | st.sampled_from(
        ['"', "\\", '\\"', "NULL", "null", "{a,b}", ",", "\\.", "a\nb", " ", "'; drop table contacts; --"]
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
def test_an_array_literal_holds_the_very_texts(database: Database, texts: list[str | None]) -> None:
    literal = array(pl.Series(texts, dtype=pl.String))

    with database.transaction() as connection:
        row = connection.execute("select %(literal)s::text[] as texts", {"literal": literal}).fetchone()

    assert row is not None
    assert row["texts"] == texts


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
def test_copied_csv_holds_the_very_texts(database: Database, texts: list[str | None]) -> None:
    rows = pl.DataFrame({"n": range(len(texts)), "v": pl.Series(texts, dtype=pl.String)})

    with database.transaction() as connection:
        connection.execute("create temporary table copied (n int, v text) on commit drop")
        with (
            connection.cursor() as cursor,
            cursor.copy(sql.SQL("copy copied from stdin (format csv)")) as copy,
        ):
            for block in csv_blocks(rows):
                copy.write(block)
        found = connection.execute("select v from copied order by n").fetchall()

    assert [row["v"] for row in found] == texts


@pytest.mark.parametrize("dtype", [pl.Int32, pl.Int64])
def test_numbers_and_nulls_become_an_array(dtype: pl.DataType) -> None:
    assert array(pl.Series([1, None, -3], dtype=dtype)) == "{1,NULL,-3}"


def test_dates_become_an_array() -> None:
    assert array(pl.Series(["1980-02-01", None]).str.to_date()) == "{1980-02-01,NULL}"


def test_nothing_becomes_an_empty_array() -> None:
    assert array(pl.Series([], dtype=pl.Int64)) == "{}"
