"""What makes commands answer at once: heavy libraries are imported only by the commands that need them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"psycopg", "procrastinate", "pydantic_settings", "structlog", "polars", "phonenumbers", "rich"}


def imported_by(arguments: list[str]) -> set[str]:
    """Return the heavy libraries that a call of `postroom` imports."""
    program = (
        "import sys\n"
        "from postroom.cli.main import run\n"
        f"sys.argv = ['postroom', *{arguments!r}]\n"
        "try:\n    run()\n"
        "except SystemExit:\n    pass\n"
        f"print(*sorted({HEAVY!r} & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"], ["serve", "--help"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    assert imported_by(arguments) == set()


def test_looking_at_the_settings_needs_no_database_library() -> None:
    assert not imported_by(["config", "show"]) & {"psycopg", "procrastinate", "polars", "structlog"}
