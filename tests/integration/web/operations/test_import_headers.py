"""The first line of a file that a program brings: a header, or already a contact."""

from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.web.operations.importing import PEOPLE, Program
from tests.workbooks import xlsx

HEADERLESS = "M;Jean;Dupont;jean@example.com;;06 12 34 56 78;;1 rue Haute\n;Zoé;Petit;zoe@example.com\n"


@pytest.fixture
def program(room: Room, alice: Person) -> Program:
    return Program(room, alice)


@pytest.mark.parametrize("has_header", [None, False])
def test_columns_without_a_header_have_a_fixed_order(program: Program, *, has_header: bool | None) -> None:
    ended = program.bring(HEADERLESS, has_header=has_header)

    assert (ended.status, ended.lines, ended.created) == ("ok", 2, 2)
    rows = program.rows(
        "select civility, first_name, last_name, email, mobile, address1 from contacts "
        "where account_id = %s order by contact_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("M", "Jean", "Dupont", "jean@example.com", "+33612345678", "1 rue Haute"),
        (None, "Zoé", "Petit", "zoe@example.com", None, None),
    ]


def test_all_thirty_one_columns_have_their_place(program: Program) -> None:
    cells = [f"value {n}" for n in range(31)]
    cells[3:6] = ["jean@example.com", "0286786589", "0612345678"]
    cells[13] = "24/12/1980"

    program.bring(";".join(cells) + "\n")

    (row,) = program.rows(
        "select fax, reference, field01, field15, birth_date::text from contacts where account_id = %s"
    )
    assert list(row.values()) == ["value 6", "value 15", "value 16", "value 30", "1980-12-24"]


@pytest.mark.parametrize("has_header", [None, True])
def test_a_header_gives_columns_their_meaning(program: Program, *, has_header: bool | None) -> None:
    ended = program.bring(PEOPLE, has_header=has_header)

    assert (ended.lines, ended.created) == (3, 2)


def test_a_workbook_without_a_header_is_read_from_its_first_row(program: Program) -> None:
    rows = [["M", "Jean", "Dupont", "jean@example.com"], ["", "Zoé", "Petit", "zoe@example.com"]]

    ended = program.bring(xlsx(rows), "people.xlsx")

    assert (ended.lines, ended.created) == (2, 2)


def test_neither_a_known_header_nor_a_contact_is_refused_rather_than_guessed_at(program: Program) -> None:
    ended = program.bring("Correo;Apellido\nana@example.com;Ruiz\n")

    assert ended.failure is not None
    assert ended.failure.code == "NO_KNOWN_HEADER"


@pytest.mark.parametrize("has_header", [None, False])
def test_a_wrong_separator_is_told_without_a_header_too(program: Program, *, has_header: bool | None) -> None:
    ended = program.bring(HEADERLESS.replace(";", ","), has_header=has_header)

    assert ended.failure is not None
    assert ended.failure.code == "WRONG_SEPARATOR"


def test_columns_that_a_file_has_not_erase_nothing(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("bob", criterion="email", empty_cells="erase"))
    program.bring("Email;Mobile;Ville\njean@example.com;0612345678;Lyon\n")

    program.bring(";Jean;Dupont;jean@example.com;;\n")

    (row,) = program.rows("select last_name, mobile, city from contacts where account_id = %s")
    assert list(row.values()) == ["Dupont", None, "Lyon"]


def test_the_report_of_a_file_without_header_can_be_brought_again(program: Program) -> None:
    first = program.bring(HEADERLESS + ";Guy;Roux;nobody\n")
    report = program.errors(first)
    assert report.splitlines()[0].startswith("Civilité;Prénom;Nom;Email;Téléphone Fixe;Mobile")

    again = program.bring(report.replace("nobody", "guy@example.com"))

    assert (again.status, again.created, again.invalid) == ("ok", 1, 0)
