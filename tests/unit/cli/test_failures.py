from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from postroom.cli.calls import JsonOption
from postroom.cli.failures import Commands
from postroom.contacts.errors import Conflict, Denied, Missing, Refused, Unavailable


def failing(fail: Callable[[], object]) -> typer.Typer:
    """Return a program with one command, which calls `fail`."""
    app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)

    @app.callback()
    def program() -> None: ...

    @app.command()
    def work(*, as_json: JsonOption = False) -> None:
        fail()

    return app


def raising(error: BaseException) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("kind", "exit_code"), [(Refused, 2), (Missing, 3), (Denied, 4), (Conflict, 5), (Unavailable, 6)]
)
def test_each_kind_of_error_has_its_exit_code(kind: type[Refused], exit_code: int) -> None:
    app = failing(raising(kind("Something is wrong.", code="WRONG")))

    person, program = CliRunner().invoke(app, ["work"]), CliRunner().invoke(app, ["work", "--json"])

    assert person.exit_code == program.exit_code == exit_code
    assert (person.stdout, person.stderr) == ("", "postroom: Something is wrong.\n")
    assert json.loads(program.stdout) == {"error": {"code": "WRONG", "message": "Something is wrong."}}
    assert program.stderr == ""


def test_a_bug_exits_with_seventy() -> None:
    result = CliRunner().invoke(failing(raising(KeyError("lost"))), ["work", "--json"])

    assert result.exit_code == 70
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "UNEXPECTED"
    assert "KeyError: 'lost'" in error["message"]


def test_a_value_that_is_none_is_answered_without_the_words_of_a_library() -> None:
    wrong = typer.BadParameter("Value error, 'FAX' is not one of 'EMAIL'.")

    result = CliRunner().invoke(failing(raising(wrong)), ["work"])

    assert "Error: Invalid value: 'FAX' is not one of 'EMAIL'." in result.stderr


def test_what_typer_raises_to_leave_is_left_to_it() -> None:
    assert CliRunner().invoke(failing(raising(typer.Exit(9))), ["work"]).exit_code == 9
    assert CliRunner().invoke(failing(raising(typer.BadParameter("no"))), ["work"]).exit_code == 2
    assert CliRunner().invoke(failing(raising(KeyboardInterrupt())), ["work"]).exit_code == 130


def test_a_database_that_does_not_answer_is_reported_once_with_its_cause() -> None:
    def fail() -> None:
        for _ in range(3):
            logging.getLogger("psycopg.pool").warning("error connecting:\n  connection refused")
        raise Unavailable("The database does not answer.")

    result = CliRunner().invoke(failing(fail), ["work"])

    assert result.exit_code == 6
    expected = "postroom: The database does not answer. (error connecting: connection refused)\n"
    assert result.stderr == expected


def test_the_logger_of_the_pool_is_left_as_it_was() -> None:
    logger = logging.getLogger("psycopg.pool")
    before = (list(logger.handlers), logger.propagate)

    CliRunner().invoke(failing(raising(Unavailable())), ["work"])

    assert (logger.handlers, logger.propagate) == before


def test_an_error_cannot_play_tricks_on_the_terminal() -> None:
    result = CliRunner().invoke(failing(raising(Missing("There is no '\x1b[2J'."))), ["work"])

    assert result.stderr == "postroom: There is no '\\x1b[2J'.\n"
