from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender

STORED = "Email;Nom\na@example.com;Durand\nb@example.com;Martin\n"
SENT = (
    "Email;Nom;Humeur\na@example.com;Durand\nb@example.com;MARTIN\n"
    "c@example.com;Neuf\nnobody;Personne\nc@example.com;Neuf\n"
)

WriteFile = Callable[[str, str | bytes], str]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    """Return a writer of local files; text goes out as ISO-8859-1."""

    def write_file(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content.encode("iso-8859-1") if isinstance(content, str) else content)
        return str(path)

    return write_file


def test_a_check_tells_what_the_file_would_do(terminal: Terminal, sender: Sender, write: WriteFile) -> None:
    sender.drop("people.csv", STORED)

    tried = terminal.json("check", write("people.csv", SENT), "--account", "alice")

    counts = tried["counts"]
    assert (tried["would_go_to"], tried["failure"], tried["mode"]) == ("ok", None, "create")
    assert (counts["lines"], counts["created"], counts["updated"]) == (5, 1, 1)
    assert (counts["unchanged"], counts["duplicates"], counts["refused"]) == (1, 1, 1)
    assert tried["list"] == {"name": "people"}
    assert tried["notes"] == ["colonnes inconnues, ignorées : Humeur"]


def test_a_check_tells_what_the_drop_then_does(terminal: Terminal, sender: Sender, write: WriteFile) -> None:
    sender.drop("people.csv", STORED)
    tried = terminal.json("check", write("more.csv", SENT), "--account", "alice")

    drop = sender.drop("more.csv", SENT)

    done = terminal.json("drop", "show", drop.public_id)
    for key in ("counts", "mode", "notes", "failure"):
        assert tried[key] == done[key]


def test_a_check_shows_every_refused_row_in_the_language_of_the_account(
    terminal: Terminal, alice: Person, write: WriteFile
) -> None:
    path = write("people.csv", "Email;Mobile;Nom\nnobody;;\n;;Durand\na@example.com;12;\n")
    terminal.run("account", "set", "alice", "language=en")

    tried = terminal.json("check", path, "--account", "alice")

    assert tried["refused_rows"] == [
        {
            "line": 2,
            "code": "INVALID_EMAIL",
            "text": "invalid e-mail: nobody",
            "value": "nobody",
            "cells": ["nobody", "", ""],
        },
        {
            "line": 3,
            "code": "NO_MEANS",
            "text": "no e-mail, no fixed phone and no mobile",
            "value": "",
            "cells": ["", "", "Durand"],
        },
    ]
    assert [(each["line"], each["code"]) for each in tried["warnings"]] == [(4, "INVALID_MOBILE")]


def test_a_person_reads_counts_and_then_the_refused_rows(
    terminal: Terminal, sender: Sender, write: WriteFile
) -> None:
    sender.drop("people.csv", STORED)

    lines = terminal.run("check", write("people.csv", SENT), "--account", "alice").splitlines()

    assert ["would", "go", "to", "ok"] in [line.split() for line in lines]
    assert ["created", "1"] in [line.split() for line in lines]
    assert lines[-2:] == [
        "Refused rows (line, code, reason):",
        "        5  INVALID_EMAIL       e-mail invalide : nobody",
    ]


def test_a_file_that_would_be_refused_exits_with_two(
    terminal: Terminal, alice: Person, write: WriteFile
) -> None:
    answer = terminal.type("check", write("people.csv", "Email\nnobody\n"), "--account", "alice")

    assert answer.exit_code == 2
    assert "NO_VALID_ROW: aucune ligne valable" in answer.output
    assert "INVALID_EMAIL" in answer.output
    assert answer.errors == ""


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", "", "EMPTY_FILE"),
        ("image.csv", b"\x89PNG\r\n\x1a\n\0\0", "NOT_TEXT"),
        ("people.csv", "Colour;Shape\nred;round\n", "NO_KNOWN_HEADER"),
        ("people.csv", 'Email\n"a@example.com\n', "UNCLOSED_QUOTE"),
        ("people.pdf", "Email\na@example.com\n", "UNKNOWN_FORMAT"),
    ],
)
def test_a_useless_file_is_told_apart(
    terminal: Terminal, alice: Person, write: WriteFile, name: str, content: str | bytes, code: str
) -> None:
    answer = terminal.type("check", write(name, content), "--account", "alice")

    assert answer.exit_code == 2
    assert f"{code}: " in answer.output


def test_a_file_that_would_trip_the_guard_is_told(
    terminal: Terminal, sender: Sender, write: WriteFile
) -> None:
    terminal.run("account", "set", "alice", "guard_percent=20", "language=en")
    sender.drop("people.csv", STORED)
    path = write("people.csv", "Email\nnew@example.com\n")

    answer = terminal.type("check", path, "--account", "alice", "--mode", "sync")

    assert answer.exit_code == 2
    assert "TOO_MANY_LEAVE: too many contacts would leave the list" in answer.output
    assert terminal.type("check", path, "--account", "alice", "--mode", "add").exit_code == 0


def test_an_opt_out_file_is_tried_like_any_other(terminal: Terminal, alice: Person, write: WriteFile) -> None:
    path = write("people.csv", STORED)

    answer = terminal.type("check", path, "--account", "alice", "--action", "optoutEMAIL")

    assert answer.exit_code == 0
    assert "opted out" in answer.output


def test_a_zip_is_checked_like_its_content(terminal: Terminal, alice: Person, write: WriteFile) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("inside.csv", STORED)

    tried = terminal.json("check", write("people.zip", archive.getvalue()), "--account", "alice")

    assert (tried["counts"]["created"], tried["list"]["name"]) == (2, "people")


def test_a_check_follows_the_markers_of_the_account_unless_told_otherwise(
    terminal: Terminal, sender: Sender, write: WriteFile
) -> None:
    sender.drop("people.csv", STORED)
    sender.mark(".syncExistingList")
    check = ("check", write("people.csv", "Email\na@example.com\n"), "--account", "alice")

    tried = terminal.json(*check)

    assert (tried["mode"], tried["counts"]["removed_from_list"]) == ("sync", 1)
    assert terminal.json(*check, "--mode", "add")["counts"]["removed_from_list"] == 0
    assert terminal.json(*check, "--mode", "create")["counts"]["added_to_list"] == 1


def test_what_the_gateway_would_refuse_is_refused_first(
    terminal: Terminal, alice: Person, write: WriteFile
) -> None:
    small = Terminal(terminal.data, terminal.database_url, {"POSTROOM_UPLOAD_LIMIT_BYTES": "10"})

    assert small.error("check", write("people.csv", STORED), "--account", "alice") == (2, "TOO_BIG")
    assert terminal.error("check", write("x.csv.part", STORED), "--account", "alice") == (2, "TEMPORARY_NAME")


def test_a_file_that_is_not_there_is_wrong_usage(terminal: Terminal, alice: Person, tmp_path: Path) -> None:
    answer = terminal.type("check", str(tmp_path / "nothing.csv"), "--account", "alice")

    assert answer.exit_code == 2
    assert "does not exist" in answer.errors


def test_a_check_knows_the_custom_fields_of_the_account(
    terminal: Terminal, alice: Person, write: WriteFile
) -> None:
    terminal.run("field", "create", "alice", "age", "--type", "number")

    tried = terminal.json(
        "check", write("people.csv", "Email;age\na@example.com;young\n"), "--account", "alice"
    )

    assert tried["counts"]["warnings"] == 1
    assert not [note for note in tried["notes"] if "age" in note]
