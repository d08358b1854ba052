"""Command batches on their way from their reader: they arrive as they were, and nonsense is known as such."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from postroom.contacts.commands import BatchHeader, BatchRefused, Command, Finding, Kind, Run, Step
from postroom.contacts.verdicts import Verdict
from postroom.drops.batch_messages import (
    STEPS,
    header_message,
    header_of,
    refusal_message,
    refusal_of,
    step_messages,
    steps_of,
)
from postroom.ingest.sandbox.channel import Message, NonsenseError

HEADER = BatchHeader(
    realm="acme",
    password="rabbit",  # nobody's
    api_client=None,
    confirmation=("alice@example.com", "bob@example.com"),
    verbose=True,
    description="été",
    list_id=5,
    drop_subscriptions=("1", "x"),
)
SUB = Command(Kind.SUB, (("format", "2"), ("list_id", "5")), ("email", "first"))
LAUNCH = Command(Kind.LAUNCH, (("list_id", "5"),))
STEPS_OF_A_BATCH: list[Step] = [
    Run(SUB, [5, 5], [1, 2], [1, 1], [["a@example.com", "Änne"], ["b@example.com", ""]]),
    Finding(6, Verdict.INVALID_EMAIL, "nobody", number=3, ordinal=1, kind=Kind.SUB),
    Run(LAUNCH, [7], [0], [2], [[]]),
    Run(Command(Kind.SEND, (), ("email",)), [8], [1], [3], [["c@example.com"]], {0: ({"duty": "watch"},)}),
    Finding(9, Verdict.UNKNOWN_COMMAND, "x", ordinal=4, failed=False),
]


def sent(message: Message) -> Message:
    """Return a message as it comes out of its channel."""
    return Message(message.kind, json.loads(json.dumps(message.facts)), message.body)


def plain(step: Step) -> Any:
    """Return a step such that two that say the same are equal."""
    if isinstance(step, Finding):
        return step
    return step.command, step.records


def travelled(steps: list[Step]) -> list[Any]:
    return [plain(step) for message in step_messages(steps) for step in steps_of(message)]


def test_a_header_arrives_as_it_was() -> None:
    notes = [Finding(4, Verdict.UNKNOWN_KEY, "colour", failed=False)]

    assert header_of(sent(header_message(HEADER, notes, 12))) == (HEADER, notes, 12)


def test_steps_arrive_as_they_were_and_in_order() -> None:
    assert travelled(STEPS_OF_A_BATCH) == [plain(step) for step in STEPS_OF_A_BATCH]


def test_a_refusal_arrives_with_the_header_as_far_as_there_is_one() -> None:
    finding = Finding(3, Verdict.BAD_FLAG, "verbose=maybe")

    for header in (HEADER, None):
        refused = refusal_of(sent(refusal_message(BatchRefused(finding, header))))
        assert (refused.finding, refused.header) == (finding, header)


def test_commands_that_change_with_every_line_share_their_messages() -> None:
    runs: list[Step] = [Run(SUB, [n], [1], [n], [["a@example.com", ""]]) for n in range(1, 50_001)]

    assert len(list(step_messages(runs))) == 3
    assert len(travelled(runs)) == 50_000


def test_what_no_database_takes_does_not_arrive() -> None:
    odd: list[Step] = [Run(SUB, [1], [1], [1], [["a\0b", "half a pair \ud83d"]])]

    ((_command, (record,)),) = travelled(odd)

    assert record.values == ("ab", "half a pair ?")


def test_long_values_of_findings_are_cut() -> None:
    (finding,) = travelled([Finding(1, Verdict.UNKNOWN_COMMAND, "x" * 10_000)])

    assert len(finding.value) == 200


GOOD = json.loads(next(step_messages(STEPS_OF_A_BATCH[:1])).body)[0]


def spoilt(change: Callable[[dict[str, Any]], None]) -> bytes:
    run = json.loads(json.dumps(GOOD))
    change(run)
    return json.dumps([run]).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b"[1]",
        b"[{}]",
        b"[null]",
        b'[["f"]]',
        b'[[1, "NO_SUCH_VERDICT", "", null, 0, null, true]]',
        b'[[1, "INVALID_EMAIL", "", null, 0, "no_such_kind", true]]',
        b'[[-1, "INVALID_EMAIL", "", null, 0, null, true]]',
        b'[[1.5, "INVALID_EMAIL", "", null, 0, null, true]]',
        b'[[true, "INVALID_EMAIL", "", null, 0, null, true]]',
        b'[[1, {}, "", null, 0, null, true]]',
        b'[[1, "INVALID_EMAIL", 5, null, 0, null, true]]',
        spoilt(lambda run: run.update(rows=[["a", 1], ["b", "c"]])),
        spoilt(lambda run: run.update(rows=["ab", "cd"])),
        spoilt(lambda run: run.update(rows=[["a"], ["b", "c"]])),
        spoilt(lambda run: run.update(rows=[["a", "b"]])),
        spoilt(lambda run: run.update(rows=[["a", "\ud83d"], ["b", "c"]])),
        spoilt(lambda run: run.update(lines=[1, 10**30])),
        spoilt(lambda run: run.update(lines=[1, None])),
        spoilt(lambda run: run.update(lines=5)),
        spoilt(lambda run: run.pop("ordinals")),
        spoilt(lambda run: run.update(items={"2": []})),
        spoilt(lambda run: run.update(items={"x": []})),
        spoilt(lambda run: run.update(items=[])),
        spoilt(lambda run: run.update(command=["sub"])),
        spoilt(lambda run: run.update(command=["no_such_kind", [], []])),
        spoilt(lambda run: run.update(command=["sub", [["a"]], []])),
        spoilt(lambda run: run.update(command=["sub", [["a", 1]], ["email", "first"]])),
        spoilt(lambda run: run.update(command={"sub": 1})),
    ],
)
def test_steps_that_are_none_are_known_as_nonsense(body: bytes) -> None:
    with pytest.raises(NonsenseError):
        list(steps_of(Message(STEPS, {}, body)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("realm", None),
        ("realm", 5),
        ("realm", "\ud83d"),
        ("verbose", "true"),
        ("verbose", 1),
        ("list_id", "5"),
        ("list_id", True),
        ("confirmation", "alice@example.com"),
        ("confirmation", [5]),
        ("api_client", []),
    ],
)
def test_a_header_that_is_none_is_known_as_nonsense(name: str, value: object) -> None:
    message = sent(header_message(HEADER, [], 1))
    facts = {**message.facts, "header": {**message.facts["header"], name: value}}

    with pytest.raises(NonsenseError):
        header_of(Message("batch", facts))


@pytest.mark.parametrize(
    "facts", [{}, {"header": 5}, {"header": {}, "notes": [], "lines": 1}, {"notes": [[]], "lines": 1}]
)
def test_nor_are_these_a_header_or_a_refusal(facts: dict[str, Any]) -> None:
    with pytest.raises(NonsenseError):
        header_of(Message("batch", facts))
    with pytest.raises(NonsenseError):
        refusal_of(Message("batch_refused", facts))
