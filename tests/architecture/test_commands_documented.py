from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.architecture.source_tree import REPOSITORY

REFERENCE = REPOSITORY / "docs" / "commands.md"


@pytest.fixture
def root_command() -> Any:
    main = pytest.importorskip("postroom.cli.main", exc_type=ModuleNotFoundError)
    return typer.main.get_command(main.app)


def test_every_command_is_in_the_reference(root_command: Any) -> None:
    reference = REFERENCE.read_text(encoding="utf-8")

    undocumented = [line for line, _ in commands(root_command, "postroom") if line not in reference]

    assert undocumented == []


def test_every_command_says_what_it_does(root_command: Any) -> None:
    silent = [line for line, command in commands(root_command, "postroom") if not command.help]

    assert silent == []


def commands(command: Any, line: str) -> Iterator[tuple[str, Any]]:
    """Yield what a person types, and the command behind it, for each command that is not hidden."""
    children = getattr(command, "commands", None)
    if children is None:
        yield line, command
        return
    for name, child in children.items():
        if not child.hidden:
            yield from commands(child, f"{line} {name}")
