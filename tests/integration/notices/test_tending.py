"""Many messages: bursts flow, none is stranded, and the log does not grow for ever."""

from __future__ import annotations

from dataclasses import replace

from postroom.notices.delivering import IN_A_ROW, deliver
from postroom.notices.tending import GRACE, KEPT, prune, sweep
from tests.integration.drops.clock import Clock
from tests.integration.notices.conftest import DOWN, Carrier, Notices


def test_a_burst_flows_in_order_while_its_receiver_takes_it(alices: Notices, carrier: Carrier) -> None:
    alices.add()
    posted = [delivery for number in range(5) for delivery in alices.post(f"1-{number}")]

    assert deliver(alices.office, alices.account_id, posted[2].delivery_id) == 5

    sent = [parcel.content["data"]["id"] for parcel in carrier.parcels]
    assert sent == ["1-2", "1-0", "1-1", "1-3", "1-4"]
    assert deliver(alices.office, alices.account_id, posted[0].delivery_id) == 0


def test_a_burst_to_a_receiver_that_is_down_stops_at_the_first(alices: Notices, carrier: Carrier) -> None:
    alices.add()
    posted = [delivery for number in range(5) for delivery in alices.post(f"1-{number}")]
    carrier.answer = DOWN

    assert deliver(alices.office, alices.account_id, posted[0].delivery_id) == 1

    assert [each.attempts for each in alices.log()] == [1, 0, 0, 0, 0]


def test_a_burst_to_a_slow_receiver_leaves_its_worker_after_a_while(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    alices.add()
    posted = [delivery for number in range(5) for delivery in alices.post(f"1-{number}")]
    half = IN_A_ROW.total_seconds() / 4
    slow = replace(alices.office, between_steps=lambda _step: clock.pass_by(half))

    assert deliver(slow, alices.account_id, posted[0].delivery_id) == 2


def test_a_delivery_that_lost_its_job_is_swept_up_once(alices: Notices, clock: Clock) -> None:
    alices.add()
    (delivery,) = alices.post()
    alices.forget_jobs()
    assert sweep(alices.office) == 0, "its own job may be about to come"

    clock.pass_by(GRACE.total_seconds() + 1)

    assert sweep(alices.office) == 1
    assert sweep(alices.office) == 0
    assert alices.jobs() == [(delivery.delivery_id, "")]


def test_the_log_forgets_what_is_old_but_not_what_waits(
    alices: Notices, carrier: Carrier, clock: Clock
) -> None:
    alices.add()
    alices.post("1-1")
    alices.attempt()
    alices.post("1-2")
    clock.pass_by(KEPT.total_seconds())
    alices.post("1-3")
    alices.attempt()
    clock.pass_by(1)

    assert prune(alices.office) == 1

    assert [each.about for each in alices.log()] == ["1-2", "1-3"]
