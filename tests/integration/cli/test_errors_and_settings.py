from __future__ import annotations

import json
from pathlib import Path

from postroom import __version__
from postroom.store.database import Database
from postroom.store.schema import migrations
from tests.integration.cli.terminal import Terminal


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


def test_migrating_an_up_to_date_database_does_nothing(terminal: Terminal) -> None:
    assert terminal.json("migrate") == {"applied": []}
    assert terminal.run("migrate") == "The schema is up to date.\n"


def test_an_empty_external_database_is_filled_by_migrate(terminal: Terminal, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")

    assert terminal.json("migrate")["applied"] == [*migrations(), "queue"]
    assert terminal.json("account", "list") == []
