"""`send` and `launch`: what is written down, and what is refused before anything is."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.commands import Command, Kind, Record, Run
from postroom.contacts.verdicts import Verdict
from postroom.store import lists, segments
from postroom.store.requests import SendRequest, requests_of_drop
from tests.integration.ingest.commands.batches import NOW, Realm, line

JANE = "jane@domain.com"


def saved_filter(realm: Realm) -> int:
    with realm.database.transaction() as connection:
        return segments.create_segment(
            connection, realm.account_id, realm.account.settings, "Paris", "city = Paris", now=NOW
        ).segment_id


def requested(realm: Realm) -> list[SendRequest]:
    with realm.database.transaction() as connection:
        return requests_of_drop(connection, realm.account_id, realm.drop_id)


def test_a_message_is_written_down_and_its_recipient_subscribed(realm: Realm) -> None:
    news = realm.new_list()
    realm.new_template(456)

    answer = realm.send(
        line(Kind.SEND, "email,first", f"{JANE},Jane", list_id=news, template_id=456, subject="Hello"),
        campaign_name="spring",
    )

    assert (realm.contacts(), realm.members(news)) == ([(JANE, "Jane")], [JANE])
    (request,) = requested(realm)
    assert (request.kind, request.list_id, request.line, request.state) == ("send", news, 4, "recorded")
    assert request.arguments == {"template_id": "456", "subject": "Hello", "campaign_name": "spring"}
    assert request.contact == {
        "fields": {"email": JANE, "first": "Jane"},
        "format": 1,
        "items": [],
        "key": realm.contacts("dedup_key")[0][0].hex,
    }
    assert answer.warnings == []
    assert (answer.tally.requested, answer.tally.created, answer.tally.subscribed) == (1, 1, 1)


@pytest.mark.parametrize(("said", "code"), [({"format": "2"}, 2), ({}, 99)])
def test_the_format_of_the_line_comes_before_that_of_the_record(
    realm: Realm, said: dict[str, str], code: int
) -> None:
    news = realm.new_list()
    realm.new_template()

    realm.send(line(Kind.SEND, "email,format", f"{JANE},multipart", list_id=news, template_id=1, **said))

    (request,) = requested(realm)
    assert request.contact is not None
    assert request.contact["format"] == code


def test_item_blocks_go_with_the_message_and_not_into_the_contact(realm: Realm) -> None:
    news = realm.new_list()
    realm.new_template(7)
    command = Command(Kind.SEND, (("list_id", str(news)), ("template_id", "7")), ("email",))
    items = ({"name": "duties", "rows": [{"duty": "water"}]},)

    realm.send(steps=[Run.of(command, [Record(9, 1, 1, (JANE,), items)])])

    (request,) = requested(realm)
    assert request.contact is not None
    assert request.contact["items"] == list(items)


def test_where_nobody_is_to_be_sent_anything_nothing_is_said_to_be_recorded(realm: Realm) -> None:
    news = realm.new_list()
    realm.new_template()

    answer = realm.send(line(Kind.SEND, "email", "foobar", list_id=news, template_id=1))

    assert answer.failures == [(1, 1, Verdict.INVALID_EMAIL, "foobar")]
    assert (answer.warnings, answer.tally.requested) == ([], 0)


def test_who_is_opted_out_is_sent_nothing_forced_or_not(realm: Realm) -> None:
    news = realm.new_list()
    realm.new_template()
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
        ({"template_id": "2"}, Verdict.NO_SUCH_TEMPLATE, "2"),
        ({"template_id": "3"}, Verdict.WRONG_CHANNEL, "PRINT"),
        ({"template_id": "1", "list_id": "99999"}, Verdict.FOREIGN_LIST, "99999"),
        ({"template_id": "1", "list_id": "1,2"}, Verdict.SEVERAL_LISTS, "1,2"),
    ],
)
def test_a_message_that_cannot_be_is_refused_as_a_whole(
    realm: Realm, said: dict[str, str], verdict: Verdict, value: str
) -> None:
    news = realm.new_list()
    realm.new_template()
    realm.new_template(3, Channel.PRINT)

    answer = realm.send(line(Kind.SEND, "email", JANE, **{"list_id": news, **said}))

    assert answer.failures == [(1, None, verdict, value)]
    assert requested(realm) == []
    assert realm.contacts() == []
    assert answer.tally.requested == 0


def test_a_campaign_is_written_down(realm: Realm) -> None:
    news = realm.new_list()
    realm.new_template()
    segment = saved_filter(realm)

    answer = realm.send(
        line(
            Kind.LAUNCH,
            list_id=news,
            format=99,
            template_id=1,
            segmentation_id=segment,
            notify_email="boss@domain.com",
        ),
        line(Kind.LAUNCH, list_id=news, format="plain", template_id=1),
    )

    first, second = requested(realm)
    assert (first.kind, first.contact, first.line, second.line) == ("launch", None, 4, 5)
    assert first.arguments == {
        "format": "99",
        "template_id": "1",
        "segmentation_id": str(segment),
        "notify_email": "boss@domain.com",
    }
    assert (answer.warnings, answer.failures) == ([], [])
    assert (answer.tally.requested, answer.tally.records, answer.tally.commands) == (2, 0, 2)


def test_a_campaign_that_names_no_template_has_that_of_its_list(realm: Realm) -> None:
    news, bare = realm.new_list(), realm.new_list("bare")
    realm.new_template(7)
    with realm.database.transaction() as connection:
        lists.set_list_template(connection, realm.account_id, news, 7, now=NOW)

    answer = realm.send(line(Kind.LAUNCH, list_id=news, format=1), line(Kind.LAUNCH, list_id=bare, format=1))

    (request,) = requested(realm)
    assert request.arguments["template_id"] == "7"
    assert answer.failures == [(2, None, Verdict.LIST_WITHOUT_TEMPLATE, str(bare))]


@pytest.mark.parametrize(
    ("said", "verdict", "value"),
    [
        ({"template_id": 1}, Verdict.MISSING_ARGUMENT, "format"),
        ({"format": 3, "template_id": 1}, Verdict.BAD_ARGUMENT, "format=3"),
        ({"format": 1, "template_id": 99}, Verdict.NO_SUCH_TEMPLATE, "99"),
        ({"format": 1, "template_id": 1, "segmentation_id": "x"}, Verdict.BAD_ARGUMENT, "segmentation_id=x"),
        ({"format": 1, "template_id": 1, "segmentation_id": 99}, Verdict.NO_SUCH_SEGMENT, "99"),
        ({"format": 1, "template_id": 1, "seed_list_id": 99}, Verdict.FOREIGN_LIST, "99"),
        ({"format": 1, "template_id": 1, "notify_email": "boss"}, Verdict.BAD_ARGUMENT, "notify_email=boss"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(
    realm: Realm, said: dict[str, Any], verdict: Verdict, value: str
) -> None:
    realm.new_template()

    answer = realm.send(line(Kind.LAUNCH, list_id=realm.new_list(), **said))

    assert answer.failures == [(1, None, verdict, value)]
    assert requested(realm) == []


def test_templates_and_segments_of_alice_are_none_of_charlies(realm: Realm, keyed: Realm) -> None:
    realm.new_template(5)
    segment = saved_filter(realm)
    keyed.new_template(6)
    news = keyed.new_list()

    answer = keyed.send(
        line(Kind.SEND, "email,customer_key", f"{JANE},1", list_id=news, template_id=5),
        line(Kind.LAUNCH, list_id=news, format=1, template_id=6, segmentation_id=segment),
    )

    assert [failure[2] for failure in answer.failures] == [Verdict.NO_SUCH_TEMPLATE, Verdict.NO_SUCH_SEGMENT]


def test_charlie_sees_no_request_of_alice(realm: Realm, keyed: Realm) -> None:
    realm.new_template()
    realm.send(line(Kind.LAUNCH, list_id=realm.new_list(), format=1, template_id=1))

    answer = keyed.send(line(Kind.LAUNCH, list_id=1, format=1))

    assert answer.failures == [(1, None, Verdict.FOREIGN_LIST, "1")]
    assert (len(requested(realm)), requested(keyed)) == (1, [])
