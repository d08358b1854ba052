from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroom.drops.expiring import expire
from postroom.drops.room import Room
from postroom.store import drops
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.batching import realm_of
from tests.integration.drops.sender import IN, Sender

GOOD = "Email\na@example.com\nnobody\na@example.com\n"


def test_a_drop_shows_what_became_of_it_and_where_its_files_are(terminal: Terminal, sender: Sender) -> None:
    drop = sender.drop("people.csv", GOOD)

    shown = terminal.json("drop", "show", drop.public_id)

    assert (shown["id"], shown["account"], shown["login"]) == (drop.public_id, "alice", "alice")
    assert (shown["state"], shown["file"], shown["attempts"]) == ("applied", "people.csv", 1)
    counts = shown["counts"]
    assert (counts["lines"], counts["created"], counts["duplicates"], counts["refused"]) == (3, 1, 1, 1)
    assert (shown["list"]["name"], shown["mode"], shown["failure"]) == ("people", "create", None)
    base = f"/contacts/import/ok/{drop.prefix}_people.csv"
    assert [file["path"] for file in shown["files"]] == [base, f"{base}.errors.csv"]


def test_a_drop_says_when_its_files_were_removed(terminal: Terminal, sender: Sender, room: Room) -> None:
    drop = sender.drop("people.csv", GOOD)
    assert terminal.json("drop", "show", drop.public_id)["files_removed_at"] is None
    later = datetime.now(UTC) + timedelta(days=31)

    expire(replace(room, clock=lambda: later))

    shown = terminal.json("drop", "show", drop.public_id)
    assert (shown["files"], shown["counts"]["created"]) == ([], 1)
    assert shown["files_removed_at"].startswith(f"{later:%Y-%m-%dT%H:%M}")
    lines = terminal.run("drop", "show", drop.public_id).splitlines()
    assert [line.split()[2] for line in lines if line.startswith("files removed")] == [f"{later:%Y-%m-%d}"]


def test_a_refused_drop_says_why_in_the_language_of_the_account(terminal: Terminal, sender: Sender) -> None:
    french = sender.drop("empty.csv", "")
    terminal.run("account", "set", "alice", "language=en")
    english = sender.drop("nothing.csv", "Email\n")

    shown = terminal.json("drop", "show", english.public_id)
    assert (shown["state"], shown["counts"]["created"]) == ("refused", 0)
    assert shown["failure"]["code"] == "NO_ROW"
    assert shown["failure"]["text"] == "the file has a header but no row: nothing was changed"
    assert all(file["path"].startswith("/contacts/import/ko/") for file in shown["files"])
    terminal.run("account", "set", "alice", "language=fr")
    assert "EMPTY_FILE: le fichier est vide" in terminal.run("drop", "show", french.public_id)


def test_drops_are_listed_newest_first_with_what_they_came_to(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", GOOD)
    sender.drop("empty.csv", "")

    header, newest, oldest = terminal.run("drop", "list", "--account", "alice").splitlines()

    assert header.split()[:4] == ["Id", "State", "Action", "File"]
    assert newest.endswith("EMPTY_FILE")
    assert oldest.endswith("1 created, 0 updated, 1 refused")


def test_drops_are_listed_by_state(terminal: Terminal, sender: Sender) -> None:
    sender.drop("people.csv", GOOD)
    waiting = sender.leave("later.csv", GOOD)
    of = ("drop", "list", "--account", "alice", "--state")

    (ready,) = terminal.json(*of, "ready")
    assert ready["id"] == f"{sender.account_id}-{waiting.drop_id}"
    assert (ready["counts"], ready["failure"], ready["settled_at"]) == (None, None, None)
    assert [each["file"] for each in terminal.json(*of, "applied")] == ["people.csv"]
    assert "has no parked drop" in terminal.run(*of, "parked")
    assert terminal.error(*of, "lost") == (2, "BAD_STATE")


def test_a_parked_drop_is_retried(terminal: Terminal, sender: Sender) -> None:
    drop_id = park(sender)
    public_id = f"{sender.account_id}-{drop_id}"
    assert terminal.json("drop", "show", public_id)["state"] == "parked"

    assert terminal.json("drop", "retry", public_id) == {"id": public_id, "state": "claimed"}

    sender.process()
    shown = terminal.json("drop", "show", public_id)
    assert (shown["state"], shown["counts"]["created"]) == ("applied", 1)


def test_a_drop_that_is_done_is_not_retried(terminal: Terminal, sender: Sender) -> None:
    drop = sender.drop("people.csv", GOOD)

    answer = terminal.type("drop", "retry", drop.public_id)

    assert answer.exit_code == 5
    assert "is applied; only parked and arriving drops can be retried" in answer.errors


@pytest.mark.parametrize("public_id", ["1", "one-two", "0-1", "1-0", "-1-1", "1-1-1", ""])
def test_what_is_no_id_is_refused(terminal: Terminal, alice: Person, public_id: str) -> None:
    answer = terminal.type("drop", "show", "--", public_id)

    assert answer.exit_code == 2
    assert "is no drop's id; one looks like 3-17" in answer.errors


@pytest.mark.parametrize("public_id", ["1-99999", "999999-1", "9999999999-1", "1-9999999999999999999"])
def test_an_unknown_drop_is_missing(terminal: Terminal, alice: Person, public_id: str) -> None:
    assert terminal.error("drop", "show", public_id) == (3, "NO_DROP")
    assert terminal.error("drop", "retry", public_id) == (3, "NO_DROP")


def test_charlie_never_sees_or_retries_a_drop_of_alice(
    terminal: Terminal, sender: Sender, charlie: Person
) -> None:
    drop = sender.drop("people.csv", GOOD)
    parked = f"{sender.account_id}-{park(sender)}"

    assert terminal.json("drop", "list", "--account", "charlie") == []
    assert terminal.error("drop", "show", drop.public_id, "--account", "charlie") == (3, "NO_DROP")
    assert terminal.error("drop", "retry", parked, "--account", "charlie") == (3, "NO_DROP")
    forged = f"{charlie.account.account_id}-{drop.drop_id}"
    assert terminal.error("drop", "show", forged) == (3, "NO_DROP")
    assert terminal.json("drop", "show", parked, "--account", "alice")["state"] == "parked"


def test_a_drop_that_the_guard_refused_is_released_by_whoever_types(
    terminal: Terminal, sender: Sender, charlie: Person
) -> None:
    public_id = guarded(terminal, sender)
    assert terminal.json("drop", "show", public_id)["failure"]["figures"]["taken"] == 2
    assert terminal.error("drop", "release", public_id, "--account", "charlie") == (3, "NO_DROP")

    answer = terminal.json("drop", "release", public_id, "--account", "alice")

    assert (answer["id"], answer["state"]) == (public_id, "claimed")
    assert terminal.error("drop", "release", public_id) == (5, "NOT_GUARDED")
    sender.process()
    shown = terminal.json("drop", "show", public_id)
    assert (shown["state"], shown["counts"]["removed_from_list"]) == ("applied", 2)
    assert (shown["released_by"], shown["released_at"]) == (answer["released_by"], answer["released_at"])
    assert answer["released_by"]
    assert "released by" in terminal.run("drop", "show", public_id)


def test_a_person_reads_that_a_drop_is_back_in_line(terminal: Terminal, sender: Sender) -> None:
    public_id = guarded(terminal, sender)

    assert terminal.run("drop", "release", public_id).endswith(
        "(people.csv) is back in line, past the guard; `postroom serve` processes it.\n"
    )


def test_a_name_cannot_play_tricks_on_the_terminal(terminal: Terminal, sender: Sender, room: Room) -> None:
    sender.leave("\x1b[2J\u202egnp.csv", GOOD, directory=IN)

    output = terminal.run("drop", "list", "--account", "alice")

    assert "\\x1b[2J\\u202egnp.csv" in output
    assert "\x1b" not in output
    assert "\u202e" not in terminal.run("drop", "list", "--account", "alice", "--json")


def guarded(terminal: Terminal, sender: Sender) -> str:
    """Leave a drop that the guard against mass change refuses; return its id."""
    terminal.run("account", "set", "alice", "guard_percent=50")
    sender.mark(".syncExistingList")
    sender.drop("people.csv", "Email\na@example.com\nb@example.com\n")
    drop = sender.drop("people.csv", "Email\nc@example.com\n")
    assert drop.state == "refused"
    return drop.public_id


def park(sender: Sender) -> int:
    """Leave a drop that Postroom has given up on; return its number."""
    landed = sender.leave("stubborn.csv", "Email\ns@example.com\n")
    assert landed.drop_id is not None
    with sender.room.database.transaction() as connection:
        drop = drops.drop_by_id(connection, sender.account_id, landed.drop_id)
        assert drop is not None
        claimed = drops.claim_drop(connection, drop, prefix=1, now=sender.room.clock())
        drops.park_drop(connection, claimed, outcome={"parked_after_attempts": 3})
    return landed.drop_id


def test_a_batch_shows_what_came_of_its_commands(terminal: Terminal, room: Room, alice: Person) -> None:
    realm = realm_of(room, alice)
    drop = realm.run(
        "cmd=save&data=email^a@example.com^nobody", header=("description=fair", "confirmation_email=a@b.de")
    )

    shown = terminal.json("drop", "show", drop.public_id)
    assert (shown["state"], shown["action"], shown["failure"]) == ("applied", "batch", None)
    batch = shown["batch"]
    assert (batch["realm"], batch["description"], batch["mails"]) == ("alice", "fair", 1)
    assert (batch["tally"]["records"], batch["tally"]["records_failed"]) == (2, 1)
    assert [(each["line"], each["record"], each["code"]) for each in batch["findings"]] == [
        (6, 2, "INVALID_EMAIL")
    ]
    assert [file["path"] for file in shown["files"]] == [f"/kept/batches/{drop.prefix}_batch.dat"]
    text = terminal.run("drop", "show", drop.public_id)
    assert "line 6 record 2 INVALID_EMAIL" in text
    assert "save: e-mail invalide : nobody" in text
    assert "1 commands, 1 failed" in terminal.run("drop", "list", "--account", "alice")
    assert "batch.confirmation" in terminal.run("notify", "deliveries", "alice")
    assert realm.password not in text


def test_a_refused_batch_says_why(terminal: Terminal, room: Room, alice: Person) -> None:
    drop = realm_of(room, alice).send("a.dat", "realm=alice\npassword=wrong\n\ncmd=save\n")

    shown = terminal.json("drop", "show", drop.public_id)
    assert (shown["failure"]["code"], shown["batch"]["realm"]) == ("LOGIN_FAILED", None)
    assert "LOGIN_FAILED: realm ou mot de passe refusé" in terminal.run("drop", "show", drop.public_id)
    codes = [terminal.error("drop", command, drop.public_id)[0] for command in ("undo", "release", "retry")]
    assert codes == [2, 5, 5]


def test_a_batch_with_a_wrong_header_says_in_which_line(
    terminal: Terminal, room: Room, alice: Person
) -> None:
    drop = realm_of(room, alice).run("cmd=save&data=email^a@example.com", header=("verbose=maybe",))

    assert terminal.json("drop", "show", drop.public_id)["failure"]["line"] == 3
    assert "line 3 BAD_FLAG: " in terminal.run("drop", "show", drop.public_id)


def test_what_has_no_line_is_told_without(terminal: Terminal, room: Room, alice: Person) -> None:
    drop = realm_of(room, alice).run("cmd=save&data=email^a@example.com", name="a b.dat")

    text = terminal.run("drop", "show", drop.public_id)
    assert "NAME_TO_AVOID" in text
    assert "line 0" not in text
