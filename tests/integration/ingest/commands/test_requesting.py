"""`send` and `launch`: what is written down, and that nothing pretends to be sent."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.commands import Command, Kind, Record, Run
from postroom.contacts.verdicts import Verdict
from postroom.store.requests import SendRequest, requests_of_drop
from tests.integration.ingest.commands.batches import Realm, line

JANE = "jane@domain.com"
UNSENT = (1, None, Verdict.NOTHING_SENT_YET, "")


def requested(realm: Realm) -> list[SendRequest]:
    with realm.database.transaction() as connection:
        return requests_of_drop(connection, realm.account_id, realm.drop_id)


def test_a_message_is_written_down_and_its_recipient_subscribed(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(
        line(Kind.SEND, "email,first", f"{JANE},Jane", list_id=news, template_id=456, subject="Hello"),
        campaign_name="spring",
    )

    assert (realm.contacts(), realm.members(news)) == ([(JANE, "Jane")], [JANE])
    (request,) = requested(realm)
    assert (request.kind, request.list_id, request.line, request.state) == ("send", news, 4, "recorded")
    assert request.arguments == {"template_id": "456", "subject": "Hello", "campaign_name": "spring"}
    assert request.contact == {"fields": {"email": JANE, "first": "Jane"}, "format": 1, "items": []}
    assert answer.warnings == [UNSENT]
    assert (answer.tally.requested, answer.tally.created, answer.tally.subscribed) == (1, 1, 1)


@pytest.mark.parametrize(("said", "code"), [({"format": "2"}, 2), ({}, 99)])
def test_the_format_of_the_line_comes_before_that_of_the_record(
    realm: Realm, said: dict[str, str], code: int
) -> None:
    news = realm.new_list()

    realm.send(line(Kind.SEND, "email,format", f"{JANE},multipart", list_id=news, template_id=1, **said))

    (request,) = requested(realm)
    assert request.contact is not None
    assert request.contact["format"] == code


def test_item_blocks_go_with_the_message_and_not_into_the_contact(realm: Realm) -> None:
    news = realm.new_list()
    command = Command(Kind.SEND, (("list_id", str(news)), ("template_id", "7")), ("email",))
    items = ({"name": "duties", "rows": [{"duty": "water"}]},)

    realm.send(steps=[Run.of(command, [Record(9, 1, 1, (JANE,), items)])])

    (request,) = requested(realm)
    assert request.contact is not None
    assert request.contact["items"] == list(items)


def test_where_nobody_is_to_be_sent_anything_nothing_is_said_to_be_recorded(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(line(Kind.SEND, "email", "foobar", list_id=news, template_id=1))

    assert answer.failures == [(1, 1, Verdict.INVALID_EMAIL, "foobar")]
    assert (answer.warnings, answer.tally.requested) == ([], 0)


def test_who_is_opted_out_is_sent_nothing_forced_or_not(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.UNSUB, "email", JANE, list_id=news), force_optout=True)

    answer = realm.send(
        line(Kind.SEND, "email", JANE, "mary@domain.com", list_id=news, template_id=1), force_sub=True
    )

    assert answer.failures == [(1, 1, Verdict.OPTED_OUT, JANE)]
    assert [request.contact["fields"]["email"] for request in requested(realm) if request.contact] == [
        "mary@domain.com"
    ]


@pytest.mark.parametrize(
    ("said", "verdict", "value"),
    [
        ({}, Verdict.MISSING_ARGUMENT, "template_id"),
        ({"template_id": "spring"}, Verdict.BAD_ARGUMENT, "template_id=spring"),
        ({"template_id": "1", "list_id": "99999"}, Verdict.FOREIGN_LIST, "99999"),
        ({"template_id": "1", "list_id": "1,2"}, Verdict.SEVERAL_LISTS, "1,2"),
    ],
)
def test_a_message_that_cannot_be_is_refused_as_a_whole(
    realm: Realm, said: dict[str, str], verdict: Verdict, value: str
) -> None:
    news = realm.new_list()

    answer = realm.send(line(Kind.SEND, "email", JANE, **{"list_id": news, **said}))

    assert answer.failures == [(1, None, verdict, value)]
    assert requested(realm) == []
    assert realm.contacts() == []
    assert answer.tally.requested == 0


def test_a_campaign_is_written_down(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(
        line(Kind.LAUNCH, list_id=news, format=99, segmentation_id=3, notify_email="boss@domain.com"),
        line(Kind.LAUNCH, list_id=news, format=1),
    )

    first, second = requested(realm)
    assert (first.kind, first.contact, first.line, second.line) == ("launch", None, 4, 5)
    assert first.arguments == {"format": "99", "segmentation_id": "3", "notify_email": "boss@domain.com"}
    assert answer.warnings == [UNSENT]
    assert (answer.tally.requested, answer.tally.records, answer.tally.commands) == (2, 0, 2)


@pytest.mark.parametrize(
    ("said", "verdict", "value"),
    [
        ({}, Verdict.MISSING_ARGUMENT, "format"),
        ({"format": 1, "segmentation_id": "x"}, Verdict.BAD_ARGUMENT, "segmentation_id=x"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(
    realm: Realm, said: dict[str, Any], verdict: Verdict, value: str
) -> None:
    answer = realm.send(line(Kind.LAUNCH, list_id=realm.new_list(), **said))

    assert answer.failures == [(1, None, verdict, value)]
    assert requested(realm) == []


def test_charlie_sees_no_request_of_alice(realm: Realm, keyed: Realm) -> None:
    realm.send(line(Kind.LAUNCH, list_id=realm.new_list(), format=1))

    answer = keyed.send(line(Kind.LAUNCH, list_id=1, format=1))

    assert answer.failures == [(1, None, Verdict.FOREIGN_LIST, "1")]
    assert (len(requested(realm)), requested(keyed)) == (1, [])
