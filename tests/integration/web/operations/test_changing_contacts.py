from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from postroom.contacts.errors import Denied, PostroomError, Refused
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.web.api.operations.contacts import (
    MOST_CHANGED,
    ContactFilter,
    delete_contacts,
    update_contacts,
)
from tests.conftest import MakePerson, Person
from tests.integration.web.operations.calling import Program, caller_of

ACCOUNT, CONTACT = OptOutReason.ACCOUNT, OptOutReason.CONTACT
HARD_BOUNCE, SPAM = OptOutReason.HARD_BOUNCE, OptOutReason.SPAM


@pytest.fixture
def shop(room: Room, make_person: MakePerson) -> Program:
    """Return a program of Bob's, whose contacts are told apart by their e-mail."""
    return Program(room, make_person("bob", criterion="email"))


def refusal(call: Callable[[], object]) -> PostroomError:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value


def test_new_values_are_written_as_the_law_writes_them(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "first_name": "Ann", "city": "Lyon"})

    count = shop.update(ann, city=" Paris ", mobile="06 12 34 56 78", birth_date="1980-02-29")

    assert count == 1
    assert shop.values(ann) == {
        "email": "ann@example.com",
        "first_name": "Ann",
        "city": "Paris",
        "mobile": "+33612345678",
        "birth_date": date(1980, 2, 29),
    }


def test_an_empty_value_erases(shop: Program) -> None:
    [ann] = shop.create(
        {"email": "ann@example.com", "first_name": "Ann", "city": "Lyon", "birth_date": "01/02/2003"}
    )

    shop.update(ann, first_name=None, city=" ", birth_date="")

    assert shop.values(ann) == {"email": "ann@example.com"}


def test_only_who_changes_has_been_changed_now(shop: Program) -> None:
    ann, ben = shop.create({"email": "ann@example.com", "city": "Lyon"}, {"email": "ben@example.com"})
    before = {each: shop.contact(each).updated_at for each in (ann, ben)}

    assert shop.update(ContactFilter(ids=[ann, ben]), city="Lyon") == 2

    assert shop.contact(ann).updated_at == before[ann]
    assert shop.contact(ben).updated_at > before[ben]


def test_a_filter_chooses_who_is_changed(shop: Program) -> None:
    ann, ben = shop.create({"email": "ann@example.com"}, {"email": "ben@example.com"})

    assert shop.update(ContactFilter(email=" BEN@example.com"), city="Lyon") == 1
    assert shop.update(ContactFilter(email="nonsense"), city="Paris") == 0
    assert shop.update(ContactFilter(ids=[999]), city="Paris") == 0

    assert (shop.values(ann).get("city"), shop.values(ben).get("city")) == (None, "Lyon")


def test_a_changed_key_is_met_by_files_and_calls(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "first_name": "Ann"})

    shop.update(ann, email="Anna@example.com")

    assert shop.create({"email": "anna@example.com"}) == [ann]
    shop.files.drop("people.csv", "Email;Prénom\nanna@example.com;Anna\n")
    assert shop.values(ann)["first_name"] == "Anna"
    assert shop.create({"email": "ann@example.com"}) != [ann]


def test_a_triplet_is_keyed_by_all_three_again(room: Room, alice: Person) -> None:
    program = Program(room, alice)
    [ann] = program.create({"email": "ann@example.com", "mobile": "0612345678"})

    program.update(ann, mobile=None, phone="0472000000")

    assert program.create({"email": "ann@example.com", "phone": "0472000000"}) == [ann]
    assert program.create({"email": "ann@example.com", "mobile": "0612345678"}) != [ann]


def test_nobody_becomes_the_same_as_somebody_else(shop: Program) -> None:
    ann, ben = shop.create({"email": "ann@example.com"}, {"email": "ben@example.com"})

    error = refusal(lambda: shop.update(ann, email="ben@example.com", city="Lyon"))

    assert (error.code, error.details) == ("SAME_CONTACT", {"id": ann, "other": ben})
    assert error.message == f"Contact {ann} would be the same as contact {ben}, by email."
    assert shop.values(ann) == {"email": "ann@example.com"}


def test_two_do_not_become_the_same(shop: Program) -> None:
    ann, ben = shop.create({"email": "ann@example.com"}, {"email": "ben@example.com"})

    error = refusal(lambda: shop.update(ContactFilter(ids=[ann, ben]), email="new@example.com"))

    assert error.code == "SAME_CONTACT"
    assert shop.emails() == ["ann@example.com", "ben@example.com"]


def test_giving_a_contact_what_it_has_is_no_collision(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com"})

    assert shop.update(ann, email="ANN@example.com") == 1


def test_without_a_criterion_everybody_may_have_one_address(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("dora", criterion="none"))
    program.create({"email": "ann@example.com"}, {"email": "ben@example.com"})

    assert program.update(ContactFilter(email="ann@example.com"), email="ben@example.com") == 1
    assert program.emails() == ["ben@example.com", "ben@example.com"]


def test_where_any_identifier_is_enough_a_change_moves_it(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("dora", match="any"))
    [ann] = program.create({"email": "ann@example.com", "mobile": "0612345678"})

    program.update(ann, email="new@example.com")

    assert program.create({"email": "new@example.com"}) == [ann]
    assert program.find(email="new@example.com")[0].contact_id == ann
    assert program.find(email="ann@example.com") == []
    assert program.create({"email": "ann@example.com"}) != [ann]


def test_where_any_identifier_is_enough_one_that_another_has_is_refused(
    room: Room, make_person: MakePerson
) -> None:
    program = Program(room, make_person("dora", match="any"))
    ann, ben = program.create({"email": "ann@example.com"}, {"mobile": "0612345678"})

    error = refusal(lambda: program.update(ann, mobile="06 12 34 56 78"))

    assert error.details == {"id": ann, "other": ben}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "nonsense"}, "INVALID_EMAIL"),
        ({"mobile": "12", "city": "Lyon"}, "INVALID_MOBILE"),
        ({"phone": "abc"}, "INVALID_PHONE"),
        ({"birth_date": "tomorrow"}, "BAD_DATE"),
        ({"city": "x" * 4001}, "VALUE_TOO_LONG"),
        ({"email": None}, "NO_MEANS"),
        ({"email": "\ud800"}, "BAD_VALUE"),
        ({"colour": "red"}, "UNKNOWN_FIELD"),
    ],
)
def test_what_no_contact_can_be_is_refused_and_nothing_changes(
    shop: Program, changes: dict[str, object], code: str
) -> None:
    [ann] = shop.create({"email": "ann@example.com"})

    error = refusal(lambda: shop.update(ann, **changes))

    assert error.code == code
    assert shop.values(ann) == {"email": "ann@example.com"}


def test_who_has_another_address_may_lose_one(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "mobile": "0612345678"})

    shop.update(ann, email=None)

    assert shop.values(ann) == {"mobile": "+33612345678"}


def test_a_reference_that_identifies_cannot_be_erased(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("dora", criterion="reference"))
    [ann] = program.create({"email": "ann@example.com", "reference": "R1"})

    assert refusal(lambda: program.update(ann, reference=None)).code == "MISSING_REFERENCE"


@pytest.mark.parametrize("change", ["update", "delete"])
def test_without_a_filter_nothing_is_changed(shop: Program, change: str) -> None:
    shop.create({"email": "ann@example.com"})

    if change == "update":
        error = refusal(lambda: shop.update(ContactFilter(), city="Lyon"))
    else:
        error = refusal(shop.delete)

    assert error.code == "MISSING_FILTER"
    assert [each.values for each in shop.find()] == [{"email": "ann@example.com"}]


def test_an_opt_out_is_set_and_lifted_with_its_place_in_the_ledger(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com"})

    shop.update(ann, optouts={Medium.EMAIL: CONTACT})
    opted_out = shop.contact(ann).optouts
    shop.update(ann, optouts={Medium.EMAIL: None})

    assert (opted_out, shop.contact(ann).optouts) == ({Medium.EMAIL: CONTACT}, {})
    changes = [(each.was, each.became, each.source, each.by_whom) for each in shop.history("ann@example.com")]
    assert changes == [(CONTACT, None, "call", "bob-shop"), (None, CONTACT, "call", "bob-shop")]


@pytest.mark.parametrize("stands", [HARD_BOUNCE, SPAM])
def test_complaints_stand_unless_the_account_lifts_them(
    room: Room, make_person: MakePerson, stands: OptOutReason
) -> None:
    careful = Program(room, make_person("dora"))
    lenient = Program(room, make_person("emil", optin_lifts_complaints="true"))

    left = []
    for program in (careful, lenient):
        [ann] = program.create({"email": "ann@example.com", "optouts": {Medium.EMAIL: stands}})
        program.update(ann, optouts={Medium.EMAIL: None})
        left.append(program.contact(ann).optouts)

    assert left == [{Medium.EMAIL: stands}, {}]


def test_a_weaker_reason_leaves_the_stronger(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "optouts": {Medium.EMAIL: SPAM}})

    shop.update(ann, optouts={Medium.EMAIL: ACCOUNT})

    assert shop.contact(ann).optouts == {Medium.EMAIL: SPAM}


def test_an_opt_out_holds_for_the_address_that_comes_with_it(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com"})

    shop.update(ann, email="new@example.com", optouts={Medium.EMAIL: CONTACT})
    [old] = shop.create({"email": "ann@example.com"})

    assert shop.contact(ann).optouts == {Medium.EMAIL: CONTACT}
    assert shop.contact(old).optouts == {}


def test_an_opt_out_without_an_address_refuses_all_and_an_opt_in_does_not(shop: Program) -> None:
    ann, ben = shop.create({"email": "ann@example.com", "mobile": "0612345678"}, {"email": "ben@example.com"})
    both = ContactFilter(ids=[ann, ben])

    error = refusal(lambda: shop.update(both, city="Lyon", optouts={Medium.SMS: CONTACT}))
    lifted = shop.update(both, optouts={Medium.SMS: None})

    assert (error.code, error.details) == ("MISSING_MEDIUM_VALUE", {"id": ben})
    assert lifted == 2
    assert shop.contact(ann).optouts == {}
    assert "city" not in shop.values(ann)


def test_undoing_an_import_leaves_what_a_program_changed_since(room: Room, shop: Program) -> None:
    drop = shop.files.drop("people.csv", "Email;Prénom\nann@example.com;Ann\nben@example.com;Ben\n")
    [ann] = shop.find(email="ann@example.com")
    shop.update(ann.contact_id, first_name="Anna")

    undo(room, shop.files.account_id, drop.drop_id, by_whom="bob")

    assert [each.values["first_name"] for each in shop.find()] == ["Anna"]


def test_a_file_that_comes_again_is_not_taken_for_known(shop: Program) -> None:
    file = "Email;Prénom\nann@example.com;Ann\n"
    shop.files.mark(".addToExistingList")
    shop.files.drop("people.csv", file)
    [ann] = shop.find()
    shop.update(ann.contact_id, first_name="Anna")

    shop.files.drop("people.csv", file)

    assert shop.values(ann.contact_id)["first_name"] == "Ann"


def test_who_is_deleted_leaves_lists_and_is_met_by_nobody(shop: Program) -> None:
    shop.files.drop("people.csv", "Email\nann@example.com\nben@example.com\n")
    [ann] = shop.find(email="ann@example.com")

    assert shop.delete(ids=[ann.contact_id, 999]) == 1

    assert shop.emails(list_id=ann.list_ids[0]) == ["ben@example.com"]
    assert shop.create({"email": "ann@example.com"}) != [ann.contact_id]
    assert shop.delete(ids=[ann.contact_id]) == 0


def test_who_is_deleted_is_met_by_no_identifier(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("dora", match="any"))
    [ann] = program.create({"email": "ann@example.com", "mobile": "0612345678"})

    program.delete(email="ann@example.com")

    assert program.create({"mobile": "0612345678"}) != [ann]


def test_opt_outs_outlive_a_deletion(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "optouts": {Medium.EMAIL: CONTACT}})

    shop.delete(ids=[ann])
    [ann] = shop.create({"email": "ann@example.com"})

    assert shop.contact(ann).optouts == {Medium.EMAIL: CONTACT}


def test_a_call_about_too_many_contacts_changes_none(shop: Program) -> None:
    account_id = shop.person.account.account_id
    with shop.room.database.transaction() as connection:
        connection.execute(
            "insert into contacts (account_id, contact_id, email)"
            " select %s, n, n || '@example.com' from generate_series(1, %s) as n",
            [account_id, MOST_CHANGED + 1],
        )
    everybody = ContactFilter(optouts={Medium.EMAIL: False})

    error = refusal(lambda: shop.update(everybody, city="Lyon"))

    assert error.code == "TOO_MANY_CONTACTS"
    assert shop.delete(ids=range(1, MOST_CHANGED + 1)) == MOST_CHANGED


def test_charlie_changes_and_deletes_nothing_of_others(room: Room, shop: Program, charlie: Person) -> None:
    stranger = Program(room, charlie)
    shop.files.drop("people.csv", "Email\nann@example.com\n")
    [ann] = shop.find()

    for wanted in (ContactFilter(ids=[ann.contact_id]), ContactFilter(list_id=ann.list_ids[0])):
        assert stranger.update(wanted, city="Lyon", optouts={Medium.EMAIL: SPAM}) == 0
        assert delete_contacts(room, stranger.caller, wanted) == 0

    assert shop.find() == [ann]


def test_who_may_only_read_changes_nothing(room: Room, shop: Program) -> None:
    reader = caller_of(shop.person, "contacts:read")
    [ann] = shop.create({"email": "ann@example.com"})
    wanted = ContactFilter(ids=[ann])

    with pytest.raises(Denied):
        update_contacts(room, reader, wanted, {"city": "Lyon"})
    with pytest.raises(Denied):
        delete_contacts(room, reader, wanted)

    assert shop.values(ann) == {"email": "ann@example.com"}
