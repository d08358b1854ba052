from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from postroom.contacts.criteria import Criterion
from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.changing import criterion_now
from tests.integration.drops.sender import Sender
from tests.integration.jobs.working import working

TWICE = "Email;Mobile\na@example.com;0612345678\na@example.com;0698765432\nb@example.com;\n"
SET = ("account", "set", "alice")


def test_another_criterion_waits_in_line_and_other_settings_hold_at_once(
    terminal: Terminal, sender: Sender
) -> None:
    sender.drop("people.csv", TWICE)

    answer = terminal.json(*SET, "criterion=email", "language=en")

    assert (answer["settings"]["criterion"], answer["settings"]["language"]) == ("triplet", "en")
    assert answer["criterion_change"]["state"] == "waiting"
    assert terminal.json("account", "show", "alice")["criterion_change"]["criterion"] == "email"
    sender.process()
    shown = terminal.json("account", "show", "alice")
    assert (shown["settings"]["criterion"], shown["contacts"]) == ("email", 2)
    assert (shown["settings"]["language"], shown["criterion_change"]) == ("en", None)


def test_without_contacts_the_criterion_changes_at_once(terminal: Terminal, sender: Sender) -> None:
    answer = terminal.json(*SET, "criterion=email")

    assert (answer["settings"]["criterion"], answer["criterion_change"]) == ("email", None)
    assert terminal.json("account", "changes", "alice") == []


def test_a_wrong_setting_leaves_the_criterion_as_well(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", TWICE)

    assert terminal.error(*SET, "criterion=email", "region=XX") == (2, "BAD_SETTING")

    assert terminal.json("account", "changes", "alice") == []


def test_waiting_ends_with_the_change(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", TWICE)

    def process(account_id: int) -> None:
        process_account(sender.room, account_id)

    with working(sender.room.database.url, {PROCESS_TASK: process}):
        said = terminal.run(*SET, "criterion=email", "--wait")

    assert said.splitlines()[-1] == (
        "Change 1 to criterion email is made: 3 contacts, 3 identified by it, 1 groups that are one contact, "
        "1 contacts merged into others."
    )
    assert criterion_now(sender) is Criterion.EMAIL


def test_waiting_for_a_change_that_is_parked_ends_with_5(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", TWICE)

    def fail(step: str) -> None:
        if step == "rekeyed":
            raise OSError("no space left on device")

    failing = replace(sender.room, between_steps=fail)

    def process(account_id: int) -> None:
        process_account(failing, account_id)

    with working(sender.room.database.url, {PROCESS_TASK: process}):
        answer = terminal.type(*SET, "criterion=email", "--wait")

    assert answer.exit_code == 5
    assert answer.output.splitlines()[-1].startswith("Change 1 to criterion email could not be made")
    assert criterion_now(sender) is Criterion.TRIPLET


def test_a_dry_run_tells_who_would_be_merged(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", TWICE)

    told = terminal.json(*SET, "criterion=email", "--dry-run")

    assert (told["contacts"], told["keyed"], told["groups"], told["merged"]) == (3, 3, 1, 1)
    assert [(each["size"], each["key"]) for each in told["largest"]] == [(2, {"email": "a@example.com"})]
    lines = terminal.run(*SET, "criterion=email", "--dry-run").splitlines()
    assert lines[0].endswith("nothing has changed.")
    assert lines[-1].startswith("  2 contacts become ")
    assert lines[-1].endswith(": a@example.com")
    assert terminal.json("account", "changes", "alice") == []
    assert criterion_now(sender) is Criterion.TRIPLET


def test_a_dry_run_of_nothing_else_is_refused(terminal: Terminal, sender: Sender) -> None:
    assert terminal.error(*SET, "language=en", "--dry-run") == (2, "NO_CRITERION")


def test_changes_are_listed_newest_first(terminal: Terminal, sender: Sender, charlie: Person) -> None:
    sender.drop("people.csv", TWICE)
    for criterion in ("email", "none"):
        terminal.run(*SET, f"criterion={criterion}")
        sender.process()

    newest, oldest = terminal.json("account", "changes", "alice")

    assert (newest["criterion"], newest["was"], newest["state"]) == ("none", "email", "applied")
    assert oldest["outcome"] == {
        "contacts": 3,
        "keyed": 3,
        "groups": 1,
        "merged": 1,
        "opted_out": 0,
        "shared": 0,
    }
    header, first, _second = terminal.run("account", "changes", "alice").splitlines()
    assert header.split()[:5] == ["Id", "Criterion", "Match", "Was", "State"]
    assert "2 contacts, 0 identified by it" in first
    assert terminal.json("account", "changes", "charlie") == []


def test_the_report_names_who_was_merged_into_whom(
    terminal: Terminal, sender: Sender, tmp_path: Path
) -> None:
    sender.drop("people.csv", TWICE)
    report = tmp_path / "merged.csv"
    asked = ("account", "changes", "alice", "--report", str(report))
    assert terminal.error(*asked) == (3, "NO_CHANGE")
    terminal.run(*SET, "criterion=email")
    sender.process()

    answer = terminal.json(*asked)

    header, *rows = report.read_text("utf-8-sig").splitlines()
    assert header == "contact;merged;email"
    assert [row.split(";")[2] for row in rows] == ["a@example.com"]
    assert answer["report"] == str(report)
    assert terminal.error(*asked, "--of", "99") == (3, "NO_CHANGE")
    assert terminal.error(*asked[:-1], str(tmp_path / "no" / "where.csv")) == (2, "BAD_FILE")


def test_any_identifier_is_switched_on_in_its_turn(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", TWICE)
    told = terminal.json(*SET, "match=any", "--dry-run")
    assert (told["match"], told["contacts"], told["shared"], told["largest"]) == ("any", 3, 2, [])

    answer = terminal.json(*SET, "match=any")
    sender.process()

    assert answer["settings"]["match"] == "all"
    assert (answer["criterion_change"]["criterion"], answer["criterion_change"]["match"]) == (
        "triplet",
        "any",
    )
    assert terminal.json("account", "show", "alice")["settings"]["match"] == "any"
    (change,) = terminal.json("account", "changes", "alice")
    assert (change["was_match"], change["outcome"]["shared"]) == ("all", 2)
    said = terminal.run("account", "changes", "alice").splitlines()[1]
    assert said.endswith("3 contacts, 3 identified by it, 2 contacts that share an identifier with others")


def test_any_identifier_needs_a_criterion_that_has_several(terminal: Terminal, sender: Sender) -> None:
    assert terminal.error(*SET, "criterion=email", "match=any") == (2, "BAD_SETTING")
    assert terminal.error(*SET, "match=some") == (2, "BAD_SETTING")
    terminal.run(*SET, "match=any")

    assert terminal.error(*SET, "criterion=email") == (2, "BAD_SETTING")
    assert terminal.json(*SET, "criterion=email", "match=all")["settings"]["match"] == "all"
