from __future__ import annotations

import polars as pl

from postroom.contacts.criteria import Criterion, identifiers
from postroom.ingest.meeting import Acquaintances, RowReader

Row = dict[str, str | None]


def hexes(**values: str | None) -> list[str | None]:
    return [each.hex if each else None for each in identifiers(Criterion.TRIPLET, values)]


def frame(*rows: Row) -> pl.DataFrame:
    told = [
        {f"identifier_{n}": each for n, each in enumerate(hexes(**row))}
        | {**dict.fromkeys(("email", "mobile")), **row}
        for row in rows
    ]
    return pl.DataFrame(
        told, infer_schema_length=None, schema_overrides={"email": pl.String, "mobile": pl.String}
    )


def reader(*contacts: Row, erasing: bool = False) -> RowReader:
    """Return a reader of rows that may meet `contacts`, numbered 1, 2, …."""
    numbered = dict(enumerate(contacts, start=1))
    owned = [(each, number) for number, values in numbered.items() for each in hexes(**values) if each]
    schema = {"identifier": pl.String, "contact_id": pl.Int64}
    known = Acquaintances(pl.DataFrame(owned, schema=schema, orient="row"))
    return RowReader(known, numbered, Criterion.TRIPLET, erasing=erasing)


def test_a_row_meets_whoever_has_one_of_its_identifiers() -> None:
    reading = reader({"email": "a@x", "mobile": "1"}, {"email": "b@x", "mobile": "2"})

    assert reading.read(frame({"email": "c@x", "mobile": "1"}, {"email": "b@x", "mobile": None})) == [1, 2]


def test_new_contacts_are_numbered_as_rows_make_them() -> None:
    assert reader().read(frame({"email": "a@x"}, {"email": "b@x"}, {"email": "a@x"})) == [-1, -2, -1]


def test_a_row_that_meets_two_is_ambiguous_and_says_by_what() -> None:
    reading = reader({"email": "a@x", "mobile": "1"}, {"email": "b@x", "mobile": "2"})

    assert reading.read(frame({"email": "a@x", "mobile": "2"})) == [None]
    assert (reading.ambiguous, reading.identities) == ({0: "email, mobile"}, {})


def test_what_several_share_is_ambiguous() -> None:
    reading = reader({"email": "a@x", "mobile": "1"}, {"email": "a@x", "mobile": "2"})

    assert reading.read(frame({"email": "a@x"}, {"mobile": "2"})) == [None, 2]
    assert reading.ambiguous == {0: "email"}


def test_an_updated_contact_is_met_by_what_it_has_now() -> None:
    reading = reader({"email": "a@x", "mobile": "1"})

    found = reading.read(
        frame({"email": "a@x", "mobile": "2"}, {"email": None, "mobile": "2"}, {"email": None, "mobile": "1"})
    )

    assert found == [1, 1, -1]
    told = {contact: list(by) for contact, by in reading.identities.items()}
    assert told == {1: hexes(email="a@x", mobile="2"), -1: hexes(mobile="1")}


def test_empty_cells_leave_identifiers_unless_they_erase() -> None:
    rows = frame({"email": "a@x", "mobile": None}, {"email": None, "mobile": "1"})

    assert reader({"email": "a@x", "mobile": "1"}).read(rows) == [1, 1]
    assert reader({"email": "a@x", "mobile": "1"}, erasing=True).read(rows) == [1, -1]
