"""Launching a campaign for a partner: who is in the file, who is not and why, and what is told of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg import sql

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing, Refused
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.partners import hashed
from postroom.drops.room import Room
from postroom.drops.tidying import tidy
from postroom.ingest.consents import change_consent
from postroom.sending.partners import writing
from postroom.sending.partners.expiring import expire_partner_files
from postroom.sending.partners.fetching import note_download
from postroom.store import partner_files
from postroom.store.optouts import Act
from postroom.store.partner_files import Target
from tests.conftest import Person
from tests.integration.sending.partnering import LETTERS, Marketer, mailroom_of
from tests.integration.sending.written import NOON
from tests.tidiness import assert_tidy

READY, NOT_SENT, FETCHED = EventType.BATCH_READY, EventType.NOT_SENT, EventType.BATCH_DOWNLOADED
AUDIENCE = {"id": "238", "name": "Loyal", "network": "FACEBOOK"}


@pytest.fixture
def marketer(room: Room, alice: Person) -> Marketer:
    return Marketer(room, alice)


def opt_out(marketer: Marketer, address: str, scope: str) -> None:
    act = Act(marketer.account_id, scope, "test", "alice", NOON)
    with marketer.room.database.transaction() as connection:
        change_consent(connection, act, address, OptOutReason.CONTACT)


def test_a_printer_gets_those_who_have_a_postal_address(marketer: Marketer) -> None:
    bob = marketer.writer.contact(email="bob@example.com", first_name="Bob", **LETTERS)
    dave = marketer.writer.contact(email="dave@example.com")

    written = marketer.launch(columns=["first_name", "city"])

    assert marketer.content(written) == (
        f"profileId;contactPoint;first_name;city\n{bob};1 rue Verte, 75011 Paris;Bob;Paris\n"
    )
    (ready,), (left_out,) = marketer.writer.events(READY), marketer.writer.events(NOT_SENT)
    file = marketer.file(written)
    assert ready.attributes == {"batchId": str(file.batch_id), "contactPoint": "1 rue Verte, 75011 Paris"}
    assert (ready.contact_id, ready.channel, ready.source) == (bob, Channel.PRINT, EventSource.SYSTEM)
    assert (ready.campaign_id, ready.message_id) == (file.campaign_id, None)
    assert left_out.contact_id == dave
    assert left_out.attributes == {"batchId": str(file.batch_id), "reason": "NO_ADDRESS"}
    assert (written.people, written.left_out, file.size) == (1, 1, len(marketer.content(written).encode()))


@pytest.mark.parametrize(("safe", "cell"), [(True, ";'=cmd|calc"), (False, ";=cmd|calc")])
def test_what_a_spreadsheet_would_run_is_escaped_when_that_was_asked_for(
    marketer: Marketer, *, safe: bool, cell: str
) -> None:
    marketer.resident("bob", first_name="=cmd|calc")

    written = marketer.launch(columns=["first_name"], spreadsheet_safe=safe)

    assert cell in marketer.content(written)


def test_the_file_is_named_after_channel_campaign_and_day(marketer: Marketer) -> None:
    marketer.resident("bob")

    file = marketer.file(marketer.launch(name="Été / 50 % ; \n../x"))

    assert file.name == f"PRINT__t____50______.._x_20261101_{file.campaign_id}.csv"


def test_a_call_center_gets_each_number_once_and_none_that_opted_out(marketer: Marketer) -> None:
    bob = marketer.writer.contact(phone="+33123456789", email="bob@example.com")
    twin = marketer.writer.contact(phone="+33123456789", email="twin@example.com")
    marketer.writer.contact(phone="+33123456788", email="dave@example.com")
    opt_out(marketer, "+33123456788", Medium.VOICE.value)
    opt_out(marketer, "bob@example.com", Medium.EMAIL.value)

    written = marketer.launch(Channel.CALLCENTER, columns=[])

    assert marketer.content(written) == f"profileId;contactPoint\n{bob};+33123456789\n"
    reasons = {each.contact_id: each.attributes["reason"] for each in marketer.writer.events(NOT_SENT)}
    assert reasons.pop(twin) == "DUPLICATE_ADDRESS"
    assert list(reasons.values()) == ["NOT_SUBSCRIBED"]


def test_an_audience_gets_hashes_and_the_audience_is_told_with_each_person(marketer: Marketer) -> None:
    bob = marketer.writer.contact(email="bob@example.com", mobile="+33690785690", city="Paris")

    written = marketer.launch(Channel.SOCIAL, audience=AUDIENCE, columns=["city"])

    mail, phone = hashed("email", "bob@example.com"), hashed("mobile", "+33690785690")
    assert marketer.content(written) == (
        "profileId;audienceId;audienceName;network;operation;hashedEmail;hashedPhone;city\n"
        f"{bob};238;Loyal;FACEBOOK;ADD;{mail};{phone};Paris\n"
    )
    assert "bob@example.com" not in marketer.content(written)
    (ready,) = marketer.writer.events(READY)
    assert ready.address == ready.attributes["contactPoint"] == mail
    told = {"audienceId": "238", "audienceName": "Loyal", "network": "FACEBOOK", "operation": "ADD"}
    assert told.items() <= ready.attributes.items()


def test_who_left_the_list_or_the_system_gets_no_letter_either(marketer: Marketer) -> None:
    bob = marketer.writer.contact(email="bob@example.com", **LETTERS)
    dave = marketer.writer.contact(email="dave@example.com", **LETTERS)
    eve = marketer.writer.contact(email="eve@example.com", **LETTERS)
    list_id = marketer.writer.list_of("customers", bob, dave, eve)
    opt_out(marketer, "bob@example.com", "list:customers")
    opt_out(marketer, "eve@example.com", Medium.EMAIL.value)
    with marketer.room.database.transaction() as connection:
        connection.execute(
            "insert into universal_optouts (address, account_id, drop_id, since_at)"
            " values ('dave@example.com', %s, null, %s)",
            [marketer.account_id, NOON],
        )

    written = marketer.launch(target=Target(list_id))

    assert [each.contact_id for each in marketer.writer.events(READY)] == [eve]
    assert {each.attributes["reason"] for each in marketer.writer.events(NOT_SENT)} == {"NOT_SUBSCRIBED"}
    assert written.left_out == 2


def test_only_the_list_is_written_to_and_of_it_whom_the_segment_lets_in(marketer: Marketer) -> None:
    marketer.resident("eve")
    bob = marketer.resident("bob", first_name="Bob")
    dave = marketer.resident("dave", first_name="Dave")
    list_id = marketer.writer.list_of("customers", bob, dave)
    condition = sql.SQL("c.first_name = %(filter_0)s")

    marketer.launch(target=Target(list_id, condition, {"filter_0": "Dave"}))

    assert [each.contact_id for each in marketer.writer.events(READY, NOT_SENT)] == [dave]


def test_an_address_in_quarantine_is_not_called(marketer: Marketer) -> None:
    marketer.writer.contact(phone="+33123456789", email="bob@example.com")
    with marketer.room.database.transaction() as connection:
        connection.execute(
            "insert into suppressions (account_id, address, channel, kind, reason, bounces, since_at,"
            " until_at) values (%s, '+33123456789', 'VOICE', 'QUARANTINE_TEMPORARY', 'SOFT', 1, %s, %s)",
            [marketer.account_id, NOON, NOON + timedelta(days=7)],
        )

    kept_out = marketer.launch(Channel.CALLCENTER)
    later = marketer.launch(Channel.CALLCENTER, now=NOON + timedelta(days=8))

    assert (kept_out.people, later.people) == (0, 1)
    (event,) = marketer.writer.events(NOT_SENT)
    assert event.attributes["reason"] == "QUARANTINE_TEMPORARY"


def test_a_campaign_that_reaches_nobody_has_no_file(marketer: Marketer) -> None:
    marketer.writer.contact(email="bob@example.com")

    written = marketer.launch()

    assert (written.partner_file_id, written.people, written.left_out) == (None, 0, 1)
    assert marketer.writer.events(READY) == []
    assert_tidy(marketer.room)


def test_more_people_than_fit_in_one_lot_are_all_told_of_in_order(
    marketer: Marketer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [marketer.writer.contact(email=f"p{number}@example.com", **LETTERS) for number in range(5)]
    monkeypatch.setattr(writing, "_EVENTS_AT_ONCE", 2)
    monkeypatch.setattr(partner_files, "_PAGE", 2)
    started = Event(EventType.CAMPAIGN_STATE, EventSource.SYSTEM, NOON, attributes={"state": "started"})

    file = marketer.file(marketer.launch(also=(started,)))

    ready = marketer.writer.events(READY)
    assert [each.contact_id for each in ready] == people
    assert (file.first_seq, file.last_seq) == (ready[0].seq, ready[-1].seq)
    assert marketer.writer.events()[0].type is EventType.CAMPAIGN_STATE


def test_a_launch_that_dies_leaves_neither_rows_nor_events_and_its_bytes_are_tidied(
    marketer: Marketer,
) -> None:
    marketer.resident("bob")

    def die(_name: str) -> None:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        marketer.launch(mailroom=mailroom_of(marketer.room, between_steps=die))

    assert marketer.writer.events() == []
    assert list(marketer.room.blobs.staging.iterdir()) == []
    assert len(list(marketer.room.blobs.keys())) == 1
    tidy(replace(marketer.room, clock=lambda: NOON + timedelta(days=3650)))
    assert_tidy(marketer.room)
    assert marketer.launch().people == 1


def test_a_field_that_was_deleted_meanwhile_stops_the_launch(marketer: Marketer) -> None:
    with pytest.raises(Refused, match="no custom field custom_shoe"):
        marketer.launch(columns=["custom_shoe"])


def test_each_whole_download_is_an_event_for_each_person(marketer: Marketer) -> None:
    people = [marketer.writer.contact(email=f"p{number}@example.com", **LETTERS) for number in range(3)]
    marketer.writer.contact(email="nowhere@example.com")
    file = marketer.file(marketer.launch())
    assert file.file_id is not None

    for by_whom, source in (("alice", EventSource.FTP), ("client:1", EventSource.API)):
        told = note_download(
            marketer.room.database,
            marketer.account_id,
            file.file_id,
            by_whom=by_whom,
            source=source,
            now=NOON + timedelta(hours=1),
        )
        assert told == 3

    events = marketer.writer.events(FETCHED)
    assert [each.contact_id for each in events] == people * 2
    assert [each.source for each in events] == [EventSource.FTP] * 3 + [EventSource.API] * 3
    assert len({each.event_id for each in events}) == 6
    assert events[0].attributes == {
        "batchId": str(file.batch_id),
        "fileName": file.name,
        "downloadedBy": "alice",
    }
    assert events[0].at == NOON + timedelta(hours=1)
    with marketer.room.database.transaction() as connection:
        known = partner_files.partner_file_by_id(connection, marketer.account_id, file.partner_file_id)
    assert (known.downloads, known.downloaded_by) == (2, "client:1")


def test_charlie_records_nothing_about_alices_file(marketer: Marketer, charlie: Person) -> None:
    marketer.resident("bob")
    file = marketer.file(marketer.launch())
    assert file.file_id is not None

    told = note_download(
        marketer.room.database,
        charlie.account.account_id,
        file.file_id,
        by_whom="charlie",
        source=EventSource.FTP,
        now=NOON,
    )

    assert (told, marketer.writer.events(FETCHED)) == (0, [])
    with marketer.room.database.transaction() as connection, pytest.raises(Missing):
        partner_files.partner_file_by_id(connection, charlie.account.account_id, file.partner_file_id)


def test_files_go_after_their_days_and_what_is_known_of_them_stays(marketer: Marketer) -> None:
    marketer.resident("bob")
    old = marketer.launch()
    young = marketer.launch(now=NOON + timedelta(days=2))
    at_31 = mailroom_of(marketer.room, clock=lambda: NOON + timedelta(days=31, seconds=1))

    assert expire_partner_files(at_31, days=31) == 1

    assert marketer.file(old).file_id is None
    assert marketer.file(old).removed_at == NOON + timedelta(days=31, seconds=1)
    assert marketer.content(young)
    with marketer.room.database.transaction() as connection, pytest.raises(Missing, match="not kept"):
        partner_files.content_of(connection, marketer.account_id, marketer.file(old).partner_file_id)
    assert_tidy(marketer.room)
