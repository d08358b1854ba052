from __future__ import annotations

import hashlib
from typing import Any

import pytest

from postroom.contacts.campaigns import NotSentReason, SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.partners import (
    Candidate,
    Network,
    Operation,
    PartnerOrder,
    column_head,
    hashed,
    may_be_told,
    partner_order,
    postal_line,
    verdict,
)

AUDIENCE = {"id": "238", "name": "Loyal", "network": "FACEBOOK"}
POSTAL: dict[str, str | None] = {"address1": "1 rue Verte", "zipcode": "75011", "city": "Paris"}


def candidate(values: dict[str, str | None] | None = None, **given: Any) -> Candidate:
    standing: dict[str, Any] = {"optouts": {}, "left": False, "suppressions": {}, **given}
    return Candidate(1, values or {}, **standing)


def social(**audience: str) -> PartnerOrder:
    return partner_order(Channel.SOCIAL, {"audience": {**AUDIENCE, **audience}})


PRINT = partner_order(Channel.PRINT, {})
CALLCENTER = partner_order(Channel.CALLCENTER, {})


def test_a_letter_usually_has_name_and_address_and_an_audience_nothing_in_plain_text() -> None:
    assert PRINT.columns[:3] == ("civility", "first_name", "last_name")
    assert "address1" in PRINT.columns
    assert social().columns == ()
    assert CALLCENTER.columns == ("civility", "first_name", "last_name")


@pytest.mark.parametrize(
    ("channel", "options", "code"),
    [
        (Channel.EMAIL, {}, "BAD_CHANNEL"),
        (Channel.PRINT, {"columns": "city"}, "BAD_COLUMNS"),
        (Channel.PRINT, {"columns": [7]}, "BAD_COLUMNS"),
        (Channel.PRINT, {"columns": ["city"] * 101}, "BAD_COLUMNS"),
        (Channel.PRINT, {"columns": ["city", "city"]}, "BAD_COLUMNS"),
        (Channel.PRINT, {"columns": ["custom_a b", "custom_a_b"]}, "BAD_COLUMNS"),
        (Channel.PRINT, {"columns": ["shoe_size"]}, "UNKNOWN_FIELD"),
        (Channel.PRINT, {"columns": ["extra01"]}, "UNKNOWN_FIELD"),
        (Channel.PRINT, {"columns": ["custom_"]}, "UNKNOWN_FIELD"),
        (Channel.PRINT, {"columns": ["dedup_key"]}, "UNKNOWN_FIELD"),
        (Channel.PRINT, {"login": ""}, "BAD_LOGIN"),
        (Channel.PRINT, {"spreadsheet_safe": "yes"}, "BAD_SPREADSHEET_SAFE"),
        (Channel.PRINT, {"audience": AUDIENCE}, "BAD_AUDIENCE"),
        (Channel.SOCIAL, {}, "BAD_AUDIENCE"),
        (Channel.SOCIAL, {"audience": {"network": "FACEBOOK"}}, "BAD_AUDIENCE"),
        (Channel.SOCIAL, {"audience": {**AUDIENCE, "id": "x" * 65}}, "BAD_AUDIENCE"),
        (Channel.SOCIAL, {"audience": {**AUDIENCE, "network": "MINITEL"}}, "BAD_AUDIENCE"),
        (Channel.SOCIAL, {"audience": {**AUDIENCE, "operation": "PURGE"}}, "BAD_AUDIENCE"),
        (Channel.SOCIAL, {"audience": AUDIENCE, "columns": ["email"]}, "BAD_COLUMNS"),
    ],
)
def test_what_no_partner_can_work_with_is_refused_when_it_is_asked_for(
    channel: Channel, options: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        partner_order(channel, options)

    assert refused.value.code == code


def test_an_audience_is_added_to_unless_something_else_was_said() -> None:
    assert (social().audience, social().lifts) == (social(operation="add").audience, False)
    order = social(network="google", operation="remove")
    assert order.audience is not None
    assert (order.audience.network, order.audience.operation) == (Network.GOOGLE, Operation.REMOVE)
    assert order.audience.attributes() == {
        "audienceId": "238",
        "audienceName": "Loyal",
        "network": "GOOGLE",
        "operation": "REMOVE",
    }


def test_headers_are_technical_names() -> None:
    assert column_head("custom_Pointure été") == "custom_Pointure__t_"


def test_networks_compare_hashes_of_plain_addresses() -> None:
    assert hashed("email", "Bob@Example.com") == hashlib.sha256(b"bob@example.com").hexdigest()
    assert hashed("mobile", "+33 690785690") == hashlib.sha256(b"33690785690").hexdigest()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (POSTAL, "1 rue Verte, 75011 Paris"),
        ({**POSTAL, "address2": "Bât. B", "country": "France"}, "1 rue Verte, Bât. B, 75011 Paris, France"),
        ({"address2": "BP 1", "city": "Paris"}, "BP 1, Paris"),
        ({"address1": "1 rue Verte"}, None),
        ({"city": "Paris", "zipcode": "75011"}, None),
        ({"address1": "x" * 300, "city": "Paris"}, "x" * 254),
    ],
)
def test_a_letter_needs_a_street_and_a_place(values: dict[str, str | None], expected: str | None) -> None:
    assert postal_line(values) == expected


def test_a_letter_goes_to_who_opted_out_of_mails_but_not_to_who_left_the_list() -> None:
    opted_out = candidate(POSTAL, optouts={"email": OptOutReason.CONTACT})

    assert verdict(PRINT, opted_out) == "1 rue Verte, 75011 Paris"
    assert verdict(PRINT, candidate(POSTAL, left=True)) is NotSentReason.NOT_SUBSCRIBED
    assert verdict(PRINT, candidate({"city": "Paris"})) is NotSentReason.NO_ADDRESS


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "+33123456789"),
        ({"optouts": {"phone": OptOutReason.ACCOUNT}}, NotSentReason.NOT_SUBSCRIBED),
        ({"optouts": {"phone": OptOutReason.SPAM}}, NotSentReason.BLACKLISTED),
        ({"optouts": {"phone": OptOutReason.HARD_BOUNCE}}, NotSentReason.QUARANTINE_LONG_TERM),
        ({"optouts": {"email": OptOutReason.SPAM}}, "+33123456789"),
        ({"suppressions": {"phone": SuppressionKind.QUARANTINE_TEMPORARY}}, "QUARANTINE_TEMPORARY"),
        ({"left": True}, NotSentReason.NOT_SUBSCRIBED),
    ],
)
def test_a_call_center_gets_no_number_that_must_not_be_called(given: dict[str, Any], expected: str) -> None:
    assert verdict(CALLCENTER, candidate({"phone": "+33123456789"}, **given)) == expected


def test_an_audience_knows_people_by_their_mail_address_else_by_a_number() -> None:
    both = candidate({"email": "bob@example.com", "mobile": "+33690785690"})

    assert verdict(social(), both) == hashed("email", "bob@example.com")
    assert verdict(social(), candidate({"mobile": "+33690785690"})) == hashed("mobile", "+33690785690")
    assert verdict(social(), candidate()) is NotSentReason.NO_ADDRESS


def test_an_address_that_is_opted_out_is_not_told_beside_another() -> None:
    bob = candidate(
        {"email": "bob@example.com", "mobile": "+33690785690"}, optouts={"mobile": OptOutReason.CONTACT}
    )

    assert may_be_told(social(), bob, "email") == hashed("email", "bob@example.com")
    assert may_be_told(social(), bob, "mobile") is None
    assert may_be_told(social(), bob, "phone") is None


def test_who_opted_out_is_taken_out_of_an_audience() -> None:
    order = social(operation="REMOVE")
    bob = candidate({"email": "bob@example.com"}, left=True, optouts={"email": OptOutReason.SPAM})

    assert verdict(social(), bob) is NotSentReason.NOT_SUBSCRIBED
    assert verdict(order, bob) == hashed("email", "bob@example.com")
    assert may_be_told(order, bob, "email") == hashed("email", "bob@example.com")
