from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from postroom.contacts.errors import Denied, Refused
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.web.api.operations.contacts import create_contacts
from tests.conftest import MakePerson, Person
from tests.integration.web.operations.calling import Program, caller_of

CONTACT, SPAM = OptOutReason.CONTACT, OptOutReason.SPAM


@pytest.fixture
def shop(room: Room, make_person: MakePerson) -> Program:
    """Return a program of Bob's, whose contacts are told apart by their e-mail."""
    return Program(room, make_person("bob", criterion="email"))


def refusal(program: Program, *rows: Mapping[str, object]) -> Refused:
    with pytest.raises(Refused) as refused:
        program.create(*rows)
    return refused.value


def test_a_contact_is_created_in_the_form_that_the_law_gives_it(shop: Program) -> None:
    [ann] = shop.create(
        {
            "first_name": " Ann\t",
            "email": "Ann@Example.com",
            "mobile": "06 12 34 56 78",
            "birth_date": "29/02/1980",
        }
    )

    assert shop.values(ann) == {
        "first_name": "Ann",
        "email": "ann@example.com",
        "mobile": "+33612345678",
        "birth_date": date(1980, 2, 29),
    }
    assert shop.contact(ann).list_ids == ()


def test_the_answer_has_each_row_of_the_call_in_its_order(room: Room, shop: Program) -> None:
    rows = [{"email": f"{name}@example.com"} for name in ("b", "a", "b", "c")]

    found = create_contacts(room, shop.caller, rows)

    assert [each.values["email"] for each in found] == [row["email"] for row in rows]
    assert found[0] == found[2]
    assert len(shop.find()) == 3


def test_who_is_there_already_is_updated_and_keeps_id_and_lists(shop: Program) -> None:
    shop.files.drop("people.csv", "Email;Prénom;Ville\nann@example.com;Ann;Lyon\n")
    [before] = shop.find()

    [after] = shop.create({"email": "ANN@example.com", "first_name": "Anna", "city": ""})

    assert after == before.contact_id
    assert shop.values(after) == {"email": "ann@example.com", "first_name": "Anna", "city": "Lyon"}
    assert shop.contact(after).list_ids == before.list_ids


def test_empty_values_erase_where_the_account_says_so_and_absent_ones_never(
    room: Room, make_person: MakePerson
) -> None:
    program = Program(room, make_person("dora", criterion="email", empty_cells="erase"))
    [ann] = program.create(
        {"email": "ann@example.com", "first_name": "Ann", "city": "Lyon", "mobile": "0612345678"}
    )

    program.create({"email": "ann@example.com", "city": None, "mobile": " "}, {"email": "ann@example.com"})

    assert program.values(ann) == {"email": "ann@example.com", "first_name": "Ann"}


def test_rows_about_one_contact_are_read_from_the_top(shop: Program) -> None:
    [ann, again] = shop.create(
        {"email": "ann@example.com", "city": "Lyon", "first_name": "Ann"},
        {"email": "ann@example.com", "city": "Paris", "last_name": "Durand"},
    )

    assert ann == again
    assert shop.values(ann) == {
        "email": "ann@example.com",
        "city": "Paris",
        "first_name": "Ann",
        "last_name": "Durand",
    }


def test_without_a_criterion_every_row_is_somebody_new(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("dora", criterion="none"))

    program.create({"email": "ann@example.com"})
    program.create({"email": "ann@example.com"}, {"email": "ann@example.com"})

    assert len(program.find(email="ann@example.com")) == 3


def test_any_identifier_meets_a_contact_where_the_account_says_so(
    room: Room, make_person: MakePerson
) -> None:
    program = Program(room, make_person("dora", match="any"))
    [ann] = program.create({"email": "ann@example.com", "mobile": "0612345678"})

    assert program.create({"mobile": "0612345678", "email": "new@example.com"}) == [ann]
    assert program.create({"email": "new@example.com", "first_name": "Ann"}) == [ann]
    assert program.create({"email": "ann@example.com"}) != [ann]


def test_a_row_that_could_be_two_contacts_refuses_all(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("dora", match="any"))
    program.create({"email": "ann@example.com"}, {"mobile": "0612345678"})

    error = refusal(
        program, {"email": "new@example.com"}, {"email": "ann@example.com", "mobile": "0612345678"}
    )

    assert error.code == "AMBIGUOUS_MATCH"
    assert error.message == "contacts[1]: several different contacts match this row (email, mobile)."
    assert program.find(email="new@example.com") == []


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ({"email": "not an e-mail"}, "INVALID_EMAIL", "invalid e-mail: not an e-mail"),
        ({"email": "ben@example.com", "mobile": "12"}, "INVALID_MOBILE", "invalid mobile number: 12"),
        ({"email": "ben@example.com", "phone": "abc"}, "INVALID_PHONE", "invalid fixed phone number: abc"),
        (
            {"email": "ben@example.com", "birth_date": "31/02/1980"},
            "BAD_DATE",
            "unreadable date of birth: 31/02/1980",
        ),
        ({"first_name": "Ben"}, "NO_MEANS", "no e-mail, no fixed phone and no mobile"),
        ({}, "NO_MEANS", "no e-mail, no fixed phone and no mobile"),
        ({"email": "ben@example.com", "city": "x" * 4001}, "VALUE_TOO_LONG", "value too long: city"),
    ],
)
def test_one_row_that_is_not_valid_refuses_all_and_its_value_is_quoted(
    shop: Program, row: dict[str, object], code: str, said: str
) -> None:
    error = refusal(shop, {"email": "ann@example.com"}, row)

    assert (error.code, error.message) == (code, f"contacts[1]: {said}.")
    assert shop.find() == []


def test_every_row_that_is_not_valid_is_told(shop: Program) -> None:
    error = refusal(shop, {"email": "a"}, {"email": "ann@example.com"}, {"email": "b"})

    assert error.message == "contacts[0]: invalid e-mail: a (and 1 more)."
    assert error.details == {
        "contacts": [
            {"index": 0, "reason": "INVALID_EMAIL", "value": "a", "message": "invalid e-mail: a"},
            {"index": 2, "reason": "INVALID_EMAIL", "value": "b", "message": "invalid e-mail: b"},
        ]
    }


def test_a_thousand_wrong_rows_do_not_make_an_endless_answer(shop: Program) -> None:
    error = refusal(shop, *[{"email": "x"}] * 1000)

    assert error.details is not None
    assert len(list(error.details["contacts"])) == 20  # type: ignore[call-overload]  # it is a list


def test_a_missing_reference_is_told_where_it_identifies(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("dora", criterion="reference"))

    assert refusal(program, {"email": "ann@example.com"}).code == "MISSING_REFERENCE"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"email": "ann@example.com", "colour": "red"}, "UNKNOWN_FIELD"),
        ({"email": "ann@example.com", "digest": "1"}, "UNKNOWN_FIELD"),
        ({"email": ["ann@example.com"]}, "BAD_VALUE"),
        ({"email": "ann@example.com", "zipcode": 69001}, "BAD_VALUE"),
        ({"email": "ann@example.com", "city": "\ud800"}, "BAD_VALUE"),
        ({"email": "ann@example.com", "optouts": "EMAIL"}, "BAD_VALUE"),
        ({"email": "ann@example.com", "optouts": {"EMAIL": "spam"}}, "BAD_VALUE"),
        ({"email": "ann@example.com", "optouts": {Medium.EMAIL: 9}}, "BAD_VALUE"),
    ],
)
def test_what_is_no_contact_at_all_is_refused(shop: Program, row: dict[str, object], code: str) -> None:
    assert refusal(shop, row).code == code
    assert shop.find() == []


def test_nul_and_other_controls_are_cleaned_as_in_files(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "city": "L\x00yon\n\n3e"})

    assert shop.values(ann)["city"] == "Lyon 3e"


def test_more_than_a_thousand_are_refused_and_none_is_no_mistake(shop: Program) -> None:
    assert refusal(shop, *[{"email": "ann@example.com"}] * 1001).code == "TOO_MANY_CONTACTS"
    assert shop.create() == []


def test_opt_outs_are_stored_with_their_reasons_and_stand_in_the_ledger(shop: Program) -> None:
    [ann] = shop.create(
        {
            "email": "ann@example.com",
            "mobile": "0612345678",
            "optouts": {Medium.EMAIL: SPAM, Medium.SMS: CONTACT},
        }
    )

    assert shop.contact(ann).optouts == {Medium.EMAIL: SPAM, Medium.SMS: CONTACT}
    [change] = shop.history("ann@example.com")
    assert (change.source, change.by_whom, change.became) == ("call", "bob-shop", SPAM)


def test_the_stronger_reason_stays_whoever_comes_first(shop: Program) -> None:
    row = {"email": "ann@example.com"}
    [ann, *_] = shop.create(
        {**row, "optouts": {Medium.EMAIL: CONTACT}},
        {**row, "optouts": {Medium.EMAIL: SPAM}},
        {**row, "optouts": {Medium.EMAIL: OptOutReason.ACCOUNT}},
    )
    shop.create({**row, "optouts": {Medium.EMAIL: CONTACT}})

    assert shop.contact(ann).optouts == {Medium.EMAIL: SPAM}


def test_creating_again_never_subscribes_again(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "optouts": {Medium.EMAIL: CONTACT}})

    shop.create({"email": "ann@example.com"}, {"email": "ann@example.com", "optouts": {Medium.EMAIL: None}})
    shop.delete(ids=[ann])
    [ann] = shop.create({"email": "ann@example.com", "optouts": {Medium.EMAIL: None, Medium.SMS: None}})

    assert shop.contact(ann).optouts == {Medium.EMAIL: CONTACT}


def test_an_opt_out_needs_an_address_which_may_be_the_stored_one(shop: Program) -> None:
    [ann] = shop.create({"email": "ann@example.com", "mobile": "0612345678"})

    shop.create({"email": "ann@example.com", "optouts": {Medium.SMS: CONTACT}})
    error = refusal(shop, {"email": "ann@example.com", "city": "Lyon", "optouts": {Medium.VOICE: CONTACT}})

    assert error.code == "MISSING_MEDIUM_VALUE"
    assert shop.contact(ann).optouts == {Medium.SMS: CONTACT}
    assert "city" not in shop.values(ann)


def test_an_opt_out_holds_for_everybody_who_has_the_address(room: Room, alice: Person) -> None:
    shop = Program(room, alice)
    [ann] = shop.create({"email": "family@example.com", "mobile": "0612345678"})

    shop.create({"email": "family@example.com", "optouts": {Medium.EMAIL: CONTACT}})

    assert shop.contact(ann).optouts == {Medium.EMAIL: CONTACT}


def test_undoing_an_import_keeps_whom_a_program_has_created_again(room: Room, shop: Program) -> None:
    drop = shop.files.drop("people.csv", "Email;Prénom\nann@example.com;Ann\nben@example.com;Ben\n")
    shop.create({"email": "ann@example.com", "first_name": "Ann"})

    undo(room, shop.files.account_id, drop.drop_id, by_whom="bob")

    assert shop.emails() == ["ann@example.com"]


def test_a_file_after_a_call_is_seen_to_change_what_the_call_changed(shop: Program) -> None:
    file = "Email;Prénom\nann@example.com;Ann\n"
    shop.files.mark(".addToExistingList")
    shop.files.drop("people.csv", file)
    [ann] = shop.create({"email": "ann@example.com", "first_name": "Anna"})

    shop.files.drop("people.csv", file)

    assert shop.values(ann)["first_name"] == "Ann"


def test_programs_that_create_one_contact_at_once_all_get_the_same(shop: Program) -> None:
    rows = [{"email": "ann@example.com", f"field0{n}": str(n)} for n in range(1, 9)]

    with ThreadPoolExecutor(len(rows)) as threads:
        found = [contact_id for [contact_id] in threads.map(shop.create, rows)]

    [ann] = set(found)
    assert {f"field0{n}" for n in range(1, 9)} <= set(shop.values(ann))


def test_charlies_contacts_are_nobody_elses(room: Room, shop: Program, make_person: MakePerson) -> None:
    stranger = Program(room, make_person("charlie", criterion="email"))
    [ann] = shop.create({"email": "ann@example.com", "first_name": "Ann"})

    stranger.create({"email": "ann@example.com", "first_name": "X", "optouts": {Medium.EMAIL: SPAM}})

    assert shop.values(ann)["first_name"] == "Ann"
    assert shop.contact(ann).optouts == {}
    assert [each.values["first_name"] for each in stranger.find()] == ["X"]


@pytest.mark.parametrize("scope", ["contacts:read", "lists:write"])
def test_who_may_not_write_contacts_creates_none(room: Room, alice: Person, scope: str) -> None:
    with pytest.raises(Denied):
        create_contacts(room, caller_of(alice, scope), [{"email": "ann@example.com"}])

    assert Program(room, alice).find() == []
