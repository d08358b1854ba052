"""Goals from the terminal."""

from __future__ import annotations

from tests.conftest import Person
from tests.integration.cli.terminal import Terminal

PAGE = "https://shop.example.com/thanks*"


def test_goals_are_made_listed_shown_and_deleted(terminal: Terminal, alice: Person) -> None:
    assert "has no goal" in terminal.run("goal", "list", "alice")

    made = terminal.json("goal", "create", "alice", "Thanks", "--page", PAGE)
    terminal.run("goal", "create", "alice", "Orders", "--kind", "TRANSACTION")

    assert (made["name"], made["kind"], made["patterns"]) == ("Thanks", "WEBVISIT", [PAGE])
    assert [each["name"] for each in terminal.json("goal", "list", "alice")] == ["Thanks", "Orders"]
    assert terminal.json("goal", "show", "alice", str(made["id"])) == made
    assert f'/t/g.js" data-site="{made["site"]}"' in terminal.run("goal", "show", "alice", "Thanks")
    assert terminal.json("goal", "delete", "alice", "Thanks") == {"goal": "Thanks"}
    assert "is deleted" in terminal.run("goal", "delete", "alice", "Orders")
    assert terminal.json("goal", "list", "alice") == []


def test_what_cannot_be_a_goal_is_refused(terminal: Terminal, alice: Person) -> None:
    assert terminal.error("goal", "create", "alice", "Thanks") == (2, "NO_PATTERN")
    assert terminal.error("goal", "create", "alice", "Thanks", "--page", "*") == (2, "BAD_PATTERN")


def test_charlie_has_no_goal_of_alices(terminal: Terminal, alice: Person, charlie: Person) -> None:
    terminal.run("goal", "create", "alice", "Thanks", "--page", PAGE)

    assert terminal.json("goal", "list", "charlie") == []
    assert terminal.error("goal", "delete", "charlie", "Thanks") == (3, "NO_GOAL")
