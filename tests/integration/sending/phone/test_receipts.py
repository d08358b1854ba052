"""Receipts of providers become events: each once, of the right account, also when they come early."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from postroom.contacts.events import REQUIRED_ATTRIBUTES, EventSource, EventType
from postroom.notices.carrying import one_line
from postroom.sending.phone.providers.described import Outcome
from postroom.sending.phone.receipts import NAME_CHARACTERS, Receipt, take_receipt, take_receipts
from tests.integration.drops.clock import Clock
from tests.integration.sending.phone.conftest import NUMBER, SENT_AT, Exchange

ARRIVED = Receipt(
    Outcome.DELIVERED, "x1", status="DELIVRD", network="20801", at=SENT_AT + timedelta(minutes=1)
)
GONE = Receipt(Outcome.HARD, "x1", status="UNDELIV", code="001", text="Unknown subscriber")


def take(exchange: Exchange, receipt: Receipt, *, tried: int = 0, provider: str = "web") -> bool:
    return take_receipt(exchange.mailroom, provider, receipt, tried=tried)


def test_a_delivered_sms_is_an_event_with_what_the_flow_wants_to_know(exchange: Exchange) -> None:
    message = exchange.sent(exchange.alice)

    assert take(exchange, ARRIVED)

    (event,) = exchange.events(exchange.alice)
    assert (event.type, event.source, event.at) == (
        EventType.DELIVERED,
        EventSource.PROVIDER,
        SENT_AT + timedelta(minutes=1),
    )
    assert (event.message_id, event.campaign_id) == (message.message_id, message.campaign_id)
    assert (event.contact_id, event.address, event.channel) == (7, NUMBER, message.channel)
    assert event.attributes == {
        "sentMoment": SENT_AT.isoformat(),
        "providerStatus": "DELIVRD",
        "provider": "web",
        "providerMessageId": "x1",
        "networkCode": "20801",
    }
    assert REQUIRED_ATTRIBUTES[event.type] <= set(event.attributes)


@pytest.mark.parametrize(
    ("outcome", "category"),
    [(Outcome.HARD, "UNKNOWN_USER"), (Outcome.SOFT, "TIMEOUT"), (Outcome.UNKNOWN, "OTHER")],
)
def test_a_failed_sms_is_a_bounce_that_says_how_sure_it_is(
    exchange: Exchange, outcome: Outcome, category: str
) -> None:
    exchange.sent(exchange.alice)

    take(exchange, Receipt(outcome, "x1", status="UNDELIV", code="001", text="Unknown subscriber"))

    (event,) = exchange.events(exchange.alice)
    assert event.type is EventType.BOUNCED
    assert event.attributes == {
        "bounceType": outcome.value,
        "bounceCategory": category,
        "errorCode": "001",
        "errorText": "Unknown subscriber",
        "sentMoment": SENT_AT.isoformat(),
        "providerStatus": "UNDELIV",
        "provider": "web",
        "providerMessageId": "x1",
    }
    assert REQUIRED_ATTRIBUTES[event.type] <= set(event.attributes)


def test_a_receipt_that_is_told_twice_is_one_event(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)

    assert [take(exchange, ARRIVED), take(exchange, ARRIVED)] == [True, False]

    assert len(exchange.events(exchange.alice)) == 1


def test_a_message_can_first_be_out_of_reach_and_then_arrive(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)

    take(exchange, Receipt(Outcome.SOFT, "x1", status="BUFFERED"))
    take(exchange, ARRIVED)

    assert [each.type for each in exchange.events(exchange.alice)] == [EventType.BOUNCED, EventType.DELIVERED]


def test_a_receipt_is_of_the_account_whose_message_it_names_and_nobody_else_sees_it(
    exchange: Exchange,
) -> None:
    exchange.sent(exchange.charlie, provider_id="x2")
    exchange.sent(exchange.alice, provider_id="x1")

    take(exchange, ARRIVED)

    assert len(exchange.events(exchange.alice)) == 1
    assert exchange.events(exchange.charlie) == []


def test_a_provider_tells_of_its_own_messages_alone(exchange: Exchange) -> None:
    message = exchange.sent(exchange.alice, provider="other")

    assert not take(exchange, ARRIVED)
    ours = f"{message.account_id}-{message.message_id}"
    assert not take(exchange, Receipt(Outcome.DELIVERED, reference=ours, status="DELIVRD"))

    assert exchange.events(exchange.alice) == []


def test_a_receipt_may_name_a_message_as_we_do(exchange: Exchange) -> None:
    message = exchange.sent(exchange.alice, provider_id=None)
    ours = f"{message.account_id}-{message.message_id}"

    assert take(exchange, Receipt(Outcome.DELIVERED, reference=ours, status="ok"))
    assert not take(exchange, Receipt(Outcome.DELIVERED, reference="1-1-1", status="ok"))


def test_a_receipt_that_comes_before_its_message_is_written_down_is_looked_at_again(
    exchange: Exchange, clock: Clock
) -> None:
    assert not take(exchange, ARRIVED)

    (job,) = exchange.jobs()
    assert job["at"] == clock.now + timedelta(seconds=20)
    exchange.sent(exchange.alice)
    stored = job["receipt"]
    assert isinstance(stored, dict)
    assert take(exchange, Receipt.from_arguments(stored), tried=1)
    (event,) = exchange.events(exchange.alice)
    assert event.at == ARRIVED.at


def test_a_receipt_whose_message_nobody_ever_knew_is_forgotten_in_the_end(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    for tried in range(5):
        take(exchange, ARRIVED, tried=tried)

    assert len(exchange.jobs()) == 4
    assert "of a message that nobody knows" in caplog.text


def test_what_a_test_send_came_to_is_no_event(exchange: Exchange) -> None:
    exchange.sent(exchange.alice, is_test=True)

    assert not take(exchange, GONE)

    assert exchange.events(exchange.alice) == []


def test_a_receipt_from_the_future_happened_now(exchange: Exchange, clock: Clock) -> None:
    exchange.sent(exchange.alice)

    take(exchange, Receipt(Outcome.DELIVERED, "x1", status="ok", at=clock.now + timedelta(days=2)))

    assert exchange.events(exchange.alice)[0].at == clock.now


def test_whatever_a_provider_writes_can_be_recorded(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)
    strange = Receipt(Outcome.HARD, "x1", status="a\x00b" * 100, code="\ud800" * 50, text="c\n" * 900)

    assert take(exchange, strange)
    assert not take(exchange, Receipt(Outcome.HARD, "x\x001", status="DELIVRD"))

    (event,) = exchange.events(exchange.alice)
    assert len(event.attributes["errorText"]) == 300
    assert len(event.attributes["providerStatus"]) == 50


def test_a_receipt_of_a_message_that_is_still_claimed_waits_for_it(exchange: Exchange) -> None:
    message = exchange.sent(exchange.alice, provider=None, provider_id=None, state="claimed")
    ours = f"{message.account_id}-{message.message_id}"

    assert not take(exchange, Receipt(Outcome.DELIVERED, reference=ours, status="ok"))

    assert len(exchange.jobs()) == 1


def test_a_name_that_was_cut_when_it_was_kept_is_cut_alike_when_it_comes_back(exchange: Exchange) -> None:
    long = "n" * 300
    exchange.sent(exchange.alice, provider_id=one_line(long, NAME_CHARACTERS))

    assert take(exchange, Receipt(Outcome.DELIVERED, long, status="ok"))


def test_several_receipts_of_several_accounts_are_recorded_together(exchange: Exchange) -> None:
    exchange.sent(exchange.alice, provider_id="x1")
    exchange.sent(exchange.charlie, provider_id="x2")
    exchange.sent(exchange.alice, provider_id="x3", is_test=True)
    told = [Receipt(Outcome.DELIVERED, name, status="ok") for name in ("x1", "x2", "x3", "x4", "x1")]

    assert take_receipts(exchange.mailroom, "web", told) == 2
    assert take_receipts(exchange.mailroom, "web", told) == 0
    assert take_receipts(exchange.mailroom, "web", []) == 0

    assert len(exchange.events(exchange.alice)) == len(exchange.events(exchange.charlie)) == 1
    assert {job["receipt"]["provider_id"] for job in exchange.jobs()} == {"x4"}  # type: ignore[index]  # arguments of a job


def test_receipts_that_two_processes_are_told_at_a_time_are_recorded_once_each(exchange: Exchange) -> None:
    names = [f"x{number}" for number in range(20)]
    for number, name in enumerate(names):
        exchange.sent(exchange.alice if number % 2 else exchange.charlie, provider_id=name)
    news: list[int] = []

    def tell(order: list[str]) -> None:
        told = [Receipt(Outcome.DELIVERED, name, status="ok") for name in order]
        news.append(take_receipts(exchange.mailroom, "web", told))

    threads = [threading.Thread(target=tell, args=(order,)) for order in (names, names[::-1], names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(news) == [0, 0, 20]
    assert len(exchange.events(exchange.alice)) + len(exchange.events(exchange.charlie)) == 20


@pytest.mark.parametrize("provider", ["web", None], ids=["no answer came", "whoever sent it died"])
def test_a_receipt_settles_a_doubt(exchange: Exchange, provider: str | None) -> None:
    message = exchange.sent(exchange.alice, provider=provider, provider_id=None, state="in_doubt")
    ours = f"{message.account_id}-{message.message_id}"
    told = Receipt(Outcome.DELIVERED, "x9", ours, status="ok")

    assert take(exchange, told)
    assert not take(exchange, told)

    sent, arrived = exchange.events(exchange.alice)
    assert (sent.type, arrived.type) == (EventType.SENT, EventType.DELIVERED)
    assert (sent.at, sent.attributes["providerMessageId"]) == (SENT_AT, "x9")
    assert sent.attributes["language"] is None
    assert REQUIRED_ATTRIBUTES[sent.type] <= set(sent.attributes)
    assert arrived.attributes["sentMoment"] == SENT_AT.isoformat()
    assert take(exchange, Receipt(Outcome.SOFT, "x9", status="late")), "it is found by its name from now on"


def test_another_provider_settles_no_doubt(exchange: Exchange) -> None:
    message = exchange.sent(exchange.alice, provider="other", provider_id=None, state="in_doubt")

    ours = f"{message.account_id}-{message.message_id}"
    assert not take(exchange, Receipt(Outcome.DELIVERED, reference=ours, status="ok"))

    assert exchange.events(exchange.alice) == []
