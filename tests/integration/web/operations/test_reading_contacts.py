from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from postroom.contacts.errors import Denied, Refused
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.web.api.operations.contacts import ContactFilter, read_contacts
from postroom.web.api.operations.pages import Page, Paging
from tests.conftest import MakePerson, Person
from tests.integration.web.operations.calling import Program, caller_of

PEOPLE = """Prénom;Email;Mobile;Téléphone Fixe;Référence;Date de naissance
Ann;ann@example.com;0612345678;0472000000;R-1;29/02/1980
Ben;ben@example.com;;;R-2;
Cid;cid@example.com;0698765432;;;
Dan;;0711111111;;R-4;
"""


@pytest.fixture
def shop(room: Room, alice: Person) -> Program:
    """Return a program of Alice's, who has four contacts on the list `people`."""
    program = Program(room, alice)
    program.files.drop("people.csv", PEOPLE)
    return program


def test_a_contact_is_read_with_its_values_lists_and_opt_outs(shop: Program) -> None:
    shop.files.drop("vip.csv", "Email;Mobile;Téléphone Fixe\nann@example.com;0612345678;0472000000\n")
    shop.files.drop("out.csv", "Mobile\n0612345678\n", directory="contacts/optoutSMS/in")

    [ann] = shop.find(email="ann@example.com")

    assert ann.values == {
        "first_name": "Ann",
        "email": "ann@example.com",
        "mobile": "+33612345678",
        "phone": "+33472000000",
        "reference": "R-1",
        "birth_date": date(1980, 2, 29),
    }
    assert len(ann.list_ids) == 2
    assert ann.optouts == {Medium.SMS: OptOutReason.ACCOUNT}
    assert ann.created_at <= ann.updated_at


def test_without_a_filter_everybody_comes_in_the_order_of_their_ids(shop: Program) -> None:
    found = shop.find()

    assert [each.contact_id for each in found] == sorted(each.contact_id for each in found)
    assert {each.values["first_name"] for each in found} == {"Ann", "Ben", "Cid", "Dan"}


SOUGHT: list[tuple[ContactFilter, set[str]]] = [
    (ContactFilter(email=" ANN@Example.com "), {"Ann"}),
    (ContactFilter(mobile="06 12 34 56 78"), {"Ann"}),
    (ContactFilter(phone="+33 4 72 00 00 00"), {"Ann"}),
    (ContactFilter(reference=" R-2 "), {"Ben"}),
    (ContactFilter(email="ann@example.com", mobile="0698765432"), set()),
    (ContactFilter(email="nobody@example.com"), set()),
    (ContactFilter(email="nonsense"), set()),
    (ContactFilter(email=""), set()),
    (ContactFilter(mobile="0472000000"), set()),
    (ContactFilter(reference="\ud800"), set()),
    (ContactFilter(email="\ud800@example.com"), set()),
    (ContactFilter(list_id=2**70), set()),
    (ContactFilter(ids=[]), set()),
    (ContactFilter(ids=[0, -1, 2**63, 2**80]), set()),
]


@pytest.mark.parametrize(
    "settings",
    [
        {"criterion": "triplet"},
        {"criterion": "email"},
        {"criterion": "mobile"},
        {"criterion": "phone"},
        {"criterion": "none"},
        {"criterion": "triplet", "match": "any"},
        {"criterion": "extended", "match": "any"},
    ],
)
def test_values_are_compared_as_the_law_writes_them_whatever_the_criterion(
    room: Room, make_person: MakePerson, settings: dict[str, str]
) -> None:
    program = Program(room, make_person("bob", **settings))
    program.files.drop("people.csv", PEOPLE)

    found = [(wanted, program.names(wanted)) for wanted, _ in SOUGHT]

    assert found == SOUGHT


def test_the_three_values_of_a_triplet_find_by_its_key(shop: Program) -> None:
    found = shop.find(email="ann@example.com", mobile="0612345678", phone="0472000000")

    assert [each.values["first_name"] for each in found] == ["Ann"]


def test_ids_and_an_identifier_must_both_be_right(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("bob", match="any"))
    program.files.drop("people.csv", PEOPLE)
    [ann], [ben] = program.find(email="ann@example.com"), program.find(email="ben@example.com")

    assert program.emails(ids=[ann.contact_id, ben.contact_id], email="ben@example.com") == [
        "ben@example.com"
    ]
    assert program.find(ids=[ann.contact_id], email="ben@example.com") == []


def test_ids_find_who_has_them_and_unknown_ones_nobody(shop: Program) -> None:
    first, second, *_ = shop.find()

    found = shop.find(ids=[second.contact_id, 999, first.contact_id, first.contact_id])

    assert found == [first, second]


def test_a_list_finds_its_members(shop: Program) -> None:
    shop.files.drop("few.csv", "Email;Mobile\ncid@example.com;0698765432\neve@example.com;\n")
    [cid] = shop.find(email="cid@example.com")

    assert shop.emails(list_id=max(cid.list_ids)) == ["cid@example.com", "eve@example.com"]
    assert shop.find(list_id=999) == []


def test_opt_outs_find_by_whether_and_why(shop: Program) -> None:
    shop.files.drop("out.csv", "Email\nben@example.com\n", directory="contacts/optoutEMAIL/in")

    assert shop.emails(optouts={Medium.EMAIL: True}) == ["ben@example.com"]
    assert shop.emails(optouts={Medium.EMAIL: OptOutReason.ACCOUNT}) == ["ben@example.com"]
    assert shop.emails(optouts={Medium.EMAIL: OptOutReason.SPAM}) == []
    assert shop.emails(optouts={Medium.SMS: True}) == []


def test_who_has_no_address_is_not_opted_out(shop: Program) -> None:
    shop.files.drop("out.csv", "Email\nben@example.com\n", directory="contacts/optoutEMAIL/in")

    found = shop.find(optouts={Medium.EMAIL: False, Medium.VOICE: False})

    assert {each.values["first_name"] for each in found} == {"Ann", "Cid", "Dan"}


def test_what_changed_since_a_moment_counts_that_moment_in(shop: Program) -> None:
    shop.files.drop("later.csv", "Email\nzoe@example.com\n")
    [zoe] = shop.find(email="zoe@example.com")

    assert shop.emails(updated_since=zoe.updated_at) == ["zoe@example.com"]
    assert shop.find(updated_since=zoe.updated_at + timedelta(microseconds=1)) == []
    assert len(shop.find(updated_since=datetime(2000, 1, 1, tzinfo=UTC))) == 5


def test_pages_by_cursor_meet_everybody_once(shop: Program) -> None:
    seen: list[int] = []
    while page := shop.find(Paging(limit=3, after=seen[-1] if seen else None)):
        seen += [each.contact_id for each in page]

    assert seen == [each.contact_id for each in shop.find()]


def test_pages_by_cursor_go_backwards_too(shop: Program) -> None:
    backwards = shop.find(Paging(sort=("contact_id", True)))

    assert shop.find(Paging(after=backwards[1].contact_id, sort=("contact_id", True))) == backwards[2:]


def test_pages_by_offset(shop: Program) -> None:
    everybody = shop.find()

    assert shop.find(Paging(limit=2, offset=1)) == everybody[1:3]
    assert shop.find(Paging(offset=2**70)) == []


def test_contacts_are_sorted_by_a_field_and_empty_ones_come_last(shop: Program) -> None:
    names = ["cid@example.com", "ben@example.com", "ann@example.com", None]

    assert shop.emails(Paging(sort=("email", True))) == names
    assert shop.emails(Paging(sort=("email", False))) == [*reversed(names[:3]), None]
    assert shop.emails(Paging(sort=("updated_at", False)))


@pytest.mark.parametrize(
    "paging",
    [Paging(sort=("colour", False)), Paging(sort=("digest", False)), Paging(sort=("email", False), after=1)],
)
def test_an_order_that_there_is_not_is_refused(shop: Program, paging: Paging) -> None:
    with pytest.raises(Refused) as refused:
        shop.find(paging)

    assert refused.value.code == "BAD_SORT"


def test_the_total_counts_all_that_the_filter_finds(shop: Program) -> None:
    assert shop.page(Paging(limit=1, with_total=True)).total == 4
    assert shop.page(Paging(limit=0, with_total=True)) == Page([], 4)
    assert shop.page(Paging(with_total=True), email="nonsense") == Page([], 0)
    assert shop.page(Paging(limit=0)) == Page([], None)


def test_charlie_finds_nothing_of_alices(room: Room, shop: Program, charlie: Person) -> None:
    stranger = Program(room, charlie)
    everybody = shop.find()

    assert stranger.page(Paging(with_total=True)) == Page([], 0)
    assert stranger.find(ids=[each.contact_id for each in everybody]) == []
    assert stranger.find(list_id=everybody[0].list_ids[0]) == []
    assert stranger.find(email="ann@example.com") == []


def test_charlies_opt_outs_and_lists_are_not_alices(room: Room, shop: Program, charlie: Person) -> None:
    stranger = Program(room, charlie)
    stranger.files.drop("theirs.csv", "Email\nben@example.com\n")
    stranger.files.drop("out.csv", "Email\nben@example.com\n", directory="contacts/optoutEMAIL/in")

    [ben] = shop.find(email="ben@example.com")

    assert ben.optouts == {}
    assert len(ben.list_ids) == 1
    assert shop.find(optouts={Medium.EMAIL: True}) == []


def test_who_may_not_read_contacts_reads_none(room: Room, shop: Program, alice: Person) -> None:
    with pytest.raises(Denied):
        read_contacts(room, caller_of(alice, "lists:write"), ContactFilter(), Paging())

    assert read_contacts(room, caller_of(alice, "contacts:write"), ContactFilter(), Paging()).items
