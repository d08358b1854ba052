"""What people answer: STOP opts their number out, of the account that wrote to them last."""

from __future__ import annotations

from datetime import timedelta

from postroom.contacts.channels import Channel
from postroom.contacts.events import REQUIRED_ATTRIBUTES, EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.consents import change_consent
from postroom.sending.phone.inbound import Inbound, take_inbound
from postroom.sending.phone.providers.described import Http, Provider
from postroom.sending.phone.providers.reading import parse_providers
from postroom.store.optouts import Act
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.sending.phone.conftest import NUMBER, SENT_AT, Exchange


def provider(account: str | None = None, name: str = "web") -> Provider:
    owned = f'account = "{account}"' if account else ""
    (read,) = parse_providers(
        f'[providers.{name}]\nkind = "http"\nchannels = ["SMS"]\nurl = "https://example.com"\n'
        f'{owned}\nform = {{ text = "{{text}}" }}',
        {},
    )
    assert isinstance(read.way, Http)
    return read


def say(exchange: Exchange, text: str = "STOP", *, account: str | None = None, **more: str) -> bool:
    inbound = Inbound(more.pop("number", NUMBER.lstrip("+")), text, **more)  # type: ignore[arg-type]  # fields that are texts
    return take_inbound(exchange.mailroom, provider(account), inbound)


def lift(exchange: Exchange, person: Person) -> None:
    act = Act(person.account.account_id, Medium.SMS.value, "call", "alice", exchange.mailroom.clock())
    with exchange.mailroom.database.transaction() as connection:
        change_consent(connection, act, NUMBER, None)


def test_stop_opts_the_number_out_and_is_an_event_of_the_message_it_answers(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)
    newest = exchange.sent(exchange.alice, provider_id="x2", minutes=5)

    assert say(exchange, "Stop !")

    assert exchange.opted_out(exchange.alice) is OptOutReason.CONTACT
    (event,) = exchange.events(exchange.alice)
    assert (event.type, event.message_id) == (EventType.UNSUBSCRIBED, newest.message_id)
    assert event.attributes["method"] == "REPLY"
    assert event.attributes["subscriptions"] == ["SMS"]
    assert event.attributes["sentMoment"] == (SENT_AT + timedelta(minutes=5)).isoformat()
    assert REQUIRED_ATTRIBUTES[event.type] <= set(event.attributes)


def test_other_words_change_nothing_and_none_opts_in_again(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)
    say(exchange)

    assert not any(say(exchange, word) for word in ("Merci", "START", "OUI", "UNSTOP", "", "Quand ?"))

    assert exchange.opted_out(exchange.alice) is OptOutReason.CONTACT
    assert len(exchange.events(exchange.alice)) == 1


def test_stop_is_for_the_account_that_wrote_last_and_for_no_other(exchange: Exchange) -> None:
    exchange.sent(exchange.charlie)
    exchange.sent(exchange.alice, provider_id="x2", minutes=1)

    say(exchange)

    assert exchange.opted_out(exchange.alice)
    assert exchange.opted_out(exchange.charlie) is None
    assert exchange.events(exchange.charlie) == []


def test_stop_said_to_one_provider_is_not_about_what_another_brought(exchange: Exchange) -> None:
    exchange.sent(exchange.charlie, provider="other", minutes=9)
    exchange.sent(exchange.alice, provider_id="x2")

    say(exchange)

    assert exchange.opted_out(exchange.alice)
    assert exchange.opted_out(exchange.charlie) is None


def test_stop_told_twice_is_one_opt_out_and_does_not_undo_an_opt_in_in_between(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)

    assert say(exchange, message_id="i1")
    lift(exchange, exchange.alice)
    assert not say(exchange, message_id="i1")
    assert exchange.opted_out(exchange.alice) is None

    assert say(exchange, message_id="i2")
    assert exchange.opted_out(exchange.alice)
    assert len(exchange.events(exchange.alice)) == 2


def test_stop_without_a_name_is_believed_whenever_it_comes(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)

    assert [say(exchange), say(exchange)] == [True, False]
    lift(exchange, exchange.alice)

    assert say(exchange)
    assert exchange.opted_out(exchange.alice)


def test_stop_of_a_number_that_nobody_wrote_to_needs_a_provider_of_one_account(exchange: Exchange) -> None:
    assert not say(exchange)
    assert exchange.opted_out(exchange.alice) is None

    assert say(exchange, account="alice")
    assert exchange.opted_out(exchange.alice) is OptOutReason.CONTACT
    assert exchange.opted_out(exchange.charlie) is None
    assert exchange.events(exchange.alice) == [], "it is no reaction to a campaign"


def test_the_provider_of_one_account_says_nothing_of_another(exchange: Exchange) -> None:
    exchange.sent(exchange.charlie)

    say(exchange, account="alice")

    assert exchange.opted_out(exchange.alice)
    assert exchange.opted_out(exchange.charlie) is None


def test_a_provider_of_an_account_that_is_not_there_changes_nothing(exchange: Exchange) -> None:
    assert not say(exchange, account="nobody")


def test_a_number_is_found_however_the_provider_writes_it(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)

    assert say(exchange, number="06 12 34 56 78")
    lift(exchange, exchange.alice)
    assert say(exchange, number="0033612345678")
    lift(exchange, exchange.alice)
    assert say(exchange, number="+33 6 12 34 56 78")


def test_what_is_no_number_is_left_alone(exchange: Exchange) -> None:
    for number in ("36111", "Alice", "", "\x00", "9" * 400):
        assert not say(exchange, number=number, account="alice")


def test_a_test_send_is_not_what_somebody_answers_to(exchange: Exchange) -> None:
    exchange.sent(exchange.alice, is_test=True)

    assert not say(exchange)

    assert exchange.opted_out(exchange.alice) is None


def test_stop_ends_sms_and_leaves_voicemail_alone(exchange: Exchange, clock: Clock) -> None:
    exchange.sent(exchange.alice, channel=Channel.VOICEMAIL, minutes=3)
    exchange.sent(exchange.alice, provider_id="x2")

    say(exchange, at=clock.now - timedelta(hours=1))  # type: ignore[arg-type]  # a moment of Inbound

    (event,) = exchange.events(exchange.alice)
    assert (event.attributes["subscriptions"], event.at) == (["SMS"], clock.now - timedelta(hours=1))


def test_stop_counts_before_it_is_written_down_that_the_sms_was_sent(exchange: Exchange) -> None:
    exchange.sent(exchange.alice, provider=None, provider_id=None, state="claimed")

    assert say(exchange)

    assert exchange.opted_out(exchange.alice)


def test_what_is_known_to_be_sent_goes_before_what_is_just_being_handed_over(exchange: Exchange) -> None:
    exchange.sent(exchange.alice)
    exchange.sent(exchange.charlie, provider=None, provider_id=None, state="claimed", minutes=2)

    say(exchange)

    assert exchange.opted_out(exchange.alice)
    assert exchange.opted_out(exchange.charlie) is None


def test_an_sms_in_doubt_may_have_arrived_and_one_that_waits_has_not(exchange: Exchange) -> None:
    exchange.sent(exchange.alice, provider_id=None, state="in_doubt")
    exchange.sent(exchange.charlie, provider=None, provider_id=None, state="waiting", minutes=2)

    say(exchange)

    assert exchange.opted_out(exchange.alice)
    assert exchange.opted_out(exchange.charlie) is None
