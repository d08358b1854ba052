"""Surveys from the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Person
from tests.integration.cli.terminal import Terminal

GUIDE = Path(__file__).parents[3] / "docs" / "sending.md"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The survey of the guide, as a file."""
    section = GUIDE.read_text(encoding="utf-8").split("## Surveys\n")[1].split("\n## ")[0]
    (found,) = re.findall(r"^    \{\n(?:    .*\n)*    \}$", section, re.MULTILINE)
    file = tmp_path / "opinion.json"
    file.write_text(found, encoding="utf-8")
    return file


def test_the_survey_of_the_guide_is_put_listed_shown_and_deleted(
    terminal: Terminal, alice: Person, example: Path
) -> None:
    assert "has no survey" in terminal.run("survey", "list", "alice")

    made = terminal.json("survey", "put", "alice", str(example))

    assert [each["name"] for each in made["questions"]] == ["again", "mark", "words"]
    assert re.search(r"/s/[0-9]+-[0-9]+\.[\w-]{22}$", made["url"])
    assert terminal.json("survey", "show", "alice", "opinion") == made
    assert [each["name"] for each in terminal.json("survey", "list", "alice")] == ["opinion"]
    assert "opinion" in terminal.run("survey", "list", "alice")
    assert "again" in terminal.run("survey", "show", "alice", "opinion")
    assert "is deleted" in terminal.run("survey", "delete", "alice", "opinion")
    assert terminal.error("survey", "show", "alice", "opinion") == (3, "NO_SURVEY")


def test_putting_it_again_keeps_what_is_asked_no_more(
    terminal: Terminal, alice: Person, example: Path
) -> None:
    first = terminal.json("survey", "put", "alice", str(example))
    said = json.loads(example.read_text(encoding="utf-8"))
    example.write_text(json.dumps({**said, "questions": said["questions"][1:]}), encoding="utf-8")

    again = terminal.json("survey", "put", "alice", str(example))

    assert again["id"] == first["id"]
    assert [each["deleted"] for each in again["questions"]] == [True, False, False]
    assert terminal.json("survey", "delete", "alice", "opinion") == {"survey": "opinion"}


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "BAD_SURVEY"), ("{}", "BAD_SURVEY"), ("[" * 100_000, "BAD_SURVEY"), (" " * 1_000_001, "TOO_BIG")],
)
def test_what_is_no_survey_is_refused(
    terminal: Terminal, alice: Person, example: Path, content: str, code: str
) -> None:
    example.write_text(content, encoding="utf-8")

    assert terminal.error("survey", "put", "alice", str(example)) == (2, code)
    assert terminal.error("survey", "put", "alice", str(example) + ".gone") == (2, "UNREADABLE")


def test_charlie_has_no_survey_of_alices(
    terminal: Terminal, alice: Person, charlie: Person, example: Path
) -> None:
    terminal.run("survey", "put", "alice", str(example))

    assert terminal.json("survey", "list", "charlie") == []
    assert terminal.error("survey", "delete", "charlie", "opinion") == (3, "NO_SURVEY")
