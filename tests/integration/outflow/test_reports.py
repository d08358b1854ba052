"""Daily reports: who opened, clicked and opted out, as files that can be dropped back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.contacts.events import EventType
from postroom.drops.room import Room
from postroom.gateway.seam import Principal
from postroom.gateway.vfs import DropVfs
from postroom.gateway.vpath import resolve
from postroom.ingest.writing import delete_contacts
from postroom.outflow.reports.reporting import report_all
from postroom.store.accounts import lock_account
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.outflow.reporter import DAY, MORNING, NEXT_DAY, Reporter

OPENED, CLICKED, UNSUBSCRIBED = EventType.OPENED, EventType.CLICKED, EventType.UNSUBSCRIBED
DAILY = f"{DAY}_Daily.zip"


@pytest.fixture
def reporter(room: Room, alice: Person, charlie: Person) -> Reporter:
    assert charlie.account != alice.account
    return Reporter(room, alice)


@pytest.fixture
def bob(reporter: Reporter) -> int:
    return reporter.writer.contact(email="bob@example.com", last_name="Durand", city="Paris")


@pytest.fixture
def ann(reporter: Reporter) -> int:
    return reporter.writer.contact(email="ann@example.com", last_name="Bélanger")


def test_a_day_has_an_archive_for_each_campaign_and_one_for_all(
    reporter: Reporter, bob: int, ann: int
) -> None:
    autumn, winter = reporter.writer.campaign("Autumn"), reporter.writer.campaign("Winter / 2")
    reporter.react(OPENED, autumn, bob)
    reporter.react(CLICKED, winter, ann)

    assert reporter.report(NEXT_DAY) == 1

    assert reporter.listed() == [DAY]
    assert reporter.listed(DAY) == [
        f"{DAY}_{autumn}_Autumn.zip",
        f"{DAY}_{winter}_Winter _ 2.zip",
        DAILY,
    ]


def test_folders_are_as_old_as_the_newest_file_in_them(reporter: Reporter, bob: int) -> None:
    reporter.react(OPENED, reporter.writer.campaign(), bob)
    reporter.report(NEXT_DAY)
    vfs = DropVfs(
        reporter.room, Principal(reporter.person.login, reporter.account_id, reporter.person.account.name)
    )

    above = vfs.stat(resolve("/", "/reporting"))
    (day,) = vfs.list(resolve("/", "/reporting"))

    assert (day.name, day.modified_at, above.modified_at) == (DAY, NEXT_DAY, NEXT_DAY)


def test_files_are_in_the_format_of_imports(reporter: Reporter, ann: int) -> None:
    campaign = reporter.writer.campaign()
    reporter.react(OPENED, campaign, ann)

    reporter.report(NEXT_DAY)

    content = reporter.files(DAILY)["EMAIL_opened.csv"].decode("iso-8859-1")
    header, row, end = content.split("\n")
    named = dict(zip(header.split(";"), row.split(";"), strict=True))
    assert (named["Email"], named["Nom"], named["Ville"], end) == ("ann@example.com", "Bélanger", "", "")


def test_each_contact_is_told_once_of_each_event(reporter: Reporter, bob: int, ann: int) -> None:
    autumn, winter = reporter.writer.campaign("Autumn"), reporter.writer.campaign("Winter")
    for contact in (bob, ann, bob):
        reporter.react(OPENED, autumn, contact)
    reporter.react(OPENED, winter, bob)

    reporter.report(NEXT_DAY)

    assert reporter.emails(DAILY, "EMAIL_opened.csv") == ["bob@example.com", "ann@example.com"]
    assert reporter.emails(f"{DAY}_{autumn}_Autumn.zip", "EMAIL_opened.csv") == [
        "bob@example.com",
        "ann@example.com",
    ]
    assert reporter.emails(f"{DAY}_{winter}_Winter.zip", "EMAIL_opened.csv") == ["bob@example.com"]


def test_what_nobody_did_is_a_file_with_a_header_alone(reporter: Reporter, bob: int) -> None:
    reporter.react(EventType.SENT, reporter.writer.campaign(), bob)

    reporter.report(NEXT_DAY)

    assert list(reporter.files(DAILY)) == ["EMAIL_clicked.csv", "EMAIL_opened.csv", "EMAIL_optout.csv"]
    assert all(content.count(b"\n") == 1 for content in reporter.files(DAILY).values())


def test_media_have_files_of_their_own(reporter: Reporter, bob: int) -> None:
    mail = reporter.writer.campaign("Mail")
    text = reporter.writer.campaign("Text", channel=Channel.SMS)
    call = reporter.writer.campaign("Call", channel=Channel.VOICE)
    reporter.react(OPENED, mail, bob)
    reporter.react(UNSUBSCRIBED, text, bob, channel=Channel.SMS, address="+33612345678")
    reporter.react(UNSUBSCRIBED, call, bob, channel=Channel.VOICE, address="+33123456789")

    reporter.report(NEXT_DAY)

    assert list(reporter.files(f"{DAY}_{text}_Text.zip")) == ["SMS_clicked.csv", "SMS_optout.csv"]
    assert list(reporter.files(f"{DAY}_{call}_Call.zip")) == ["VOICE_optout.csv"]
    assert list(reporter.files(DAILY)) == [
        "EMAIL_clicked.csv",
        "EMAIL_opened.csv",
        "EMAIL_optout.csv",
        "SMS_clicked.csv",
        "SMS_optout.csv",
        "VOICE_optout.csv",
    ]
    assert b"+33612345678" in reporter.files(DAILY)["SMS_optout.csv"]
    assert b"+33123456789" in reporter.files(DAILY)["VOICE_optout.csv"]


def test_an_opt_out_is_told_with_the_address_that_it_was_about(reporter: Reporter, bob: int) -> None:
    reporter.react(UNSUBSCRIBED, reporter.writer.campaign(), bob, address="old@example.com")

    reporter.report(NEXT_DAY)

    assert reporter.emails(DAILY, "EMAIL_optout.csv") == ["old@example.com"]


def test_machines_do_not_count(reporter: Reporter, bob: int) -> None:
    campaign = reporter.writer.campaign()
    reporter.react(OPENED, campaign, bob, machineOpening=True)
    reporter.react(CLICKED, campaign, bob, machineClick=True)

    reporter.report(NEXT_DAY)

    assert reporter.emails(DAILY, "EMAIL_opened.csv") == []
    assert reporter.emails(DAILY, "EMAIL_clicked.csv") == []


def test_a_contact_that_is_gone_is_left_out(reporter: Reporter, bob: int, ann: int) -> None:
    campaign = reporter.writer.campaign()
    reporter.react(OPENED, campaign, bob)
    reporter.react(OPENED, campaign, ann)
    with reporter.room.database.transaction() as connection:
        lock_account(connection, reporter.account_id)
        delete_contacts(connection, reporter.account_id, [bob])

    reporter.report(NEXT_DAY)

    assert reporter.emails(DAILY, "EMAIL_opened.csv") == ["ann@example.com"]


def test_partners_campaigns_are_not_in_it(reporter: Reporter, bob: int) -> None:
    letters = reporter.writer.campaign(channel=Channel.PRINT)
    reporter.react(EventType.SENT, letters, bob, channel=Channel.PRINT)

    assert reporter.report(NEXT_DAY) == 0
    assert reporter.listed() == []


def test_days_are_those_of_the_account(room: Room, make_person: MakePerson) -> None:
    tokyo = Reporter(room, make_person("tokyo", time_zone="Asia/Tokyo"))
    contact = tokyo.writer.contact(email="bob@example.com")
    tokyo.react(OPENED, tokyo.writer.campaign(), contact, now=datetime(2026, 11, 10, 16, tzinfo=UTC))

    tokyo.report(datetime(2026, 11, 11, 16, tzinfo=UTC))

    assert tokyo.listed() == ["2026-11-11"]


def test_today_is_told_of_and_refreshed_by_the_hour(reporter: Reporter, bob: int, ann: int) -> None:
    campaign = reporter.writer.campaign()
    reporter.react(OPENED, campaign, bob)
    assert reporter.report() == 1
    reporter.react(OPENED, campaign, ann, now=reporter.later(minutes=10))

    assert reporter.report(reporter.later(minutes=10)) == 0
    assert reporter.emails(DAILY, "EMAIL_opened.csv") == ["bob@example.com"]
    assert reporter.report(reporter.later(minutes=50)) == 1
    assert reporter.emails(DAILY, "EMAIL_opened.csv") == ["bob@example.com", "ann@example.com"]


def test_today_is_left_alone_while_nothing_happens(reporter: Reporter, bob: int) -> None:
    reporter.react(OPENED, reporter.writer.campaign(), bob)
    reporter.report()

    assert reporter.report(reporter.later(hours=2)) == 0


def test_a_closed_day_is_final_to_the_byte(reporter: Reporter, bob: int, ann: int) -> None:
    campaign = reporter.writer.campaign()
    reporter.react(OPENED, campaign, bob)
    reporter.report(NEXT_DAY)
    before = reporter.content(DAILY)

    # A tracker whose clock is late records what it was told of yesterday.
    reporter.react(OPENED, campaign, ann, now=MORNING)
    reporter.report(reporter.later(hours=3))

    assert reporter.content(DAILY) == before
    assert reporter.emails("2026-11-11_Daily.zip", "EMAIL_opened.csv", "2026-11-11") == ["ann@example.com"]


def test_the_same_events_make_the_same_bytes(room: Room, make_person: MakePerson) -> None:
    written = []
    for name in ("first", "second"):
        each = Reporter(room, make_person(name))
        contact = each.writer.contact(email="bob@example.com")
        each.react(OPENED, each.writer.campaign(), contact)
        each.report(NEXT_DAY if name == "first" else NEXT_DAY + timedelta(hours=5))
        written.append(each.content(DAILY))

    assert written[0] == written[1]


def test_the_short_name_of_all_campaigns_is_fetched_but_not_listed(reporter: Reporter, bob: int) -> None:
    reporter.react(OPENED, reporter.writer.campaign(), bob)

    reporter.report(NEXT_DAY)

    assert f"{DAY}.zip" not in reporter.listed(DAY)
    assert reporter.content(f"{DAY}.zip") == reporter.content(DAILY)


def test_seven_full_days_are_kept_and_no_more(reporter: Reporter, bob: int) -> None:
    reporter.react(OPENED, reporter.writer.campaign(), bob)
    reporter.report(NEXT_DAY)
    keys = list(reporter.room.blobs.keys())

    reporter.report(datetime(2026, 11, 17, 22, tzinfo=UTC))
    assert reporter.listed() == [DAY]
    reporter.report(datetime(2026, 11, 17, 23, tzinfo=UTC))

    assert reporter.listed() == []
    assert not set(keys) & set(reporter.room.blobs.keys())


def test_days_that_were_missed_are_made_up_for(reporter: Reporter, bob: int) -> None:
    campaign = reporter.writer.campaign()
    reporter.react(OPENED, campaign, bob)
    reporter.react(CLICKED, campaign, bob, now=MORNING + timedelta(days=2))

    assert reporter.report(MORNING + timedelta(days=4)) == 2
    assert reporter.listed() == [DAY, "2026-11-12"]


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("step", ["cut", "written", "published"])
def test_who_dies_on_the_way_leaves_a_day_that_can_be_reported(
    reporter: Reporter, bob: int, step: str
) -> None:
    reporter.react(OPENED, reporter.writer.campaign(), bob)

    def die(name: str) -> None:
        if name == step:
            raise _Killed

    with pytest.raises(_Killed):
        reporter.report(MORNING + timedelta(days=1), between_steps=die)
    reporter.report(NEXT_DAY)

    assert reporter.emails(DAILY, "EMAIL_opened.csv") == ["bob@example.com"]


def test_of_two_that_report_at_once_one_is_seen_and_nothing_is_left_over(
    reporter: Reporter, bob: int
) -> None:
    reporter.react(OPENED, reporter.writer.campaign(), bob)
    met: list[str] = []

    def meet(name: str) -> None:
        if name == "written" and not met:
            met.append(name)
            reporter.report()

    reporter.report(NEXT_DAY, between_steps=meet)

    assert reporter.emails(DAILY, "EMAIL_opened.csv") == ["bob@example.com"]
    assert len(list(reporter.room.blobs.keys())) == len(reporter.listed(DAY))


def test_charlie_sees_no_report_of_alice(reporter: Reporter, charlie: Person, bob: int) -> None:
    reporter.react(OPENED, reporter.writer.campaign(), bob)
    reporter.report(NEXT_DAY)

    theirs = Reporter(reporter.room, charlie)
    assert theirs.listed() == []
    with pytest.raises(Missing):
        theirs.content(DAILY)


def test_every_account_is_reported_though_one_cannot_be(
    reporter: Reporter, charlie: Person, bob: int, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = Reporter(reporter.room, charlie)
    for each in (reporter, theirs):
        each.react(OPENED, each.writer.campaign(), each.writer.contact(email="dee@example.com"))
    with reporter.room.database.transaction() as connection:
        connection.execute(
            'update accounts set settings = settings || \'{"time_zone": "Atlantis"}\' where account_id = %s',
            [reporter.account_id],
        )

    assert report_all(theirs.depot(clock=lambda: NEXT_DAY)) == 1
    assert theirs.listed() == [DAY]
    assert f"the reports of account {reporter.account_id} could not be written" in caplog.text


def test_a_file_of_opt_outs_can_be_dropped_into_another_account(
    reporter: Reporter, charlie: Person, bob: int
) -> None:
    reporter.react(UNSUBSCRIBED, reporter.writer.campaign(), bob)
    reporter.report(NEXT_DAY)
    file = reporter.files(DAILY)["EMAIL_optout.csv"]

    drop = Sender(reporter.room, charlie).drop("EMAIL_optout.csv", file, directory="contacts/optoutEMAIL/in")

    assert drop.state == "applied"
    assert drop.outcome is not None
    assert drop.outcome["counts"]["opted_out"] == 1


def test_values_with_separators_and_foreign_letters_come_back(reporter: Reporter, charlie: Person) -> None:
    odd = reporter.writer.contact(email="odd@example.com", last_name='a;b "c"', city="Łódź", company="=1+1")
    reporter.react(OPENED, reporter.writer.campaign(), odd)
    reporter.report(NEXT_DAY)

    content = reporter.files(DAILY)["EMAIL_opened.csv"]
    drop = Sender(reporter.room, charlie).drop("back.csv", content)

    assert drop.state == "applied"
    with reporter.room.database.transaction() as connection:
        row = connection.execute(
            "select last_name, city, company from contacts where account_id = %s",
            [charlie.account.account_id],
        ).fetchone()
    assert row == {"last_name": 'a;b "c"', "city": "?ód?", "company": "=1+1"}
