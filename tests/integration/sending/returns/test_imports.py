"""What came back outlives every import: files make contacts and lists, and lift nothing."""

from __future__ import annotations

import pytest

from postroom.contacts.bounces import Complaint, FeedbackType
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.sending.returns import bounced, classify, complained
from postroom.store.events import record_events
from postroom.store.optouts import optouts_of
from postroom.store.suppressions import suppression_of
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.sending.returns.posting import NOW, posted
from tests.integration.sending.returns.telling import kinds

GONE, ANGRY, FULL = "gone@gmail.com", "angry@gmail.com", "full@gmail.com"
EVERYBODY = (GONE, ANGRY, FULL)
FILE = "Email;Nom\n" + "".join(f"{address};Durand\n" for address in EVERYBODY)


def return_mails(room: Room, person: Person) -> None:
    """Have one of Alice's mails bounce for good, one for a while, and one complained of."""
    with room.database.transaction() as connection:
        account_id = person.account.account_id
        events = bounced(
            connection, posted(room.database, person, GONE), classify("550", "5.1.1", "No"), now=NOW
        )
        events += bounced(
            connection, posted(room.database, person, FULL), classify("452", "4.2.2", "full"), now=NOW
        )
        angry = posted(room.database, person, ANGRY)
        events += complained(connection, angry, Complaint(FeedbackType.ABUSE), now=NOW)
        record_events(connection, account_id, events, now=NOW)


def standing(room: Room, person: Person) -> dict[str, tuple[SuppressionKind | None, OptOutReason | None]]:
    found = {}
    account_id = person.account.account_id
    with room.database.transaction() as connection:
        for address in EVERYBODY:
            listed = suppression_of(connection, account_id, address, Channel.EMAIL, now=NOW)
            out = optouts_of(connection, account_id, {Medium.EMAIL: address})
            found[address] = (listed.kind if listed else None, out[0].reason if out else None)
    return found


AS_IT_WAS = {
    GONE: (SuppressionKind.QUARANTINE_LONG_TERM, OptOutReason.HARD_BOUNCE),
    ANGRY: (SuppressionKind.BLACKLIST, OptOutReason.SPAM),
    FULL: (SuppressionKind.QUARANTINE_TEMPORARY, None),
}


@pytest.mark.parametrize("marker", [".createNewList", ".addToExistingList", ".syncExistingList"])
def test_no_import_lifts_anything(room: Room, alice: Person, marker: str) -> None:
    sender = Sender(room, alice)
    sender.drop("news.csv", FILE)
    return_mails(room, alice)
    before = kinds(room.database, alice)

    sender.mark(marker)
    sender.drop("news.csv", FILE.replace("Durand", "Martin"))

    assert standing(room, alice) == AS_IT_WAS
    assert kinds(room.database, alice) == before


def test_deleting_contacts_and_bringing_them_again_lifts_nothing(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.drop("news.csv", FILE)
    return_mails(room, alice)

    sender.drop("news.csv", FILE, directory="contacts/delete/in")
    sender.drop("news.csv", FILE)

    assert standing(room, alice) == AS_IT_WAS


def test_a_file_of_opt_ins_lifts_nothing_that_came_back(room: Room, alice: Person) -> None:
    return_mails(room, alice)

    drop = Sender(room, alice).drop("in.csv", FILE, directory="contacts/optinEMAIL/in")

    assert drop.state == "applied"
    assert standing(room, alice) == AS_IT_WAS


def test_where_the_account_says_so_a_file_of_opt_ins_lifts_bounces_and_complaints(
    room: Room, make_person: MakePerson
) -> None:
    bob = make_person("bob", optin_lifts_complaints="true")
    return_mails(room, bob)

    Sender(room, bob).drop("in.csv", FILE, directory="contacts/optinEMAIL/in")

    with room.database.transaction() as connection:
        listed = [
            suppression_of(connection, bob.account.account_id, address, Channel.EMAIL, now=room.clock())
            for address in (GONE, ANGRY)
        ]
    assert listed == [None, None]
    assert [out for _, out in standing(room, bob).values()] == [None, None, None]


def test_a_file_of_opt_outs_makes_nothing_weaker(room: Room, alice: Person) -> None:
    return_mails(room, alice)

    Sender(room, alice).drop("out.csv", FILE, directory="contacts/optoutEMAIL/in")

    assert standing(room, alice) == {**AS_IT_WAS, FULL: (AS_IT_WAS[FULL][0], OptOutReason.ACCOUNT)}
