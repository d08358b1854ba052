"""Deposits for several accounts: Alice's login writes into her own account and Bob's, and never Charlie's."""

from __future__ import annotations

import pytest

from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.store import lists
from tests.conftest import MakePerson, Person
from tests.integration.drops.accounts_state import state_of
from tests.integration.drops.dispatching import (
    above_nought,
    counted,
    drops_of,
    last_names,
    list_sizes,
    mean,
    optouts,
)
from tests.integration.drops.sender import Sender

SAMPLE = """Référence ;Civilité;Prénom;Nom;Email;"Téléphone Fixe";"dispatch"
123454R;M.;Pierre ;DUPONT ;pierre.dupont@mygmail.com ;0286786589;"AO201"
67676F6;Mme;Sylvie ;MARTIN;sylvie.martin@mygmail.com ;05.80.99.90.68;"AO360"
785645P;M.;Michel ;DURAND ;michel.durand@mygmail.com ;336 90 78 56 90;"AO201"
"""


@pytest.fixture
def bob(make_person: MakePerson) -> Person:
    return make_person("bob", language="en", criterion="email")


@pytest.fixture
def sender(room: Room, alice: Person, bob: Person) -> Sender:
    mean(room, alice, AO201=alice, AO360=bob)
    return Sender(room, alice)


def test_the_sample_of_the_document_goes_to_two_accounts(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    drop = sender.drop("clients.csv", SAMPLE)

    assert drop.state == "applied"
    assert counted(drop) == {
        "alice": {"lines": 2, "created": 2, "added_to_list": 2},
        "bob": {"lines": 1, "created": 1, "added_to_list": 1},
    }
    assert drop.outcome is not None
    assert above_nought(drop.outcome["counts"]) == {"lines": 3, "created": 3, "added_to_list": 3}
    assert drop.outcome["notes"] == []
    assert (last_names(room, alice), list_sizes(room, alice)) == (["DUPONT", "DURAND"], {"clients": 2})
    assert (last_names(room, bob), list_sizes(room, bob)) == (["MARTIN"], {"clients": 1})
    assert sender.names("contacts/import/ok") == [f"{drop.prefix}_clients.csv"]


def test_bob_finds_in_his_drops_why_his_contacts_changed(room: Room, sender: Sender, bob: Person) -> None:
    drop = sender.drop("clients.csv", SAMPLE)

    (his,) = drops_of(room, bob)

    assert (his.state, his.action, his.name, his.login) == ("applied", "import", "clients.csv", "alice")
    assert (his.sent_account_id, his.sent_drop_id) == (drop.account_id, drop.drop_id)
    assert drop.outcome is not None
    assert drop.outcome["accounts"][1]["drop"] == his.public_id
    assert his.outcome is not None
    assert his.outcome["counts"]["created"] == 1
    with room.database.transaction() as connection:
        (clients,) = lists.lists_of_account(connection, bob.account.account_id)
    assert clients.last_drop_id == his.drop_id
    assert Sender(room, bob).names("contacts/import/ok") == [], "the file is for its sender alone"


def test_what_bobs_part_did_is_undone_by_itself(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    sender.drop("clients.csv", SAMPLE)
    (his,) = drops_of(room, bob)

    undone = undo(room, his.account_id, his.drop_id, by_whom="operator")

    assert undone["contacts_removed"] == 1
    assert (last_names(room, bob), list_sizes(room, bob)) == ([], {})
    assert last_names(room, alice) == ["DUPONT", "DURAND"]


@pytest.mark.parametrize("said", ["AO360", " ao360 ", "Ao360"])
def test_case_and_blanks_of_a_reference_do_not_matter(
    room: Room, sender: Sender, bob: Person, said: str
) -> None:
    sender.drop("clients.csv", f"dispatch;Email;Nom\n{said};a@example.com;Petit\n")

    assert last_names(room, bob) == ["Petit"]


def test_two_references_may_mean_one_account(room: Room, sender: Sender, alice: Person, bob: Person) -> None:
    mean(room, alice, LYON=bob)

    drop = sender.drop(
        "clients.csv", "Email;Nom;dispatch\na@example.com;Petit;LYON\nA@example.com;Grand;AO360\n"
    )

    assert counted(drop) == {"bob": {"lines": 2, "created": 1, "duplicates": 1, "added_to_list": 1}}
    assert last_names(room, bob) == ["Grand"]


def test_rows_of_nobody_are_refused_and_the_report_says_so(
    room: Room, sender: Sender, charlie: Person
) -> None:
    drop = sender.drop(
        "clients.csv",
        "Email;Nom;dispatch\na@example.com;Durand;AO201\nb@example.com;Petit;AO999\n"
        "c@example.com;Grand; \nnobody;Martin;AO360\nd@example.com;Leroy;charlie\ne;Roy;AO201;more\n",
    )

    assert drop.outcome is not None
    assert above_nought(drop.outcome["counts"]) == {
        "lines": 6,
        "created": 1,
        "refused": 5,
        "added_to_list": 1,
    }
    assert sender.read("contacts/import/ok", f"{drop.prefix}_clients.csv.errors.csv") == (
        "Email;Nom;dispatch;;Ligne;Code;Motif\n"
        "b@example.com;Petit;AO999;;3;UNKNOWN_DISPATCH;compte inconnu : AO999\n"
        "c@example.com;Grand; ;;4;MISSING_DISPATCH;aucun compte sur cette ligne (colonne dispatch vide)\n"
        "nobody;Martin;AO360;;5;INVALID_EMAIL;invalid e-mail: nobody\n"
        "d@example.com;Leroy;charlie;;6;UNKNOWN_DISPATCH;compte inconnu : charlie\n"
        "e;Roy;AO201;more;7;TOO_MANY_COLUMNS;plus de cellules que d'en-têtes : more\n"
    )
    assert last_names(room, charlie) == []


def test_the_corrected_report_can_be_dropped_back(room: Room, sender: Sender, bob: Person) -> None:
    first = sender.drop(
        "clients.csv", "Email;Nom;dispatch\na@example.com;Petit;AO306\nb@example.com;Roy;AO201\n"
    )
    report = sender.read("contacts/import/ok", f"{first.prefix}_clients.csv.errors.csv")

    again = sender.drop("again.csv", report.replace("AO306", "AO360"))

    assert counted(again) == {"bob": {"lines": 1, "created": 1, "added_to_list": 1}}
    assert last_names(room, bob) == ["Petit"]


def test_an_account_none_of_whose_rows_is_good_stays_as_it_was(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    before = state_of(room, bob.account.account_id)

    drop = sender.drop("clients.csv", "Email;Nom;dispatch\nnobody;Petit;AO360\na@example.com;Durand;AO201\n")

    assert drop.state == "applied"
    assert drop.outcome is not None
    ours, his = drop.outcome["accounts"]
    assert (ours["failure"], his["failure"]["code"]) == (None, "NO_VALID_ROW")
    assert list_sizes(room, bob) == {}
    assert state_of(room, bob.account.account_id) == before
    assert [each.state for each in drops_of(room, bob)] == ["refused"]
    assert last_names(room, alice) == ["Durand"]


def test_a_file_without_any_good_row_is_refused(room: Room, sender: Sender, bob: Person) -> None:
    drop = sender.drop("clients.csv", "Email;Nom;dispatch\nnobody;Petit;AO360\na@example.com;Durand;AO999\n")

    assert drop.state == "refused"
    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "NO_VALID_ROW"
    report = sender.read("contacts/import/ko", f"{drop.prefix}_clients.csv.errors.csv")
    assert [line.split(";")[4] for line in report.splitlines()[1:]] == ["INVALID_EMAIL", "UNKNOWN_DISPATCH"]
    assert drops_of(room, bob) == []


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("Email;Nom\na@example.com;Durand\n", "MISSING_COLUMN", "dispatch"),
        ("Email;dispatch;Dispatch\na@example.com;AO201;AO360\n", "DUPLICATE_HEADER", "dispatch / dispatch"),
        ("Email,Nom,dispatch\na@example.com,Durand,AO201\n", "WRONG_SEPARATOR", "« , » / « ; »"),
        ("Email;Nom;dispatch\n", "NO_ROW", ""),
        ("what;is;this\n1;2;3\n", "NO_KNOWN_HEADER", "what;is;this"),
    ],
)
def test_a_file_that_is_not_for_several_accounts_is_refused(
    room: Room, sender: Sender, alice: Person, text: str, code: str, value: str
) -> None:
    drop = sender.drop("clients.csv", text)

    assert drop.outcome is not None
    failure = drop.outcome["failure"]
    assert (drop.state, failure["code"], failure["value"]) == ("refused", code, value)
    assert last_names(room, alice) == []


def test_each_account_reads_the_header_by_its_own_labels(room: Room, make_person: MakePerson) -> None:
    alice = make_person("alice", field01="Magasin")
    bob = make_person("bob", field02="Magasin")
    mean(room, alice, A=alice, B=bob)

    drop = Sender(room, alice).drop(
        "clients.csv", "Email;Magasin;Pointure;dispatch\na@example.com;Lyon;42;A\nb@example.com;Nantes;43;B\n"
    )

    with room.database.transaction() as connection:
        rows = connection.execute("select field01, field02 from contacts order by email").fetchall()
    assert rows == [{"field01": "Lyon", "field02": None}, {"field01": None, "field02": "Nantes"}]
    assert drop.outcome is not None
    assert drop.outcome["notes"] == ["colonnes inconnues, ignorées : Pointure"]


def test_each_account_tells_contacts_apart_in_its_own_way(room: Room, make_person: MakePerson) -> None:
    alice, bob = make_person("alice", criterion="reference"), make_person("bob", criterion="email")
    mean(room, alice, A=alice, B=bob)
    sender = Sender(room, alice)
    sender.drop("one.csv", "Référence;Email;Nom;dispatch\nR1;a@example.com;Un;A\nR1;a@example.com;Un;B\n")

    moved = sender.drop(
        "two.csv", "Référence;Email;Nom;dispatch\nR1;new@example.com;Deux;A\nR1;new@example.com;Deux;B\n"
    )

    assert counted(moved) == {
        "alice": {"lines": 1, "updated": 1, "added_to_list": 1},
        "bob": {"lines": 1, "created": 1, "added_to_list": 1},
    }


def test_an_account_that_lacks_a_column_has_its_rows_refused(room: Room, make_person: MakePerson) -> None:
    alice, bob = make_person("alice"), make_person("bob", criterion="reference", language="en")
    mean(room, alice, A=alice, B=bob)
    sender = Sender(room, alice)

    drop = sender.drop("clients.csv", "Email;dispatch\na@example.com;A\nb@example.com;B\n")

    assert drop.state == "applied"
    assert drop.outcome is not None
    assert drop.outcome["accounts"][1]["failure"]["code"] == "MISSING_COLUMN"
    assert sender.read("contacts/import/ok", f"{drop.prefix}_clients.csv.errors.csv") == (
        "Email;dispatch;Ligne;Code;Motif\n"
        "b@example.com;B;3;MISSING_COLUMN;a required column is missing: Référence\n"
    )
    assert drops_of(room, bob) == []


def test_a_sync_touches_the_accounts_in_the_file_alone(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    sender.mark(".syncExistingList")
    sender.drop(
        "clients.csv", "Email;Nom;dispatch\na@x.fr;A;AO201\nb@x.fr;B;AO201\nc@x.fr;C;AO360\nd@x.fr;D;AO360\n"
    )

    ours = sender.drop("clients.csv", "Email;Nom;dispatch\na@x.fr;A;AO201\n")

    assert counted(ours) == {"alice": {"lines": 1, "unchanged": 1, "removed_from_list": 1}}
    assert list_sizes(room, alice) == {"clients": 1}
    assert list_sizes(room, bob) == {"clients": 2}


def test_the_mode_add_fills_the_list_of_each(room: Room, sender: Sender, alice: Person, bob: Person) -> None:
    sender.mark(".addToExistingList")
    for name in ("a", "b"):
        sender.drop("clients.csv", f"Email;Nom;dispatch\n{name}@x.fr;A;AO201\n{name}@x.fr;B;AO360\n")

    assert (list_sizes(room, alice), list_sizes(room, bob)) == ({"clients": 2}, {"clients": 2})


def test_opting_out_and_in_is_for_the_account_of_the_row(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    rows = "Email;dispatch\na@example.com;AO201\nb@example.com;AO360\n"

    out = sender.drop("out.csv", rows, directory="contacts/optoutEMAIL/in")

    assert (optouts(room, alice), optouts(room, bob)) == (["EMAIL a@example.com"], ["EMAIL b@example.com"])
    assert counted(out)["bob"] == {"lines": 1, "opted_out": 1, "unknown": 1}
    his = drops_of(room, bob)[-1]
    with room.database.transaction() as connection:
        acts = connection.execute(
            "select drop_id, by_whom from consent_acts where account_id = %s", [bob.account.account_id]
        ).fetchall()
    assert acts == [{"drop_id": his.drop_id, "by_whom": "alice"}]

    sender.drop("in.csv", rows.replace("b@", "c@"), directory="contacts/optinEMAIL/in")

    assert (optouts(room, alice), optouts(room, bob)) == ([], ["EMAIL b@example.com"])


def test_a_header_alone_opts_nobody_out_in_any_account(room: Room, sender: Sender, bob: Person) -> None:
    drop = sender.drop("out.csv", "Email;dispatch\n", directory="contacts/optoutEMAIL/in")

    assert (drop.state, counted(drop)) == ("applied", {})
    assert drops_of(room, bob) == []


def test_deleting_is_for_the_account_of_the_row(
    room: Room, sender: Sender, alice: Person, bob: Person
) -> None:
    both = "Email;Nom;dispatch\na@x.fr;A;AO201\na@x.fr;A;AO360\nb@x.fr;B;AO201\nb@x.fr;B;AO360\n"
    sender.drop("clients.csv", both)

    gone = sender.drop(
        "gone.csv", "Email;dispatch\na@x.fr;AO201\nb@x.fr;AO360\n", directory="contacts/delete/in"
    )

    assert (last_names(room, alice), last_names(room, bob)) == (["B"], ["A"])
    assert counted(gone) == {"alice": {"lines": 1, "deleted": 1}, "bob": {"lines": 1, "deleted": 1}}


def test_deleting_without_a_criterion_refuses_the_rows_of_that_account(
    room: Room, make_person: MakePerson
) -> None:
    alice, bob = make_person("alice", criterion="email"), make_person("bob", criterion="none")
    mean(room, alice, A=alice, B=bob)
    sender = Sender(room, alice)
    sender.drop("clients.csv", "Email;Nom;dispatch\na@x.fr;A;A\nb@x.fr;B;B\n")

    gone = sender.drop("gone.csv", "Email;dispatch\na@x.fr;A\nb@x.fr;B\n", directory="contacts/delete/in")

    assert gone.outcome is not None
    assert [each["failure"] and each["failure"]["code"] for each in gone.outcome["accounts"]] == [
        None,
        "NO_CRITERION",
    ]
    assert (last_names(room, alice), last_names(room, bob)) == ([], ["B"])
