from __future__ import annotations

import pytest

from postroom.contacts.bounces import Complaint, FeedbackType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.sending.returns import complained
from postroom.store.database import Database
from postroom.store.events import record_events
from postroom.store.optouts import optouts_of
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.sending.returns.posting import NOW, posted
from tests.integration.sending.returns.telling import kinds


def complain(database: Database, person: Person) -> None:
    message = posted(database, person, "bob@gmail.com")
    with database.transaction() as connection:
        events = complained(connection, message, Complaint(FeedbackType.ABUSE), now=NOW)
        record_events(connection, message.account_id, events, now=NOW)


def opted_out(database: Database, person: Person) -> list[OptOutReason]:
    with database.transaction() as connection:
        found = optouts_of(connection, person.account.account_id, {Medium.EMAIL: "bob@gmail.com"})
    return [each.reason for each in found]


def test_an_address_is_put_on_lists_shown_and_taken_off_by_hand(terminal: Terminal, alice: Person) -> None:
    added = terminal.json("suppression", "add", "alice", "Bob@gmail.com", "--weeks", "2")
    stronger = terminal.json("suppression", "add", "alice", "bob@gmail.com")
    shown = terminal.json("suppression", "show", "alice", "bob@gmail.com")
    removed = terminal.run("suppression", "remove", "alice", "bob@gmail.com")
    empty = terminal.run("suppression", "list", "alice")

    assert (added["kind"], added["address"]) == ("QUARANTINE_TEMPORARY", "bob@gmail.com")
    assert stronger == shown
    assert (shown["kind"], shown["reason"], shown["until_at"]) == ("BLACKLIST", "MANUAL", None)
    assert removed.strip() == "bob@gmail.com is on no list any more."
    assert empty.strip() == "No address is in quarantine or blacklisted by account alice."


def test_addresses_are_listed_in_order_and_by_list(terminal: Terminal, alice: Person) -> None:
    for name in "cab":
        terminal.run("suppression", "add", "alice", f"{name}@example.com")
    terminal.run("suppression", "add", "alice", "d@example.com", "--kind", "long_term")

    every = terminal.json("suppression", "list", "alice")
    some = terminal.run("suppression", "list", "alice", "--kind", "blacklist", "--limit", "2")

    assert [each["address"][0] for each in every] == list("abcd")
    assert "a@example.com" in some
    assert "… and 1 more" in some


def test_a_complaint_goes_only_when_that_is_said(
    terminal: Terminal, database: Database, alice: Person, charlie: Person
) -> None:
    complain(database, alice)
    complain(database, charlie)

    refused = terminal.type("suppression", "remove", "alice", "bob@gmail.com")
    before = opted_out(database, alice)
    terminal.run("suppression", "remove", "alice", "bob@gmail.com", "--complaints")

    assert (refused.exit_code, "--complaints" in refused.errors) == (2, True)
    assert before == [OptOutReason.SPAM]
    assert opted_out(database, alice) == []
    assert opted_out(database, charlie) == [OptOutReason.SPAM]
    assert kinds(database, alice)[-1] == "suppression.changed"


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        (2, ("add", "alice", "nobody")),
        (2, ("add", "alice", "bob@gmail.com", "--kind", "temporary")),
        (2, ("add", "alice", "bob@gmail.com", "--kind", "blacklist", "--weeks", "2")),
        (3, ("show", "alice", "bob@gmail.com")),
        (3, ("remove", "alice", "nobody")),
        (3, ("list", "mallory")),
    ],
)
def test_what_cannot_be_is_refused(
    terminal: Terminal, alice: Person, code: int, asked: tuple[str, ...]
) -> None:
    assert terminal.error("suppression", *asked)[0] == code
