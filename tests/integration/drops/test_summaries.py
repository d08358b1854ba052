"""A file may have a report about the whole of it; the same bytes again are processed, and known again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.drops.expiring import expire
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.store.accounts import update_settings
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.clock import NOON, Clock
from tests.integration.drops.sender import Sender

OK, KO = "contacts/import/ok", "contacts/import/ko"
SECOND = int(NOON.timestamp())
ONE = "Email\na@example.com\n"
STRANGE = "Email;Humeur\na@example.com;bonne\nnobody;\n"
DAY = 24 * 60 * 60


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sender(room: Room, alice: Person, clock: Clock) -> Sender:
    return Sender(replace(room, clock=clock), alice)


def choose(sender: Sender, **settings: str) -> None:
    with sender.room.database.transaction() as connection:
        chosen = sender.person.account.settings.changed(settings)
        update_settings(connection, sender.account_id, chosen)


def outcome(drop: Drop) -> dict[str, object]:
    assert drop.outcome is not None
    return drop.outcome


def test_a_report_in_french(sender: Sender, clock: Clock) -> None:
    sender.leave("clients.csv", STRANGE)
    clock.pass_by(5)
    sender.process()

    assert sender.read(OK, f"{SECOND}_clients.csv.report.txt") == (
        "fichier : clients.csv\n"
        "résultat : appliqué\n"
        "action : import\n"
        "déposé par : alice\n"
        "déposé le : 2026-03-04 12:00:00 UTC\n"
        "traité le : 2026-03-04 12:00:05 UTC\n"
        "liste : clients\n"
        "mode : create\n"
        "lignes : 2\n"
        "contacts créés : 1\n"
        "lignes refusées : 1\n"
        "ajoutés à la liste : 1\n"
        "remarque : colonnes inconnues, ignorées : Humeur\n"
        f"rapport : {SECOND}_clients.csv.errors.csv\n"
    )


def test_a_report_in_english_about_a_refused_file(sender: Sender) -> None:
    choose(sender, language="en", summary="always")

    sender.drop("clients.csv", "Email\n")

    assert sender.read(KO, f"{SECOND}_clients.csv.report.txt") == (
        "file: clients.csv\n"
        "result: refused\n"
        "reason: NO_ROW, the file has a header but no row: nothing was changed\n"
        "action: import\n"
        "left by: alice\n"
        "left on: 2026-03-04 12:00:00 UTC\n"
        "settled on: 2026-03-04 12:00:00 UTC\n"
        "lines: 0\n"
        "rows refused: 0\n"
        f"report: {SECOND}_clients.csv.error.txt\n"
    )


@pytest.mark.parametrize(
    ("setting", "reported"),
    [("notes", ["noted.csv"]), ("always", ["noted.csv", "plain.csv"]), ("never", [])],
)
def test_an_account_says_when_it_wants_reports(sender: Sender, setting: str, reported: list[str]) -> None:
    choose(sender, summary=setting)

    sender.drop("plain.csv", ONE)
    sender.drop("noted.csv", STRANGE)

    reports = [name for name in sender.names(OK) if name.endswith(".report.txt")]
    assert reports == [f"{SECOND}_{name}.report.txt" for name in reported]


def test_nothing_in_a_file_makes_a_line_of_its_own(sender: Sender) -> None:
    sender.drop("x.csv", 'Email;"a\nrésultat : x\x1b[2J"\na@example.com;1\n')

    lines = sender.read(OK, f"{SECOND}_x.csv.report.txt").splitlines()

    assert [line for line in lines if line.startswith("résultat")] == ["résultat : appliqué"]
    assert not any("\x1b" in line for line in lines)


def test_the_same_bytes_again_are_processed_and_known(sender: Sender, clock: Clock) -> None:
    first = sender.drop("clients.csv", ONE)
    clock.pass_by(DAY)
    second = sender.drop("clients.csv", ONE)
    clock.pass_by(DAY)
    third = sender.drop("autres.csv", ONE)

    note = f"contenu connu depuis le 2026-03-04 12:00:00 UTC (« clients.csv », dépôt {first.public_id})"
    assert (outcome(first)["known_since"], outcome(first)["notes"]) == (None, [])
    for again in (second, third):
        assert again.state == "applied"
        assert outcome(again)["known_since"] == {
            "id": first.public_id,
            "file": "clients.csv",
            "at": "2026-03-04T12:00:00+00:00",
        }
        assert outcome(again)["notes"] == [note]
    report = sender.read(OK, f"{second.prefix}_clients.csv.report.txt")
    assert f"remarque : {note}\n" in report


def test_english_accounts_are_told_in_english(sender: Sender) -> None:
    choose(sender, language="en")
    first = sender.drop("clients.csv", ONE)

    again = sender.drop("clients.csv", ONE)

    told = f"content known since 2026-03-04 12:00:00 UTC (clients.csv, drop {first.public_id})"
    assert outcome(again)["notes"] == [told]


def test_only_what_was_applied_for_the_same_action_is_known(sender: Sender) -> None:
    sender.drop("clients.csv", "Email\nnobody\n")
    assert outcome(sender.drop("clients.csv", "Email\nnobody\n"))["known_since"] is None

    sender.drop("clients.csv", ONE)
    opted_out = sender.drop("clients.csv", ONE, directory="contacts/optoutEMAIL/in")

    assert opted_out.state == "applied"
    assert outcome(opted_out)["known_since"] is None


def test_a_refusal_says_so_too(sender: Sender) -> None:
    sender.drop("clients.csv", ONE)
    choose(sender, criterion="reference")

    refused = sender.drop("clients.csv", ONE)

    assert refused.state == "refused"
    assert outcome(refused)["known_since"] is not None


def test_bytes_stay_known_when_their_file_is_gone(sender: Sender, clock: Clock) -> None:
    sender.drop("clients.csv", ONE)
    clock.pass_by(31 * DAY)
    expire(sender.room)

    assert outcome(sender.drop("clients.csv", ONE))["known_since"] is not None


def test_what_was_undone_is_not_known(sender: Sender) -> None:
    first = sender.drop("clients.csv", ONE)
    undo(sender.room, sender.account_id, first.drop_id, by_whom="bob")

    assert outcome(sender.drop("clients.csv", ONE))["known_since"] is None


def test_what_bob_sent_is_not_known_to_alice(sender: Sender, make_person: MakePerson) -> None:
    Sender(sender.room, make_person("bob")).drop("clients.csv", ONE)

    assert outcome(sender.drop("clients.csv", ONE))["known_since"] is None
