"""The first line of an import by call: a header, or a contact in the fixed order (seed 004)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.batches import FileRefused, Header
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import field_of, map_columns, map_first_line

PLAIN = AccountSettings()
HEADERS = ["Email", "Téléphone Fixe", "Mobile", "Champ 1", "Né(e) le", "facebookId", "CP", "Tél. 2"]


@pytest.mark.parametrize(
    "line",
    [
        "M;Jean;Dupont;jean@example.com",
        ";;;;0286786589",
        ";;;;;06.12.34.56.78",
        ";;;;;+33 (0)6 12 34 56 78",
        "Ville;Nom;Email;jean@example.com",
    ],
)
def test_an_address_in_its_place_makes_a_contact_of_the_first_line(line: str) -> None:
    columns = map_first_line(line.split(";"), PLAIN, Header.UNKNOWN)

    assert not columns.has_header
    assert columns.positions == {field: place for place, field in enumerate(DOCUMENTED_FIELDS[:31])}


@pytest.mark.parametrize(
    "line", ["Email;Nom", "Nom;Prénom;Ville;Email;Mobile;Champ 12", "jean@example.com;Email"]
)
def test_any_other_line_is_a_header(line: str) -> None:
    cells = line.split(";")

    assert map_first_line(cells, PLAIN, Header.UNKNOWN) == map_columns(cells, PLAIN)


@given(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=8, unique=True))
def test_no_line_of_headers_is_taken_for_a_contact(cells: list[str]) -> None:
    try:
        columns = map_first_line(cells, PLAIN, Header.UNKNOWN)
    except FileRefused:
        return

    assert columns.has_header


def test_what_the_caller_says_counts() -> None:
    contact, header = ["M", "Jean", "Dupont", "jean@example.com"], ["Email", "Nom"]

    assert not map_first_line(header, PLAIN, Header.ABSENT).has_header
    with pytest.raises(FileRefused):
        map_first_line(contact, PLAIN, Header.PRESENT)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_header_that_reports_get_is_known(language: str) -> None:
    settings = PLAIN.changed({"language": language})

    columns = map_first_line([], settings, Header.ABSENT)

    assert [field_of(name, settings) for name in columns.header] == list(DOCUMENTED_FIELDS[:31])


@pytest.mark.parametrize("width", [1, 6, 31, 40])
def test_where_empty_cells_erase_the_first_line_counts_the_columns(width: int) -> None:
    columns = map_first_line([""] * width, PLAIN.changed({"empty_cells": "erase"}), Header.ABSENT)

    assert len(columns.positions) == columns.width == min(width, 31)
