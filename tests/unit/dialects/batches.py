"""Batches in tests: written as text, read, and said again as values fit for JSON."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import fields
from typing import Any

from postroom.contacts.commands import BatchHeader, BatchRefused, Finding, Run, Step
from postroom.dialects.batches.reading import Batch, open_batch
from postroom.dialects.batches.redaction import redacted

SECRETS = frozenset({"password", "client_auth"})
LOGIN = "realm=alice\npassword=hidden\n"

_DEFAULTS = BatchHeader("", "")


def opened(content: str | bytes, name: str = "march.dat") -> Batch:
    sent = content.encode() if isinstance(content, str) else content
    return open_batch(io.BytesIO(sent), name)


def body(commands: str | bytes, header: str = "") -> list[Step]:
    """Read the commands of a .dat file whose header is fine."""
    begins = f"{LOGIN}{header}\n"
    sent = begins + commands if isinstance(commands, str) else begins.encode() + commands
    return list(opened(sent).steps)


def records(steps: list[Step]) -> list[tuple[str, ...]]:
    return [record.values for step in steps if isinstance(step, Run) for record in step.records]


def findings(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.verdict.value, step.value) for step in steps if isinstance(step, Finding)]


def refusal(content: str | bytes, name: str = "march.dat") -> Finding:
    """Read a file that is refused, to its end if need be, and return why."""
    try:
        list(opened(content, name).steps)
    except BatchRefused as refused:
        return refused.finding
    raise AssertionError("the file was not refused")


# ------------------------------------------------------------------------------------------------- as JSON


def read(content: bytes, name: str) -> dict[str, Any]:
    """Say what is understood of a file: its header without secrets, warnings about that, its steps."""
    steps: list[Any] = []
    try:
        batch = opened(content, name)
        steps += map(said, batch.steps)
    except BatchRefused as refused:
        return {"refused": said_finding(refused.finding)}
    return {"header": said_header(batch.header), "notes": list(map(said, batch.notes)), "steps": steps}


def said_header(header: BatchHeader) -> dict[str, Any]:
    """Say what a header has that others have not."""
    values = {each.name: getattr(header, each.name) for each in fields(header) if each.name not in SECRETS}
    other = {name: value for name, value in values.items() if value != getattr(_DEFAULTS, name)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in other.items()}


def said(step: Step) -> dict[str, Any]:
    return said_run(step) if isinstance(step, Run) else said_finding(step)


def said_run(run: Run) -> dict[str, Any]:
    lines = [
        {
            "at": [record.line, record.number, record.ordinal],
            "values": list(record.values),
            **({"items": list(record.items)} if record.items else {}),
        }
        for record in run.records
    ]
    command = run.command
    return {
        "command": command.kind.value,
        "arguments": dict(command.arguments),
        "fields": list(command.fields),
        "records": lines,
    }


def said_finding(finding: Finding) -> dict[str, Any]:
    return {
        "warned" if not finding.failed else "failed": finding.verdict.value,
        "value": finding.value,
        "at": [finding.line, finding.number, finding.ordinal],
        "command": finding.kind.value if finding.kind else None,
    }


# ------------------------------------------------------------------------------------ what holds for any file


def hold(content: bytes, name: str) -> None:
    """Read whatever bytes as a batch, and copy them: only BatchRefused is raised, and steps are in order."""
    for piece in redacted(io.BytesIO(content), name):
        assert isinstance(piece, bytes)
    with suppress(BatchRefused):
        batch = open_batch(io.BytesIO(content), name)
        assert not any(note.failed or note.ordinal for note in batch.notes)
        line = 0
        for step in batch.steps:
            begins = step.lines[0] if isinstance(step, Run) else step.line
            assert begins >= line
            line = begins
            if isinstance(step, Run):
                hold_run(step)


def hold_run(run: Run) -> None:
    """Hold a run to its columns: one length, values for each field, all of them text that can be stored."""
    assert len(run.lines) == len(run.numbers) == len(run.ordinals) == len(run.rows) > 0
    assert list(run.lines) == sorted(run.lines)
    assert list(run.ordinals) == sorted(run.ordinals)
    assert len(set(run.command.fields)) == len(run.command.fields)
    assert list(run.command.arguments) == sorted(dict(run.command.arguments).items())
    for row in run.rows:
        assert len(row) == len(run.command.fields)
        assert all("\0" not in value and value == value.strip(" \t\r\n") for value in row)
        "".join(row).encode()
