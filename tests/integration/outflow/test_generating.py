"""Each flow has its file, and the file says what happened to whom."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.custom_fields import FieldType
from postroom.contacts.errors import Refused
from postroom.contacts.events import EventType
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.custom_fields import CustomFields
from postroom.outflow.activating import activate
from postroom.outflow.generating import generate
from postroom.outflow.options import Format, Options, Packing
from postroom.outflow.running import regenerate
from postroom.store.accounts import update_settings
from postroom.store.flows import RunState
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter, read_csv, values_of
from tests.integration.outflow.happenings import HAPPENINGS, happened

BOB = {"email": "bob@example.com", "mobile": "+32470123456", "first_name": "Bob"}


@pytest.mark.parametrize("flow", ["EMAIL_CLICKED", "SMS_DELIVERED", "GOAL_TRANSACTION", "SURVEY_taste"])
def test_what_happens_is_a_row_of_its_flow_and_of_no_other(exporter: Exporter, flow: str) -> None:
    exporter.contacts(BOB)
    exporter.activate(flow)
    exporter.record(*(happened(each, number) for number, each in enumerate(HAPPENINGS, 1)))

    run = exporter.run(flow)

    expected = 2 if flow == "SURVEY_taste" else 1  # the examples have it twice
    assert (run.state, run.rows, run.left_out) == (RunState.GENERATED, expected, 0)
    assert len(exporter.rows_of(run)) == run.rows


def test_rows_are_in_the_order_in_which_events_were_recorded(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED")
    for number in range(1, 60):
        earlier = datetime(2026, 3, 1, tzinfo=UTC) - timedelta(minutes=number * 7 % 11)
        exporter.record(happened("EMAIL_OPENED", number, at=earlier))

    rows = exporter.rows_of(exporter.run("EMAIL_OPENED"))

    assert [int(row["eventId"][-12:], 16) for row in rows] == list(range(1, 60))


def test_campaigns_and_messages_are_named(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    campaign = exporter.campaign("Spring; at last", kind="AB_TEST")
    exporter.activate("EMAIL_OPENED")
    exporter.record(happened("EMAIL_OPENED", campaign_id=campaign, message_id=77))

    (row,) = exporter.rows_of(exporter.run("EMAIL_OPENED"))

    assert (row["campaignId"], row["campaignName"], row["campaignType"]) == (
        str(campaign),
        "Spring; at last",
        "AB_TEST",
    )
    assert row["messageId"] == f"{exporter.account_id}-77"


def test_a_campaign_that_is_gone_leaves_its_events(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED")
    exporter.record(happened("EMAIL_OPENED", campaign_id=999))

    (row,) = exporter.rows_of(exporter.run("EMAIL_OPENED"))

    assert (row["campaignId"], row["campaignName"]) == ("999", "")


def test_fields_of_the_contact_are_added_as_they_are_now(exporter: Exporter) -> None:
    exporter.contacts({**BOB, "city": "Liège; Outremeuse", "birth_date": "1980-02-01"})
    exporter.activate("EMAIL_OPENED", fields=("city", "birth_date", "first_name"))
    exporter.record(happened("EMAIL_OPENED"))

    run = exporter.run("EMAIL_OPENED")

    (row,) = exporter.rows_of(run)
    assert list(row)[-3:] == ["city", "birth_date", "first_name"]
    assert (row["city"], row["birth_date"], row["first_name"]) == ("Liège; Outremeuse", "1980-02-01", "Bob")


@pytest.mark.parametrize(
    "flow", ["EMAIL_OPENED", "SURVEY_ANSWERS", "EMAIL_DO_NOT_CONTACT", "SUBSCRIPTION_UPDATE"]
)
@pytest.mark.parametrize("format_", list(Format))
def test_a_field_that_was_deleted_is_an_empty_column(exporter: Exporter, flow: str, format_: Format) -> None:
    exporter.contacts({**BOB, "extra01": "left behind"})
    with exporter.room.database.transaction() as connection:
        CustomFields(connection, exporter.account_id).create("age", FieldType.TEXT, "")
    exporter.activate(flow, fields=("age",), format=format_, packing=Packing.NONE)
    exporter.consent(BOB["email"], OptOutReason.CONTACT)
    if flow != "SUBSCRIPTION_UPDATE":
        exporter.record(happened(flow))
    with exporter.room.database.transaction() as connection:
        CustomFields(connection, exporter.account_id).delete("age")

    run = exporter.run(flow)

    assert (run.state, run.remarks) == (RunState.GENERATED, {"field_gone": 1})
    assert run.rows
    assert b"left behind" not in exporter.bytes_of(run)
    if format_ is Format.CSV:
        assert set(values_of(read_csv(exporter.bytes_of(run).decode()), "age")) == {""}


@pytest.mark.parametrize("fields", [("shoe_size",), ("extra01",), ("contact_id",), ("a; drop table x",)])
def test_no_other_field_can_be_added(exporter: Exporter, fields: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        exporter.activate("EMAIL_OPENED", fields=fields)

    assert refused.value.code == "BAD_FIELD"


def test_events_of_contacts_who_are_gone_are_left_out_and_counted(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED")
    exporter.activate("SURVEY_ANSWERS")
    exporter.record(
        happened("EMAIL_OPENED", 1),
        happened("EMAIL_OPENED", 2, contact_id=55),
        happened("EMAIL_OPENED", 3, contact_id=None),
        happened("SURVEY_ANSWERS", 4, contact_id=55),
        happened("SURVEY_ANSWERS", 5, contact_id=None),
    )

    opened, answered = exporter.run("EMAIL_OPENED"), exporter.run("SURVEY_ANSWERS")

    assert (opened.rows, opened.left_out) == (2, 1)
    assert values_of(exporter.rows_of(opened), "profileId") == ["1", ""]
    assert (answered.rows, answered.left_out) == (3, 1)


def test_events_of_a_contact_who_is_one_with_another_now_are_of_the_other(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED", fields=("first_name",))
    exporter.record(happened("EMAIL_OPENED", contact_id=9))
    with exporter.room.database.transaction() as connection:
        connection.execute(
            "insert into merged_contacts"
            " (account_id, merged_id, contact_id, change_id, merged_at, key_values)"
            " values (%s, 9, 1, 1, %s, '{}')",
            [exporter.account_id, exporter.clock()],
        )

    run = exporter.run("EMAIL_OPENED")

    (row,) = exporter.rows_of(run)
    assert (run.left_out, row["profileId"], row["first_name"]) == (0, "1", "Bob")


def test_an_empty_day_has_a_file_with_a_header(exporter: Exporter) -> None:
    exporter.activate("EMAIL_OPENED")

    run = exporter.run("EMAIL_OPENED")

    assert exporter.text_of(run).count("\n") == 1
    assert exporter.text_of(run).startswith("eventId;profileTable;profileId;campaignId;")
    assert (run.state, run.rows) == (RunState.GENERATED, 0)


def test_an_empty_day_has_no_file_where_that_is_wanted(exporter: Exporter, clock: Clock) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED", skip_empty=True)

    empty = exporter.run("EMAIL_OPENED")
    exporter.record(happened("EMAIL_OPENED"))
    clock.pass_by(86_400)
    next_day = exporter.run("EMAIL_OPENED")

    assert (empty.state, empty.blob_key, empty.rows) == (RunState.SKIPPED, None, 0)
    assert (next_day.state, next_day.rows) == (RunState.GENERATED, 1)
    assert list(exporter.room.blobs.keys()) == [next_day.blob_key]
    assert list(exporter.room.blobs.staging.iterdir()) == []


def test_long_values_are_cut_and_counted(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_CLICKED")
    attributes = {**HAPPENINGS["EMAIL_CLICKED"][3], "url": "https://é.example/" + "é" * 5000}
    exporter.record(happened("EMAIL_CLICKED", attributes=attributes))

    run = exporter.run("EMAIL_CLICKED")

    (row,) = exporter.rows_of(run)
    assert len(row["url"]) == 4000
    assert run.remarks == {"cut": 1}


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("10.50", "10.50"), ("1E+3", "1000"), ("-0.10", "-0.10"), ("007", "7"), ("NaN", ""), ("a lot", "")],
)
def test_an_amount_is_written_without_exponent_or_not_at_all(
    exporter: Exporter, amount: str, expected: str
) -> None:
    exporter.contacts(BOB)
    exporter.activate("GOAL_TRANSACTION")
    attributes = {**HAPPENINGS["GOAL_TRANSACTION"][3], "amount": amount}
    exporter.record(happened("GOAL_TRANSACTION", attributes=attributes))

    run = exporter.run("GOAL_TRANSACTION")

    assert values_of(exporter.rows_of(run), "amount") == [expected]
    assert run.remarks == ({} if expected else {"not_a_number": 1})


def test_what_is_no_moment_is_null_and_stops_nothing(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED")
    for number, text in enumerate(("yesterday-ish", "", "2026-13-45T99:00:00Z"), 1):
        attributes = {**HAPPENINGS["EMAIL_OPENED"][3], "sentMoment": text}
        exporter.record(happened("EMAIL_OPENED", number, attributes=attributes))

    assert values_of(exporter.rows_of(exporter.run("EMAIL_OPENED")), "sentMoment") == ["", "", ""]


@pytest.mark.parametrize(
    ("zone", "style", "expected"),
    [
        ("UTC", "plain", "2026-03-04 11:55:00"),
        ("Europe/Brussels", "plain", "2026-03-04 12:55:00"),
        ("Europe/Brussels", "iso", "2026-03-04T12:55:00+01:00"),
        ("America/St_Johns", "iso", "2026-03-04T08:25:00-03:30"),
    ],
)
def test_moments_are_of_the_zone_and_style_of_the_account(
    exporter: Exporter, zone: str, style: str, expected: str
) -> None:
    with exporter.room.database.transaction() as connection:
        settings = exporter.person.account.settings.changed({"export_zone": zone, "moments": style})
        update_settings(connection, exporter.account_id, settings)
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED")
    exporter.record(happened("EMAIL_OPENED", at=datetime(2026, 3, 4, 11, 55, 0, 999_999, tzinfo=UTC)))

    (row,) = exporter.rows_of(exporter.run("EMAIL_OPENED"))

    assert row["eventMoment"] == expected


def test_an_account_may_be_called_as_it_likes(exporter: Exporter) -> None:
    name = "100%s \"Alice\" {x}; 'co'"
    with exporter.room.database.transaction() as connection:
        connection.execute("update accounts set name = %s where account_id = %s", [name, exporter.account_id])
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED")
    exporter.record(happened("EMAIL_OPENED"))

    run = exporter.run("EMAIL_OPENED")

    assert values_of(exporter.rows_of(run), "profileTable") == [name]
    assert run.file_name == "EMAIL_OPENED_100_s__Alice___x____co__20260304.zip"


def test_charlies_events_are_in_no_file_of_alices(exporter: Exporter, stranger: Exporter) -> None:
    exporter.contacts(BOB)
    stranger.contacts(BOB)
    for each in (exporter, stranger):
        each.activate("EMAIL_OPENED")
    stranger.record(happened("EMAIL_OPENED", 5))

    hers, his = exporter.run("EMAIL_OPENED"), stranger.run("EMAIL_OPENED")

    assert (hers.rows, his.rows) == (0, 1)


def test_spreadsheets_are_protected_where_that_is_wanted(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("SMS_SENT", spreadsheet_safe=True)
    attributes = {**HAPPENINGS["SMS_SENT"][3], "sender": "=1+1"}
    exporter.record(happened("SMS_SENT", attributes=attributes))

    (row,) = exporter.rows_of(exporter.run("SMS_SENT"))

    assert (row["phoneNumber"], row["sender"], row["parts"]) == ("'+32470123456", "'=1+1", "2")


def test_a_soft_bounce_is_what_is_not_hard(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    for flow in ("EMAIL_HARDBOUNCE", "EMAIL_SOFTBOUNCE"):
        exporter.activate(flow)
    for number, kind in enumerate(("HARD", "SOFT", "UNKNOWN"), 1):
        attributes = {**HAPPENINGS["EMAIL_HARDBOUNCE"][3], "bounceType": kind}
        exporter.record(happened("EMAIL_HARDBOUNCE", number, attributes=attributes))

    assert [exporter.run(each).rows for each in ("EMAIL_HARDBOUNCE", "EMAIL_SOFTBOUNCE")] == [1, 2]


def test_each_contact_with_an_address_that_is_left_alone_is_a_row(exporter: Exporter) -> None:
    exporter.contacts(BOB, {**BOB, "first_name": "Bobby"}, {"email": "carol@example.com"})
    exporter.activate("EMAIL_DO_NOT_CONTACT")
    exporter.record(
        happened("EMAIL_DO_NOT_CONTACT", 1),
        happened("EMAIL_DO_NOT_CONTACT", 2, contact_id=None, address="nobody@example.com"),
        happened("EMAIL_DO_NOT_CONTACT", 3, contact_id=None, address="carol@example.com"),
    )

    rows = exporter.rows_of(exporter.run("EMAIL_DO_NOT_CONTACT"))

    assert values_of(rows, "profileId") == ["1", "2", "3"]
    assert rows[0]["eventId"] == str(happened("EMAIL_DO_NOT_CONTACT", 1).event_id)
    assert len(set(values_of(rows, "eventId"))) == 3
    assert [row["eventId"][14] for row in rows] == ["4", "8", "8"]


def test_an_sms_number_that_is_left_alone_is_none_of_it(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_DO_NOT_CONTACT")
    exporter.record(happened("EMAIL_DO_NOT_CONTACT", channel=Channel.SMS))

    assert exporter.run("EMAIL_DO_NOT_CONTACT").rows == 0


def test_two_flows_cannot_have_files_of_one_name(exporter: Exporter) -> None:
    exporter.activate("EMAIL_OPENED", name="daily_{yyyyMMdd}")

    with pytest.raises(Refused) as refused:
        exporter.activate("EMAIL_CLICKED", name="daily_{yyyyMMdd}")
    exporter.activate("EMAIL_OPENED", name="daily_{yyyyMMdd}", manifest=True)

    assert refused.value.code == "BAD_NAME"


def test_the_archive_has_one_file_of_its_own_name(exporter: Exporter) -> None:
    exporter.activate("EMAIL_OPENED", name="o-$yyyyMMdd", inner_name="data")
    run = exporter.run("EMAIL_OPENED")

    with zipfile.ZipFile(io.BytesIO(exporter.bytes_of(run))) as archive:
        (member,) = archive.infolist()
    assert (run.file_name, member.filename) == ("o-20260304.zip", "data.csv")
    assert member.date_time == (2026, 3, 4, 12, 0, 0)


def test_the_same_window_makes_the_same_bytes(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_OPENED")
    exporter.record(*(happened("EMAIL_OPENED", number) for number in range(1, 300)))
    first = exporter.run("EMAIL_OPENED")

    regenerate(exporter.depot, exporter.account_id, first.run_id)
    generate(exporter.depot, exporter.account_id, first.run_id)

    again = exporter.read(first.run_id)
    assert again.sha256 == first.sha256
    assert again.blob_key != first.blob_key
    assert (again.revision, again.file_name) == (2, first.file_name)
    assert list(exporter.room.blobs.keys()) == [again.blob_key]


def test_an_event_of_a_channel_that_the_flow_does_not_mean_is_left_out(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.activate("EMAIL_SENT")
    exporter.record(replace(happened("SMS_SENT"), type=EventType.SENT))

    assert exporter.run("EMAIL_SENT").rows == 0


def test_a_flow_is_activated_as_it_was_chosen(exporter: Exporter) -> None:
    options = Options(times=("10:00",), fields=("city",), done=True)

    made = activate(exporter.depot, exporter.account_id, "EMAIL_OPENED", options)

    assert Options.from_json(made.options) == options
    assert (made.active, made.location) == (True, None)
