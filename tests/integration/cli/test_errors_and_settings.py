from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.cli.terminal import Terminal

from postroom import __version__
from postroom.store.database import Database
from postroom.store.schema import migrations


@pytest.fixture
def refusing_url() -> Iterator[str]:
    """Return the URL of a server that drops every caller at once."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound and never listening: connections are refused
        yield f"postgresql://postroom:top-secret@127.0.0.1:{listener.getsockname()[1]}/postroom"


def test_the_version_is_told_without_a_database(tmp_path: Path) -> None:
    assert Terminal(tmp_path).run("--version") == f"postroom {__version__}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_data_directory_is_named_before_or_after_the_command(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "environment")

    def data_of(*arguments: str) -> str:
        shown = json.loads(terminal.run(*arguments))
        return next(str(each["value"]) for each in shown if each["name"] == "data")

    before, after = str(tmp_path / "before"), str(tmp_path / "after")
    assert data_of("config", "show", "--json") == str(tmp_path / "environment")
    assert data_of("--data", before, "config", "show", "--json") == before
    assert data_of("config", "show", "--json", "--data", after) == after
    assert data_of("--data", before, "config", "show", "--json", "--data", after) == after


def test_settings_are_shown_with_their_source_and_without_secrets(tmp_path: Path) -> None:
    terminal = Terminal(
        tmp_path, "postgresql://postroom:top-secret@db.example/postroom", {"POSTROOM_FTP_PORT": "2021"}
    )

    shown = {each["name"]: each for each in terminal.json("config", "show")}

    assert (shown["ftp_port"]["value"], shown["ftp_port"]["source"]) == (2021, "environment")
    assert (shown["sftp_port"]["value"], shown["sftp_port"]["source"]) == (2222, "default")
    assert (shown["plain_ftp"]["value"], shown["certificate"]["value"]) == (True, None)
    assert shown["database_url"]["value"] == "********"
    assert "top-secret" not in terminal.run("config", "show") + terminal.run("config", "show", "--json")


def test_an_unknown_setting_in_the_environment_is_refused(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, None, {"POSTROOM_FTP_PROT": "2021"})

    answer = terminal.type("config", "show")

    assert answer.exit_code == 2
    expected = "postroom: There is no setting POSTROOM_FTP_PROT. Did you mean POSTROOM_FTP_PORT?\n"
    assert answer.errors == expected


def test_an_error_is_one_line_for_people_and_an_object_for_programs(terminal: Terminal) -> None:
    person = terminal.type("account", "show", "nobody")
    program = terminal.type("account", "show", "nobody", "--json")

    message = "There is no account named 'nobody'."
    assert (person.output, person.errors) == ("", f"postroom: {message}\n")
    assert json.loads(program.output) == {"error": {"code": "NO_ACCOUNT", "message": message}}
    assert program.errors == ""
    assert person.exit_code == program.exit_code == 3


def test_wrong_usage_is_explained(terminal: Terminal) -> None:
    answer = terminal.type("account", "shwo", "nobody")

    assert answer.exit_code == 2
    assert "Did you mean 'show'" in answer.errors


def test_only_names_parts_that_exist(terminal: Terminal) -> None:
    answer = terminal.type("serve", "--only", "gateway,printer")

    assert answer.exit_code == 2
    assert "printer" in answer.errors


def test_a_bug_is_one_line_and_its_traceback_only_on_demand(terminal: Terminal, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("alter table accounts rename to account")

    short = terminal.type("account", "list")
    long = terminal.type("--debug", "account", "list")

    assert short.exit_code == long.exit_code == 70
    assert short.errors.startswith("postroom: Unexpected UndefinedTable: ")
    assert "--debug" in short.errors
    assert "Traceback" not in short.errors
    assert "Traceback" in long.errors


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_unavailable_with_the_cause(
    tmp_path: Path, refusing_url: str
) -> None:
    answer = Terminal(tmp_path, refusing_url).type("account", "list")

    assert answer.exit_code == 6
    assert answer.errors.startswith("postroom: The database does not answer")
    assert "refused" in answer.errors
    assert "top-secret" not in answer.errors


def test_an_external_database_of_an_older_release_is_refused_until_migrated(
    terminal: Terminal, database: Database
) -> None:
    name = next(iter(migrations()))
    with database.transaction() as connection:
        connection.execute("insert into schema_migrations (name, applied_at) values ('00.00.00', now())")
        connection.execute("delete from schema_migrations where name = %s", [name])

    answer = terminal.type("account", "list")

    if len(migrations()) > 1:
        assert answer.exit_code == 5
        assert "postroom migrate" in answer.errors


def test_migrating_an_up_to_date_database_does_nothing(terminal: Terminal) -> None:
    assert terminal.json("migrate") == {"applied": []}
    assert terminal.run("migrate") == "The schema is up to date.\n"


def test_an_empty_external_database_is_migrated(terminal: Terminal, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")

    assert terminal.json("migrate")["applied"] == [*migrations(), "queue"]
    assert replace(terminal).json("account", "list") == []
