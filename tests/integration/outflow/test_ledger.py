"""SUBSCRIPTION_UPDATE has every change of consent, for each contact that has the address."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from postroom.contacts.levels import UNIVERSAL_SCOPE, list_scope
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.consents import change_consent, note_opted_out
from postroom.outflow.generating import generate
from postroom.outflow.running import regenerate
from postroom.store.accounts import lock_account
from postroom.store.optouts import Act
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter, values_of

FLOW = "SUBSCRIPTION_UPDATE"
CONTACT, ACCOUNT, SPAM, BOUNCE = (
    OptOutReason.CONTACT,
    OptOutReason.ACCOUNT,
    OptOutReason.SPAM,
    OptOutReason.HARD_BOUNCE,
)
MAIL, MOBILE, PHONE = "bob@example.com", "+33612345678", "+33123456789"


@pytest.fixture
def active(exporter: Exporter) -> Exporter:
    """Return Alice, whose flow is active, with Bob and his twin, who shares his e-mail."""
    exporter.contacts({"email": MAIL, "mobile": MOBILE, "phone": PHONE}, {"email": MAIL})
    exporter.activate(FLOW)
    return exporter


def rows(exporter: Exporter) -> list[dict[str, str]]:
    return exporter.rows_of(exporter.run(FLOW, extra=True))


def test_a_change_is_a_row_for_each_contact_with_the_address(active: Exporter) -> None:
    active.consent(MAIL, CONTACT)

    found = rows(active)

    assert values_of(found, "profileId") == ["1", "2"]
    assert len(set(values_of(found, "eventId"))) == 2
    assert {(row["subscription"], row["status"], row["previousStatus"]) for row in found} == {
        ("EMAIL", "UNSUBSCRIBED", "SUBSCRIBED")
    }
    assert {row["eventMoment"] for row in found} == {"2026-03-04 12:00:00"}


def test_each_medium_is_of_its_own_address(active: Exporter) -> None:
    for medium, address in (
        (Medium.SMS, MOBILE),
        (Medium.VOICE, PHONE),
        (Medium.VOICEMAIL, MOBILE),
        (Medium.VOICE, MOBILE),  # nobody's fixed phone
        (Medium.EMAIL, "nobody@example.com"),
    ):
        active.consent(address, CONTACT, scope=medium.value)

    assert values_of(rows(active), "subscription") == ["SMS", "VOICE", "VOICEMAIL"]


def test_opting_in_again_and_a_stronger_reason_are_changes_too(active: Exporter) -> None:
    active.consent(PHONE, ACCOUNT, scope="VOICE")
    active.consent(PHONE, SPAM, scope="VOICE")
    active.consent(PHONE, SPAM, scope="VOICE")  # changes nothing
    active.consent(MOBILE, CONTACT, scope="SMS")
    active.consent(MOBILE, None, scope="SMS")

    found = [(row["subscription"], row["previousStatus"], row["status"]) for row in rows(active)]

    assert found == [
        ("VOICE", "SUBSCRIBED", "UNSUBSCRIBED"),
        ("VOICE", "UNSUBSCRIBED", "UNSUBSCRIBED"),
        ("SMS", "SUBSCRIBED", "UNSUBSCRIBED"),
        ("SMS", "UNSUBSCRIBED", "SUBSCRIBED"),
    ]


@pytest.mark.parametrize(
    ("source", "reason", "expected"),
    [
        ("file", ACCOUNT, "IMPORT"),
        ("call", ACCOUNT, "API"),
        ("command", ACCOUNT, "MANUAL"),
        ("merge", ACCOUNT, "SYSTEM"),
        ("answer", CONTACT, "EMAIL_CAMPAIGN"),
        ("answer", SPAM, "COMPLAINT"),
        ("answer", BOUNCE, "SYSTEM"),
        ("something new", CONTACT, "SYSTEM"),
    ],
)
def test_the_way_is_told(active: Exporter, source: str, reason: OptOutReason, expected: str) -> None:
    active.consent(MAIL, reason, source=source)

    assert set(values_of(rows(active), "source")) == {expected}


def test_an_answer_names_its_campaign(active: Exporter) -> None:
    mail, sms = active.campaign("Spring"), active.campaign("Sale", channel="SMS")

    active.consent(PHONE, CONTACT, scope="VOICE", source="answer", campaign_id=mail, message_id=1)
    active.consent(MOBILE, CONTACT, scope="SMS", source="answer", campaign_id=sms, message_id=2)

    found = rows(active)
    assert values_of(found, "source") == ["EMAIL_CAMPAIGN", "SMS_REPLY"]
    assert values_of(found, "sourceName") == ["Spring", "Sale"]
    assert values_of(found, "campaignId") == [str(mail), str(sms)]


def test_a_stop_that_answers_no_message_is_a_reply_all_the_same(active: Exporter) -> None:
    active.consent(MOBILE, CONTACT, scope="SMS", source="answer")

    assert values_of(rows(active), "source") == ["SMS_REPLY"]


def test_opting_in_again_is_only_done_on_the_page_of_preferences(active: Exporter) -> None:
    active.consent(MOBILE, ACCOUNT, scope="SMS")
    active.consent(MOBILE, None, scope="SMS", source="answer")

    assert values_of(rows(active), "source") == ["API", "FORM"]


def test_lists_are_named(active: Exporter) -> None:
    active.consent(MOBILE, CONTACT, scope=list_scope("VIP; gold"))
    active.consent(MAIL, CONTACT, scope=list_scope("7"))
    everywhere = Act(active.account_id, UNIVERSAL_SCOPE, "file", "realm", active.clock())
    with active.room.database.transaction() as connection:
        lock_account(connection, active.account_id)
        addresses = pl.DataFrame({"line": [3], "address": [MAIL]})
        note_opted_out(connection, everywhere, addresses, ACCOUNT)

    found = [(row["profileId"], row["subscription"]) for row in rows(active)]

    assert found == [
        ("1", "VIP; gold"),
        ("1", "7"),
        ("2", "7"),
        ("1", "universal"),
        ("2", "universal"),
    ]


def test_a_number_that_is_mobile_and_fixed_phone_of_one_contact_is_one_row(exporter: Exporter) -> None:
    exporter.contacts({"mobile": MOBILE, "phone": MOBILE})
    exporter.activate(FLOW)

    exporter.consent(MOBILE, CONTACT, scope=list_scope("news"))
    exporter.consent(MOBILE, CONTACT, scope="VOICE")
    exporter.consent(MOBILE, CONTACT, scope="SMS")

    assert values_of(rows(exporter), "subscription") == ["news", "VOICE", "SMS"]


def test_each_change_is_in_one_file(active: Exporter, clock: Clock) -> None:
    found = []
    for number in range(1, 5):
        active.consent(MOBILE, CONTACT if number % 2 else None, scope="SMS")
        found += rows(active)
        clock.pass_by(1)

    assert len(found) == len(set(values_of(found, "eventId"))) == 4


def test_a_change_that_is_committed_late_is_in_the_next_file(active: Exporter, clock: Clock) -> None:
    changed, commit = threading.Event(), threading.Event()

    def change_slowly() -> None:
        act = Act(active.account_id, "SMS", "call", "slow", clock())
        with active.room.database.transaction() as connection:
            change_consent(connection, act, MOBILE, CONTACT)
            changed.set()
            assert commit.wait(30)

    active.consent(PHONE, CONTACT, scope="VOICE")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(change_slowly)
        assert changed.wait(30)
        first = rows(active)
        commit.set()
        slow.result()
    clock.pass_by(1)
    second = rows(active)

    assert values_of(first, "subscription") == ["VOICE"]
    assert values_of(second, "subscription") == ["SMS"]


def test_the_ids_of_changes_are_the_same_each_time_and_unlike_those_of_events(active: Exporter) -> None:
    active.consent(MAIL, CONTACT)
    first = active.run(FLOW)
    before = values_of(active.rows_of(first), "eventId")

    regenerate(active.depot, active.account_id, first.run_id)
    generate(active.depot, active.account_id, first.run_id)

    assert values_of(active.rows_of(active.read(first.run_id)), "eventId") == before
    assert {each[14] for each in before} == {"8"}  # random ones have a 4 there
    assert {each[19] for each in before} == {"8"}


def test_charlies_contact_with_the_same_address_is_no_row_of_alices(
    active: Exporter, stranger: Exporter
) -> None:
    stranger.contacts({"email": MAIL})
    stranger.activate(FLOW)
    active.consent(MAIL, CONTACT)

    assert rows(stranger) == []


def test_many_changes_find_their_contacts_in_no_time(exporter: Exporter) -> None:
    exporter.contacts(*({"email": f"p{number}@example.com"} for number in range(3000)))
    exporter.activate(FLOW)
    act = Act(exporter.account_id, "EMAIL", "file", "test", exporter.clock(), drop_id=4)
    with exporter.room.database.transaction() as connection:
        for number in range(0, 3000, 10):
            change_consent(connection, act, f"p{number}@example.com", ACCOUNT)

    found = rows(exporter)

    assert len(found) == 300
    assert set(values_of(found, "dataCollectionSource")) == {f"A{exporter.account_id}-4"}
