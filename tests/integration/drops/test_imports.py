"""A contact file left in `contacts/import/in` becomes a list."""

from __future__ import annotations

from postroom.drops.room import Room
from postroom.store import contacts, lists
from tests.conftest import Person
from tests.integration.drops.sender import Sender

SEED_SAMPLE = (
    'Référence ;Civilité;Prénom;Nom;Email;"Téléphone Fixe";\n'
    "123454R;M.;Pierre ;DUPONT ;pierre.dupont@mygmail.com ;0286786589\n"
    "67676F6;Mme;Sylvie ;MARTIN;sylvie.martin@mygmail.com ;05.80.99.90.68\n"
    "785645P;M.;Michel ;DURAND ;michel.durand@mygmail.com ;336 90 78 56 90\n"
)


def test_the_sample_of_the_document_becomes_a_list_of_three(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)

    drop = sender.drop("mylist.csv", SEED_SAMPLE)

    assert drop.state == "applied"
    assert drop.outcome is not None
    assert drop.outcome["counts"]["created"] == 3
    with room.database.transaction() as connection:
        (mylist,) = lists.lists_of_account(connection, alice.account.account_id)
        assert (mylist.name, mylist.members) == ("mylist", 3)
        (michel,) = contacts.find_contacts(connection, alice.account.account_id, reference="785645P")
        assert michel["phone"] == "+33690785690"
        assert michel["lists"] == ["mylist"]
