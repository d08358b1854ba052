from __future__ import annotations

from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender

PEOPLE = "Email;Nom\na@example.com;Durand\nb@example.com;Martin\n"


def test_an_import_is_undone_by_whoever_types(terminal: Terminal, sender: Sender, charlie: Person) -> None:
    drop = sender.drop("people.csv", PEOPLE)
    of = ("drop", "undo", drop.public_id)
    assert terminal.error(*of, "--account", "charlie") == (3, "NO_DROP")

    answer = terminal.json(*of, "--account", "alice")

    assert (answer["id"], answer["dry_run"], answer["contacts_removed"]) == (drop.public_id, False, 2)
    assert (answer["list_removed"], answer["kept"], answer["report"]) == (True, {}, None)
    assert terminal.error(*of) == (5, "UNDONE")
    assert terminal.json("list", "list", "--account", "alice") == []
    shown = terminal.json("drop", "show", drop.public_id)
    assert shown["undone_by"]
    assert shown["undone_at"]
    assert shown["undo"]["contacts_removed"] == 2


def test_a_person_reads_what_was_undone_and_what_could_not_be(terminal: Terminal, sender: Sender) -> None:
    drop = sender.drop("people.csv", PEOPLE)
    sender.drop("others.csv", "Email;Nom\na@example.com;Petit\n")

    lines = terminal.run("drop", "undo", drop.public_id).splitlines()

    assert lines[0] == f"The import of drop {drop.public_id} (people.csv) is undone."
    told = [line.split() for line in lines[1:]]
    assert ["contacts", "removed", "again", "1"] in told
    assert ["could", "not", "be", "undone", "1", "NAMED_SINCE"] in told
    assert ["listed", "in", f"{drop.prefix}_people.csv.undo.csv"] in told
    shown = [line.split() for line in terminal.run("drop", "show", drop.public_id).splitlines()]
    assert ["could", "not", "be", "undone", "1", "NAMED_SINCE"] in shown


def test_a_dry_run_changes_nothing(terminal: Terminal, sender: Sender) -> None:
    drop = sender.drop("people.csv", PEOPLE)

    output = terminal.run("drop", "undo", drop.public_id, "--dry-run")

    assert output.startswith(f"The import of drop {drop.public_id} (people.csv) would be undone; nothing has")
    assert terminal.json("account", "show", "alice")["contacts"] == 2
    assert terminal.json("drop", "show", drop.public_id)["undo"] is None


def test_what_is_no_import_is_refused(terminal: Terminal, sender: Sender) -> None:
    drop = sender.drop("out.csv", "Email\na@example.com\n", directory="contacts/optoutEMAIL/in")

    assert terminal.error("drop", "undo", drop.public_id) == (2, "NO_IMPORT")


def test_an_unknown_drop_is_missing(terminal: Terminal, sender: Sender) -> None:
    assert terminal.error("drop", "undo", "1-99999") == (3, "NO_DROP")


def test_how_long_imports_can_be_undone_is_a_setting(terminal: Terminal) -> None:
    shown = {each["name"]: each for each in terminal.json("config", "show")}

    assert shown["journal_days"]["value"] == 30
