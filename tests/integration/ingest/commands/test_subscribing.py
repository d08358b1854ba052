"""`sub` and `save`: who becomes a contact, who is subscribed, and what is said of the others."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import Kind
from postroom.contacts.verdicts import Verdict
from tests.integration.ingest.commands.batches import Realm, line


def test_a_contact_is_made_and_subscribed(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(line(Kind.SUB, "email,first,zip", "Jane@Domain.com,Jane,98122", list_id=news))

    assert realm.contacts("email", "first_name", "zipcode") == [("jane@domain.com", "Jane", "98122")]
    assert realm.members(news) == ["jane@domain.com"]
    assert (answer.tally.commands, answer.tally.records) == (1, 1)
    assert (answer.tally.created, answer.tally.subscribed) == (1, 1)
    assert answer.findings == []


def test_the_header_says_the_list_when_the_line_does_not(realm: Realm) -> None:
    news = realm.new_list()

    realm.send(line(Kind.SUB, "email", "jane@domain.com"), list_id=news)

    assert realm.members(news) == ["jane@domain.com"]


def test_saving_subscribes_nobody(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(line(Kind.SAVE, "email,last", "jane@domain.com,Doe"), list_id=news)

    assert realm.contacts("email", "last_name") == [("jane@domain.com", "Doe")]
    assert realm.members(news) == []
    assert (answer.tally.created, answer.tally.subscribed) == (1, 0)


def test_a_blank_keeps_what_is_stored_and_null_erases_it(realm: Realm) -> None:
    realm.send(line(Kind.SAVE, "email,first,last,city", "jane@domain.com,Jane,Doe,Paris"))

    realm.send(line(Kind.SAVE, "email,first,last,city", "jane@domain.com,,NULL,Lyon"))

    assert realm.contacts("first_name", "last_name", "city") == [("Jane", None, "Lyon")]


@pytest.mark.parametrize(
    ("cells", "last"),
    [
        (["Doe", "NULL"], None),
        (["NULL", "Doe"], "Doe"),
        (["NULL", ""], None),
        (["Doe", "NULL", "Roe"], "Roe"),
    ],
)
def test_the_last_word_on_a_contact_counts_null_included(
    realm: Realm, cells: list[str], last: str | None
) -> None:
    realm.send(line(Kind.SAVE, "email,last", "jane@domain.com,Before"))

    realm.send(*(line(Kind.SAVE, "email,last", f"jane@domain.com,{cell}") for cell in cells))

    assert realm.contacts("last_name") == [(last,)]


def test_records_without_a_valid_address_fail_and_the_others_do_not(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(
        line(Kind.SUB, "email,phone", "foobar,", "jane@domain.com,", ",0286786589", list_id=news)
    )

    assert answer.failures == [
        (1, 1, Verdict.INVALID_EMAIL, "foobar"),
        (1, 3, Verdict.MISSING_EMAIL, ""),
    ]
    assert realm.members(news) == ["jane@domain.com"]
    assert (answer.tally.records, answer.tally.records_failed, answer.tally.commands_failed) == (3, 2, 1)


def test_an_invalid_phone_is_left_out_with_a_warning(realm: Realm) -> None:
    answer = realm.send(line(Kind.SAVE, "email,phone", "jane@domain.com,12"))

    assert realm.contacts("email", "phone") == [("jane@domain.com", None)]
    assert answer.warnings == [(1, 1, Verdict.INVALID_PHONE, "12")]
    assert answer.tally.records_failed == 0


def test_a_field_that_there_is_not_is_ignored_and_told_once_a_command(realm: Realm) -> None:
    answer = realm.send(
        line(Kind.SAVE, "email,custom_shoe", "jane@domain.com,42", "mary@domain.com,43"),
        line(Kind.SAVE, "email,custom_shoe", "anna@domain.com,44"),
        most=1,
    )

    assert answer.warnings == [
        (1, None, Verdict.UNKNOWN_FIELD, "custom_shoe"),
        (2, None, Verdict.UNKNOWN_FIELD, "custom_shoe"),
    ]
    assert answer.tally.fields_ignored == 2
    assert answer.tally.created == 3


def test_a_list_of_somebody_else_fails_the_whole_command(realm: Realm, keyed: Realm) -> None:
    foreign = keyed.new_list()

    answer = realm.send(line(Kind.SUB, "email", "jane@domain.com", "mary@domain.com", list_id=foreign))

    assert answer.failures == [(1, None, Verdict.FOREIGN_LIST, str(foreign))]
    assert (answer.tally.commands_failed, answer.tally.records_failed) == (1, 2)
    assert realm.contacts() == []


def test_without_a_list_in_line_and_header_nothing_is_assumed(realm: Realm) -> None:
    answer = realm.send(line(Kind.SUB, "email", "jane@domain.com"))

    assert answer.failures == [(1, None, Verdict.MISSING_ARGUMENT, "list_id")]
    assert realm.contacts() == []


def test_several_lists_are_subscribed_at_once(realm: Realm) -> None:
    news, offers = realm.new_list("news"), realm.new_list("offers")

    answer = realm.send(line(Kind.SUB, "email", "jane@domain.com", list_id=f"{news},{offers}"))

    assert realm.members(news) == realm.members(offers) == ["jane@domain.com"]
    assert (answer.tally.subscribed, answer.tally.created) == (2, 1)


def test_subscribing_twice_is_no_failure_and_counts_once(realm: Realm) -> None:
    news = realm.new_list()
    lines = [line(Kind.SUB, "email", "jane@domain.com", list_id=news)] * 2

    answer = realm.send(*lines, most=1)

    assert (answer.tally.subscribed, answer.tally.created) == (1, 1)
    assert answer.failures == []


@pytest.mark.parametrize(
    ("fields", "record", "said", "stored"),
    [
        ("email", "jane@domain.com", {}, None),
        ("email", "jane@domain.com", {"format": "99"}, 99),
        ("email,format_number", "jane@domain.com,2", {"format": "99"}, 2),
        ("email,format_text", "jane@domain.com,Mime", {}, 99),
        ("email,format", "jane@domain.com,plain_text", {}, 1),
    ],
)
def test_the_format_of_the_record_comes_before_that_of_the_line(
    realm: Realm, fields: str, record: str, said: dict[str, str], stored: int | None
) -> None:
    news = realm.new_list()

    realm.send(line(Kind.SUB, fields, record, list_id=news, **said))

    assert realm.formats(news) == [stored]


def test_a_format_that_nobody_says_again_stays(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", "jane@domain.com", list_id=news, format=2))

    realm.send(line(Kind.SUB, "email", "jane@domain.com", list_id=news))

    assert realm.formats(news) == [2]


def test_with_customer_keys_the_key_says_who_it_is(keyed: Realm) -> None:
    news = keyed.new_list()
    keyed.send(line(Kind.SUB, "email,customer_key", "jane@domain.com,K1", list_id=news))

    answer = keyed.send(
        line(Kind.SUB, "email,customer_key", "jane@other.com,K1", "jane@domain.com,", list_id=news)
    )

    assert keyed.contacts("email", "reference") == [("jane@other.com", "K1")]
    assert answer.failures == [(1, 2, Verdict.MISSING_CUSTOMER_KEY, "")]


def test_counters_of_lists_are_counted_anew(realm: Realm) -> None:
    news = realm.new_list()

    realm.send(line(Kind.SUB, "email", "jane@domain.com", "mary@domain.com", list_id=news))

    assert realm.subscribers(news) == 2


def test_a_format_that_is_said_again_takes_the_place_of_the_other(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", "jane@domain.com", list_id=news, format=2))
    realm.send(line(Kind.SAVE, "email", "mary@domain.com"))

    realm.send(
        line(
            Kind.SMART_SUB,
            "email",
            "jane@domain.com",
            "mary@domain.com",
            "new@domain.com",
            list_id=news,
            format=99,
        )
    )

    assert realm.formats(news) == [99, 99, 99]


def test_formats_of_records_may_differ_and_the_last_counts(realm: Realm) -> None:
    news = realm.new_list()

    realm.send(
        line(Kind.SUB, "email,format", "a@x.org,1", "b@x.org,", "a@x.org,HTML", "b@x.org,loud", list_id=news)
    )

    assert sorted(map(str, realm.formats(news))) == ["2", "None"]
