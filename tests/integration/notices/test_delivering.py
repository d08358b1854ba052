"""A delivery is attempted until it arrives or a day is over, once at a time, and is never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from postroom.contacts.errors import Conflict, Missing
from postroom.notices.carrying import Answer, Parcel, Verdict
from postroom.notices.delivering import LEASE, PAUSES, retry
from postroom.notices.message import Event, Message
from postroom.notices.outbox import post
from postroom.store import notices
from postroom.store.sealing import KEY_BYTES, Sealer
from tests.conftest import Person
from tests.integration.drops.clock import NOON, Clock
from tests.integration.notices.conftest import DELIVERED, DOWN, Carrier, Notices

GONE = Answer(Verdict.GONE, "410 Gone")
REFUSED = Answer(Verdict.NEVER, "550 no such user")


def states(alices: Notices) -> list[tuple[str, int, str | None]]:
    return [(each.state, each.attempts, each.answer) for each in alices.log()]


def test_what_arrives_is_done(alices: Notices, carrier: Carrier) -> None:
    alices.add()
    (posted,) = alices.post()

    assert alices.attempt() == DELIVERED

    (delivery,) = alices.log()
    assert (delivery.state, delivery.attempts, delivery.answer) == ("delivered", 1, "204 No Content")
    assert (delivery.attempted_at, delivery.next_at, delivery.leased_until) == (NOON, None, None)
    assert [each.message_id for each in carrier.parcels] == [posted.message_id]
    assert alices.attempt() is None, "a second job finds nothing to do"
    assert len(carrier.parcels) == 1


def test_a_receiver_that_is_down_for_a_while_gets_it_later(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    alices.add()
    alices.post()
    carrier.answer = DOWN
    alices.attempt()
    clock.pass_by(10)
    alices.attempt()

    carrier.answer = DELIVERED
    assert alices.attempt() is None, "it is not due yet"
    clock.pass_by(331)
    alices.attempt()

    assert states(alices) == [("delivered", 3, "204 No Content")]
    assert len({each.message_id for each in carrier.parcels}) == 1


def test_each_failure_schedules_the_next_attempt_until_a_day_is_over(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    alices.add()
    alices.post()
    carrier.answer = DOWN
    waits: list[timedelta] = []

    while True:
        alices.forget_jobs()
        alices.attempt()
        next_at = alices.log()[0].next_at
        if next_at is None:
            break
        assert alices.jobs() == [(alices.log()[0].delivery_id, f"{next_at:%d %H:%M:%S}")]
        waits.append(next_at - clock.now)
        clock.now = next_at

    assert waits == [pause * 1.1 for pause in PAUSES], "half of the jitter, as chance had it"
    assert timedelta(hours=23) < sum(PAUSES, timedelta()) < clock.now - NOON < timedelta(hours=28)
    assert states(alices) == [("failed", len(PAUSES) + 1, "503 Service Unavailable")]
    assert alices.jobs() == []


def test_a_longer_wait_that_the_receiver_asks_for_is_kept_to(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    alices.add()
    alices.post()
    carrier.answer = replace(DOWN, wait=timedelta(hours=2))

    alices.attempt()

    assert alices.log()[0].next_at == NOON + timedelta(hours=2)


def test_what_is_refused_for_good_is_not_tried_again(alices: Notices, carrier: Carrier) -> None:
    alices.add()
    alices.post()
    alices.forget_jobs()
    carrier.answer = REFUSED

    alices.attempt()

    assert states(alices) == [("failed", 1, "550 no such user")]
    assert alices.jobs() == []
    assert alices.targets()[0].disabled_at is None


def test_gone_switches_the_target_off_and_ends_what_was_on_its_way(alices: Notices, carrier: Carrier) -> None:
    alices.add()
    alices.post("1-1")
    alices.post("1-2")
    carrier.answer = GONE

    alices.attempt(0)
    alices.attempt(1)

    assert states(alices) == [
        ("failed", 1, "410 Gone"),
        ("failed", 1, "not sent: the target is switched off (410 Gone)"),
    ]
    assert len(carrier.parcels) == 1
    assert (alices.targets()[0].disabled_at, alices.targets()[0].disabled_reason) == (NOON, "410 Gone")
    assert alices.post("1-3") == []


def test_one_target_s_failure_is_nobody_else_s(alices: Notices, carrier: Carrier) -> None:
    alices.add("http://127.0.0.1:1/down")
    alices.add("http://127.0.0.1:1/up")
    alices.post()
    carrier.answer = DOWN
    alices.attempt(0)
    carrier.answer = DELIVERED
    alices.attempt(1)

    assert states(alices) == [("waiting", 1, "503 Service Unavailable"), ("delivered", 1, "204 No Content")]


def test_two_workers_at_once_make_one_attempt(alices: Notices, carrier: Carrier) -> None:
    alices.add()
    alices.post()
    others: list[Answer | None] = []
    slow = replace(alices.office, between_steps=once(lambda: others.append(alices.attempt())))

    alices.attempt(office=slow)

    assert others == [None]
    assert len(carrier.parcels) == 1
    assert states(alices) == [("delivered", 1, "204 No Content")]


def test_one_message_at_a_time_is_on_its_way_to_a_target(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    """A receiver that hangs takes one slot of a worker, not all of them."""
    alices.add("http://127.0.0.1:1/hangs")
    alices.add("http://127.0.0.1:1/other")
    alices.post("1-1")
    alices.post("1-2")
    alices.forget_jobs()
    seen: list[Answer | None] = []

    def meanwhile() -> None:
        seen.extend([alices.attempt(2), alices.attempt(3)])

    alices.attempt(0, replace(alices.office, between_steps=once(meanwhile)))

    assert seen == [None, DELIVERED]
    assert alices.log()[2].attempts == 0, "being held back is no attempt"
    assert alices.jobs() == [(alices.log()[2].delivery_id, "04 12:00:06")], (
        "five seconds, and half of one for each that is due"
    )
    clock.pass_by(6)
    assert alices.attempt(2) == DELIVERED


@pytest.mark.parametrize(("step", "sent"), [("claimed", 0), ("carried", 1)])
def test_a_process_that_dies_leaves_the_delivery_to_be_made_again(
    alices: Notices, carrier: Carrier, clock: Clock, step: str, sent: int
) -> None:
    alices.add()
    alices.post()
    alices.forget_jobs()

    with pytest.raises(KeyboardInterrupt):
        alices.attempt(office=alices.stopping_at(step))

    assert len(carrier.parcels) == sent
    assert alices.attempt() is None, "it may be alive"
    assert alices.jobs() == [(alices.log()[0].delivery_id, "04 12:05:00")]
    clock.pass_by(LEASE.total_seconds())
    assert alices.attempt() == DELIVERED
    assert len({each.message_id for each in carrier.parcels}) == 1
    assert states(alices) == [("delivered", 2, "204 No Content")]


def test_who_comes_back_from_the_dead_changes_nothing(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    alices.add()
    alices.post()

    def overtake() -> None:
        clock.pass_by(LEASE.total_seconds())
        alices.attempt()
        carrier.answer = DOWN

    alices.attempt(office=replace(alices.office, between_steps=once(overtake)))

    assert states(alices) == [("delivered", 2, "204 No Content")]


def test_a_carrier_with_a_bug_is_an_answer_too(alices: Notices) -> None:
    class Broken:
        def carry(self, parcel: Parcel) -> Answer:
            raise ZeroDivisionError

    broken = replace(alices.office, carriers={"email": Broken(), "webhook": Broken()})
    alices.add()
    alices.post()

    alices.attempt(office=broken)

    assert states(alices) == [("waiting", 1, "not sent: unexpected ZeroDivisionError")]


def test_a_secret_that_does_not_open_is_an_answer_that_does_not_show_it(
    alices: Notices, carrier: Carrier
) -> None:
    _, secret = alices.add_with_secret("http://127.0.0.1:1/hook")
    alices.post()
    other_key = replace(alices.office, sealer=Sealer([bytes(KEY_BYTES)]))

    alices.attempt(office=other_key)

    answer = alices.log()[0].answer or ""
    assert answer.startswith("not sent: The secret")
    assert secret not in answer
    assert carrier.parcels == []


def test_a_secret_of_another_account_s_row_does_not_open(alices: Notices, charlie: Person) -> None:
    """Whoever can write to the table cannot have us sign with Alice's secret for Charlie."""
    target = alices.add()
    charlies = Notices(alices.office, charlie.account.account_id)
    with alices.office.database.transaction() as connection:
        notices.create_target(
            connection,
            account_id=charlies.account_id,
            kind="webhook",
            address=target.address,
            events=["success"],
            secret=target.secret,
            now=NOON,
        )
    charlies.post()

    charlies.attempt()

    assert (charlies.log()[0].answer or "").startswith("not sent: The secret")


def test_what_failed_is_sent_again_by_hand_with_all_its_attempts(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    alices.add()
    (delivery,) = alices.post()
    carrier.answer = REFUSED
    alices.attempt()
    alices.forget_jobs()
    clock.pass_by(60)

    retry(alices.office, alices.account_id, delivery.delivery_id)

    assert states(alices) == [("waiting", 0, "550 no such user")]
    assert alices.jobs() == [(delivery.delivery_id, "")]
    carrier.answer = DELIVERED
    alices.attempt()
    assert states(alices) == [("delivered", 1, "204 No Content")]


def test_what_arrived_is_under_way_or_absent_is_not_retried(alices: Notices) -> None:
    alices.add()
    (delivery,) = alices.post()
    refusals: list[str] = []

    def meanwhile() -> None:
        with pytest.raises(Conflict) as refused:
            retry(alices.office, alices.account_id, delivery.delivery_id)
        refusals.append(refused.value.message)

    alices.attempt(office=replace(alices.office, between_steps=once(meanwhile)))

    assert "is being attempted" in refusals[0]
    with pytest.raises(Conflict, match="has arrived"):
        retry(alices.office, alices.account_id, delivery.delivery_id)
    with pytest.raises(Missing):
        retry(alices.office, alices.account_id, delivery.delivery_id + 1)


def test_a_delivery_whose_target_is_removed_meanwhile_is_forgotten(alices: Notices) -> None:
    target = alices.add()
    alices.post()

    def remove() -> None:
        with alices.office.database.transaction() as connection:
            notices.remove_target(connection, target.account_id, target.target_id)

    alices.attempt(office=replace(alices.office, between_steps=once(remove)))

    assert alices.log() == []


def test_nobody_removes_a_target_between_the_look_and_the_delivery(alices: Notices) -> None:
    """The delivery would point nowhere, and the import that it tells of would be undone."""
    target = alices.add()
    refusals: list[str] = []

    def remove_meanwhile() -> None:
        with alices.office.database.transaction() as connection:
            connection.execute("set local lock_timeout = '50ms'")
            notices.remove_target(connection, target.account_id, target.target_id)

    def compose() -> Message:
        with pytest.raises(psycopg.errors.LockNotAvailable) as refused:
            remove_meanwhile()
        refusals.append(str(refused.value))
        return Message("drop.applied", "1-1", NOON, {}, "Applied", "It was.", ())

    with alices.office.database.transaction() as connection:
        post(connection, alices.office.queue, alices.account_id, Event.SUCCESS, compose, now=NOON)

    assert len(refusals) == len(alices.log()) == 1


def once(action: Callable[[], None]) -> Callable[[str], None]:
    """Return a step between steps at which something happens, the first time alone."""
    left = [action]

    def between(name: str) -> None:
        if left:
            left.pop()()

    return between
