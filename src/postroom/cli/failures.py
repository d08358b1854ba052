"""From an error to what the terminal says and the exit code (the tree in contacts/errors.py)."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import typer
from typer.core import TyperGroup

from postroom.cli.calls import Call, call_of
from postroom.cli.output import print_json, visible
from postroom.contacts.errors import PostroomError, Unavailable

UNEXPECTED = 70
"""Exit code of our own bugs (EX_SOFTWARE of sysexits.h)."""

_OF_PYDANTIC: Final = "Value error, "
"""What Typer leaves before its own words about a value."""


class Commands(TyperGroup):
    """The outermost group: every error of every command ends here.

    People get one line on standard error; a command with --json answers {"error": {"code", "message"}} on
    standard output. Wrong usage stays Typer's to explain (exit code 2).
    """

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  # Typer's own context is not public
        """Run a command; leave with the exit code of its error."""
        with _pool_errors_kept() as pool_errors:
            return self._invoke(ctx, pool_errors)

    def _invoke(self, ctx: Any, pool_errors: Sequence[str]) -> object:  # noqa: ANN401  # as for `invoke`
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            wrong.message = wrong.message.removeprefix(_OF_PYDANTIC)
            raise
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except PostroomError as failure:
            message = failure.message
            if isinstance(failure, Unavailable) and pool_errors:
                message = f"{message} ({pool_errors[-1]})"
            _report(call_of(ctx), failure.code, message)
            raise typer.Exit(failure.exit_code) from None
        except Exception as bug:  # noqa: BLE001  # whatever it is, its user gets a line and an exit code
            call = call_of(ctx)
            hint = "" if call.debug else " Run `postroom --debug …` for the details."
            _report(call, "UNEXPECTED", f"Unexpected {type(bug).__name__}: {bug}.{hint}")
            raise typer.Exit(UNEXPECTED) from None


def _report(call: Call, code: str, message: str) -> None:
    if call.debug:
        traceback.print_exc()
    if call.as_json:
        print_json({"error": {"code": code, "message": message}})
    else:
        lines = [visible(line) for line in message.splitlines()]
        typer.echo("postroom: " + "\n".join(lines), err=True)


class _Keeper(logging.Handler):
    """Keeps messages for later."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(" ".join(record.getMessage().split()))


@contextmanager
def _pool_errors_kept() -> Iterator[list[str]]:
    """Yield what the connection pool will say about failed attempts.

    It warns of each one, ten times over, and then its own error does not tell the cause.
    """
    logger, keeper = logging.getLogger("psycopg.pool"), _Keeper()
    propagated = logger.propagate
    logger.addHandler(keeper)
    logger.propagate = False
    try:
        yield keeper.messages
    finally:
        logger.removeHandler(keeper)
        logger.propagate = propagated
