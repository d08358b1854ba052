"""A terminal at which somebody types commands of Postroom."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from postroom.cli.main import app


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said and how it ended."""

    output: str
    errors: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Terminal:
    """Runs commands in this process, on one data directory and database."""

    data: Path
    database_url: str | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def type(self, *arguments: str, stdin: str | bytes | None = None) -> Answer:
        """Run a command to its end, however it ends."""
        environment: dict[str, str | None] = {
            "POSTROOM_DATA": str(self.data),
            "POSTROOM_DATABASE_URL": self.database_url,
            **self.environment,
        }
        result = CliRunner().invoke(app, list(arguments), input=stdin, env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.stdout, result.stderr, result.exit_code)

    def run(self, *arguments: str, stdin: str | bytes | None = None) -> str:
        """Run a command that must work; return what it printed."""
        answer = self.type(*arguments, stdin=stdin)
        assert answer.exit_code == 0, answer
        return answer.output

    def json(self, *arguments: str, stdin: str | bytes | None = None) -> Any:
        """Run a command that must work, with --json; return what it answered."""
        return json.loads(self.run(*arguments, "--json", stdin=stdin))

    def error(self, *arguments: str, stdin: str | bytes | None = None) -> tuple[int, str]:
        """Run a command that must fail, with --json; return its exit code and the error's code."""
        answer = self.type(*arguments, "--json", stdin=stdin)
        assert answer.exit_code != 0, answer
        return answer.exit_code, json.loads(answer.output)["error"]["code"]
