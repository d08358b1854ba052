"""A command batch on its way from its reader: header, runs and findings as messages of plain values.

The reader may be in the hands of the file that it reads, so whatever comes is checked to the last value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, asdict, fields
from itertools import chain
from typing import Any

from postroom.contacts.commands import BatchHeader, BatchRefused, Command, Finding, Kind, Run, Step
from postroom.contacts.verdicts import Verdict
from postroom.ingest.sandbox.channel import Message, NonsenseError

BATCH, REDACTION = "batch", "redaction"
"""What a reader can be asked to do with a batch: read it, or write it without its secrets."""

STEPS, REFUSED, PIECE, END = "steps", "batch_refused", "piece", "end"
"""What it says, beside a BATCH with the header."""


_AT_ONCE = 20_000
"""So many records and findings, about, make a message: commands that change with every line are many runs."""

_MOST = 2**31 - 1
"""Lines, records and commands are counted by as much."""

_USUAL_BYTES = 4 << 20
_LONGEST = 100_000
"""No field takes a value of that many characters."""

_VALUE_CHARACTERS = 200
"""Nobody is shown more of what was found."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "bool": (bool,),
    "int | None": (int, type(None)),
}


def header_message(header: BatchHeader, notes: Iterable[Finding], lines: int) -> Message:
    """Say what the header is, what is to be said of it, and about how many lines there are."""
    facts = {"header": asdict(header), "notes": [_plain_finding(note) for note in notes], "lines": lines}
    return Message(BATCH, facts)


def header_of(message: Message) -> tuple[BatchHeader, list[Finding], int]:
    """Read what `header_message` wrote; raise NonsenseError when it is nothing of the kind."""
    notes, lines = message.facts.get("notes"), message.facts.get("lines")
    if not isinstance(notes, list) or not isinstance(lines, int):
        raise NonsenseError("no header")
    return _header(message.facts.get("header")), [_finding(note) for note in notes], lines


def refusal_message(refused: BatchRefused) -> Message:
    """Say that the batch is refused, and what its header is, if it has one."""
    header = asdict(refused.header) if refused.header is not None else None
    return Message(REFUSED, {"finding": _plain_finding(refused.finding), "header": header})


def refusal_of(message: Message) -> BatchRefused:
    """Read what `refusal_message` wrote; raise NonsenseError when it is nothing of the kind."""
    header = message.facts.get("header")
    return BatchRefused(
        _finding(message.facts.get("finding")), _header(header) if header is not None else None
    )


def step_messages(steps: Iterable[Step]) -> Iterator[Message]:
    """Put the steps of a batch into messages, in their order."""
    waiting: list[Any] = []
    count = 0
    for step in steps:
        waiting.append(_plain_finding(step) if isinstance(step, Finding) else _plain_run(step))
        count += 1 if isinstance(step, Finding) else len(step)
        if count >= _AT_ONCE:
            yield _steps(waiting)
            waiting, count = [], 0
    if waiting:
        yield _steps(waiting)


def steps_of(message: Message) -> Iterator[Step]:
    """Read what `step_messages` wrote; raise NonsenseError when it is nothing of the kind."""
    try:
        steps = json.loads(message.body)
    except (ValueError, RecursionError) as error:
        raise NonsenseError(f"no steps: {error}") from error
    if not isinstance(steps, list):
        raise NonsenseError("no steps")
    for step in steps:
        yield _run(step) if isinstance(step, dict) else _finding(step)


def _steps(waiting: list[Any]) -> Message:
    body = _encoded(waiting)
    if len(body) > _USUAL_BYTES:
        body = _encoded([_cut(step) if isinstance(step, dict) else step for step in waiting])
    return Message(STEPS, {}, body)


def _encoded(waiting: list[Any]) -> bytes:
    # What is no text at all, such as half of a pair of surrogates, cannot be told; a database takes none.
    return json.dumps(waiting, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _cut(run: dict[str, Any]) -> dict[str, Any]:
    """Cut what is too long for any field: it is too long afterwards, too, and does not take memory here."""
    return {**run, "rows": [[value[:_LONGEST] for value in row] for row in run["rows"]]}


def _plain_run(run: Run) -> dict[str, Any]:
    command = run.command
    return {
        "command": [command.kind.value, list(command.arguments), list(command.fields)],
        "lines": run.lines,
        "numbers": run.numbers,
        "ordinals": run.ordinals,
        "rows": run.rows,
        "items": {str(place): list(items) for place, items in run.items.items()},
    }


def _run(plain: Mapping[str, Any]) -> Run:
    try:
        kind, arguments, names = plain["command"]
        pairs = tuple((_text(key), _text(value)) for key, value in arguments)
        command = Command(Kind(kind), pairs, tuple(map(_text, names)))
        rows = _rows(plain["rows"], len(command.fields))
        items = {int(place): tuple(each) for place, each in plain["items"].items()}
        lines, numbers, ordinals = (
            _numbers(plain[name], len(rows)) for name in ("lines", "numbers", "ordinals")
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NonsenseError(f"no run: {error!r}") from error
    if not all(0 <= place < len(rows) for place in items):
        raise NonsenseError("items of no record")
    return Run(command, lines, numbers, ordinals, rows, items)


def _rows(rows: object, width: int) -> Sequence[Sequence[str]]:
    if not isinstance(rows, list) or not {list} >= set(map(type, rows)):
        raise NonsenseError("no rows")
    if not {str} >= set(map(type, chain.from_iterable(rows))):
        raise NonsenseError("a value that is no text")
    if not {0, width} >= set(map(len, rows)):
        raise NonsenseError("a row that is too short or too long")
    whole = "".join(chain.from_iterable(rows))
    _check_encodable(whole)
    if "\0" in whole:
        return [[value.replace("\0", "") for value in row] for row in rows]
    return rows


def _numbers(numbers: object, count: int) -> Sequence[int]:
    if not isinstance(numbers, list) or len(numbers) != count or not {int} >= set(map(type, numbers)):
        raise NonsenseError("no numbers")
    if numbers and not 0 <= min(numbers) <= max(numbers) <= _MOST:
        raise NonsenseError("a number beyond all bounds")
    return numbers


def _plain_finding(finding: Finding) -> list[Any]:
    return [
        finding.line,
        finding.verdict.value,
        finding.value[:_VALUE_CHARACTERS],
        finding.number,
        finding.ordinal,
        finding.kind.value if finding.kind else None,
        finding.failed,
    ]


def _finding(plain: object) -> Finding:
    if not isinstance(plain, list) or len(plain) != len(fields(Finding)):
        raise NonsenseError("no finding")
    line, verdict, value, number, ordinal, kind, failed = plain
    _numbers([line, ordinal, *([] if number is None else [number])], 2 + (number is not None))
    try:
        return Finding(
            line,
            Verdict(verdict),
            _text(value)[:_VALUE_CHARACTERS],
            number=number,
            ordinal=ordinal,
            kind=Kind(kind) if kind is not None else None,
            failed=bool(failed),
        )
    except ValueError as error:
        raise NonsenseError(f"no finding: {error!r}") from error


def _header(plain: object) -> BatchHeader:
    if not isinstance(plain, dict):
        raise NonsenseError("no header")
    return BatchHeader(
        **{each.name: _header_value(each, plain.get(each.name)) for each in fields(BatchHeader)}
    )


def _header_value(asked: Field[Any], value: object) -> Any:  # noqa: ANN401  # of the type that the field has
    if asked.type == "tuple[str, ...]" and isinstance(value, list):
        return tuple(map(_text, value))
    if type(value) not in _KINDS.get(str(asked.type), ()):
        raise NonsenseError(f"no {asked.name}")
    return _text(value) if isinstance(value, str) else value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NonsenseError("no text")
    _check_encodable(value)
    return value.replace("\0", "")


def _check_encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NonsenseError("what is no text") from error
