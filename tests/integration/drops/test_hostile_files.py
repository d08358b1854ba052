"""Files that are after the worker lose their own job, with a reason; everybody else's goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest

from postroom.contacts.errors import Unavailable
from postroom.drops.processing import process_account
from postroom.drops.room import Room
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.readers import Readers
from tests.conftest import Person
from tests.integration.drops.sender import Sender
from tests.workbooks import package, sheet, xlsx

KO = "contacts/import/ko"
OK = "contacts/import/ok"
PEOPLE = "Email;Nom\n" + "".join(f"a{number}@example.fr;Durand\n" for number in range(20_000))


def bomb() -> bytes:
    cell = '<c t="s"><v>0</v></c>'
    return package({"A": sheet([], extra=f"<row>{cell * 100}</row>" * 100)}, strings=["x" * 1_000_000])


def frugal(room: Room) -> Room:
    return replace(room, limits=replace(room.limits, reading=ReaderLimits(512 << 20, 60)))


def contacts_of(sender: Sender) -> int:
    with sender.room.database.transaction() as connection:
        row = connection.execute(
            "select count(*) as n from contacts where account_id = %s", [sender.account_id]
        ).fetchone()
    assert row is not None
    return int(row["n"])


def test_a_bomb_of_charlies_ends_in_ko_with_a_reason_and_alices_file_is_applied(
    room: Room, alice: Person, charlie: Person
) -> None:
    hostile, honest = Sender(frugal(room), charlie), Sender(room, alice)

    refused = hostile.drop("bomb.xlsx", bomb())
    applied = honest.drop("people.csv", "Email\na@example.fr\n")

    assert refused.outcome is not None
    assert (refused.state, refused.outcome["failure"]["code"]) == ("refused", "TOO_COMPLEX")
    assert hostile.read(KO, f"{refused.prefix}_bomb.xlsx.error.txt") == (
        "la lecture de ce fichier a pris trop de temps ou de mémoire\n"
        "reading this file took too much time or memory\n"
    )
    assert contacts_of(hostile) == 0
    assert applied.state == "applied"


@contextmanager
def killing(room: Room, killed_by: signal.Signals) -> Iterator[Room]:
    """Yield a room whose readers are killed as soon as a frame is merged."""
    with Readers() as readers:
        readers.start()

        def between_steps(name: str) -> None:
            if name == "merged a frame":
                kill_readers(killed_by)

        limits = replace(room.limits, block_bytes=16 << 10)
        yield replace(room, readers=readers, limits=limits, between_steps=between_steps)


def kill_readers(killed_by: signal.Signals) -> None:
    for server in psutil.Process().children():
        if "postroom.ingest.sandbox.server" in server.cmdline():
            for reader in server.children():
                reader.send_signal(killed_by)


def test_a_reader_killed_midway_leaves_nothing_half_applied_and_its_file_is_taken_again(
    room: Room, alice: Person
) -> None:
    sender = Sender(room, alice)
    landed = sender.leave("people.csv", PEOPLE)
    assert landed.drop_id is not None

    with killing(room, signal.SIGKILL) as deadly, pytest.raises(Unavailable):
        process_account(deadly, sender.account_id)

    assert sender.drop_now(landed.drop_id).state == "claimed"
    assert contacts_of(sender) == 0
    process_account(room, sender.account_id)
    assert sender.drop_now(landed.drop_id).state == "applied"
    assert contacts_of(sender) == 20_000


def test_a_reader_that_crashes_midway_leaves_nothing_half_applied_and_its_file_in_ko(
    room: Room, alice: Person
) -> None:
    sender = Sender(room, alice)
    landed = sender.leave("people.csv", PEOPLE)
    assert landed.drop_id is not None

    with killing(room, signal.SIGSEGV) as deadly:
        process_account(deadly, sender.account_id)

    refused = sender.drop_now(landed.drop_id)
    assert refused.outcome is not None
    assert (refused.state, refused.outcome["failure"]["code"]) == ("refused", "UNREADABLE")
    assert contacts_of(sender) == 0


def test_a_workbook_is_applied_and_its_report_opens_in_a_spreadsheet_and_can_be_dropped_back(
    room: Room, alice: Person
) -> None:
    sender = Sender(room, alice)
    rows = [["Email", "Nom"], ["œuvre@example.fr", "Œuvre"], ["nobody", "Žižek"]]

    done = sender.drop("clients.xlsx", xlsx(rows, more={"Notes": [["x"]]}))

    assert done.outcome is not None
    assert done.outcome["list"]["name"] == "clients"
    assert done.outcome["notes"] == ["feuille lue : Contacts ; feuilles ignorées : Notes"]
    report = sender.read_bytes(OK, f"{done.prefix}_clients.xlsx.errors.csv")
    assert report == (
        "\ufeffEmail;Nom;Ligne;Code;Motif\nnobody;Žižek;3;INVALID_EMAIL;e-mail invalide : nobody\n".encode()
    )
    again = sender.drop("again.csv", report.replace(b"nobody;", b"somebody@example.fr;"))
    assert again.state == "applied"
    assert again.outcome is not None
    assert again.outcome["counts"]["created"] == 1
