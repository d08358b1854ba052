"""What senders sent, what we understood, what we answered: one directory per case in tests/golden/folders.

A case holds `sent.*` (the deposit, byte for byte), `settings.json` (settings of the account, when not the
defaults), `understood.json`, and `answered.errors.csv` or `answered.error.txt` when there is an answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from postroom.contacts.batches import FileRefused, RowIssue
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import map_columns
from postroom.dialects.folders.reports import error_txt, errors_csv
from postroom.ingest.reading import Table
from postroom.ingest.sources import opened_table

GOLDEN = Path(__file__).parents[2] / "golden" / "folders"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir() and not (path / "action.txt").exists())
"""The others are of actions that are not imports; they are dropped in tests/integration/drops."""


@dataclass
class Reading:
    """What came of one deposit."""

    understood: dict[str, object]
    answers: dict[str, bytes] = field(default_factory=dict)


def settings_of(case: Path) -> AccountSettings:
    stored = case / "settings.json"
    values: Mapping[str, str] = json.loads(stored.read_text()) if stored.exists() else {}
    return AccountSettings().changed(values)


def read(case: Path) -> Reading:
    settings = settings_of(case)
    (sent,) = case.glob("sent.*")
    try:
        with opened_table(
            lambda: sent.open("rb"), sent.name, settings, lambda _, cells: map_columns(cells, settings)
        ) as table:
            rows, issues = rows_of(table)
    except FileRefused as refused:
        understood: dict[str, object] = {"file refused": refused.reason.value, "value": refused.value}
        return Reading(understood, {"answered.error.txt": error_txt(refused, settings)})
    reading = Reading(
        {
            "encoding": table.inspection.encoding,
            "columns": dict(table.columns.positions),
            "unknown": list(table.columns.unknown),
            "rows": rows,
            "refused": [[issue.line, issue.reason.value, issue.value] for issue in issues],
        }
    )
    if issues:
        report = errors_csv(table.columns, issues, settings, table.inspection.encoding)
        reading.answers["answered.errors.csv"] = b"".join(report)
    return reading


def rows_of(table: Table) -> tuple[list[dict[str, object]], list[RowIssue]]:
    rows: list[dict[str, object]] = []
    issues: list[RowIssue] = []
    for frame in table.frames():
        rows += [_filled(row) for row in frame.data.iter_rows(named=True)]
        issues += frame.issues
    return rows, issues


def _filled(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize("name", CASES)
def test_a_deposit_is_understood_and_answered_as_agreed(name: str) -> None:
    case = GOLDEN / name
    agreed = {path.name: path.read_bytes() for path in case.glob("answered.*")}

    reading = read(case)

    assert reading.understood == json.loads((case / "understood.json").read_text())
    assert reading.answers == agreed


@pytest.mark.parametrize("name", [name for name in CASES if (GOLDEN / name / "answered.errors.csv").exists()])
def test_an_answer_can_be_dropped_back(name: str, tmp_path: Path) -> None:
    case = GOLDEN / name
    again = tmp_path / "again"
    again.mkdir()
    (again / "sent.csv").write_bytes((case / "answered.errors.csv").read_bytes())
    if (case / "settings.json").exists():
        (again / "settings.json").write_bytes((case / "settings.json").read_bytes())

    first, second = read(case), read(again)

    assert second.understood["columns"] == first.understood["columns"]
    assert second.answers["answered.errors.csv"].count(b"\n") == first.answers["answered.errors.csv"].count(
        b"\n"
    )
