"""Made-up people are many, different, valid, and the same every time."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from demo.people import HEADER, clean_rows, rows_within, write_file
from tests.unit.demo.readings import read


def written(count: int, seed: int = 1, **options: object) -> bytes:
    file = io.BytesIO()
    write_file(file, count, seed=seed, **options)  # type: ignore[arg-type]  # handed on as they are
    return file.getvalue()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert written(300) == written(300)
    assert written(300) != written(300, seed=2)


def test_a_row_is_the_same_in_files_of_any_length() -> None:
    assert list(clean_rows(50, 3)) == list(clean_rows(200, 3))[:50]


def test_every_plain_row_is_a_contact_of_its_own() -> None:
    reading = read(written(3000))

    assert reading.said.lines == reading.said.created == 3000
    assert not reading.said.refused
    assert not reading.said.warnings


def test_people_of_two_seeds_are_different_people() -> None:
    assert not set(read(written(1000, seed=1)).keys) & set(read(written(1000, seed=2)).keys)


def test_the_header_has_the_names_of_the_document() -> None:
    first, _, _ = written(1).decode("cp1252").partition("\n")

    assert first == HEADER
    assert first.split(";")[:3] == ["Référence", "Civilité", "Prénom"]


def test_numbers_are_written_in_every_way_that_people_write_them() -> None:
    mobiles = [line.split(";")[6] for line in clean_rows(100, 1)]

    for shape in (
        r"0[67]\d{8}",
        r"0[67]( \d\d){4}",
        r"0[67](\.\d\d){4}",
        r"\+33[67]\d{8}",
        r"0033[67]\d{8}",
    ):
        assert any(re.fullmatch(shape, mobile) for mobile in mobiles), shape


def test_cells_are_empty_padded_accented_and_quoted_here_and_there() -> None:
    text = "\n".join(clean_rows(200, 1))

    assert ";;" in text
    assert re.search(r"[a-zé] ;", text)
    assert "é" in text
    assert re.search(r';"[^";]+"$', text, re.MULTILINE)
    assert '"' not in "\n".join(clean_rows(200, 1, quote_some=False))


def test_nobody_has_an_address_that_mail_could_reach() -> None:
    emails = [line.split(";")[4] for line in clean_rows(200, 1)]

    assert all(email.endswith((".example", ".test")) for email in emails if email)


def test_who_has_moved_has_another_town_and_is_the_same_contact() -> None:
    home, moved = list(clean_rows(300, 1)), list(clean_rows(300, 1, moved_every=100))

    assert [number for number in range(300) if home[number] != moved[number]] == [0, 100, 200]
    assert read(written(300)).keys == read(written(300, moved_every=100)).keys


def test_as_many_rows_as_fit_into_an_upload_and_no_more() -> None:
    count = rows_within(100_000, seed=5)

    assert len(written(count, seed=5)) <= 100_000 < len(written(count + 1, seed=5))


def test_a_full_upload_has_about_143_000_rows() -> None:
    assert 142_000 < 20 * 1024 * 1024 / (len(written(5000)) / 5000) < 145_000


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252", "utf-8"])
def test_a_file_may_be_in_any_encoding_that_senders_use(encoding: str) -> None:
    content = written(50, encoding=encoding)

    assert content.decode("cp1252" if encoding == "iso-8859-1" else encoding).startswith(HEADER)


def test_a_file_may_be_written_to_a_path(tmp_path: Path) -> None:
    expected = write_file(tmp_path / "people.csv", 20, seed=1)

    assert (tmp_path / "people.csv").read_bytes() == written(20)
    assert (expected.lines, expected.created) == (20, 20)
