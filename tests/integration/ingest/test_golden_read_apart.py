"""Every file that we agreed on is understood the same by a process of its own as it is in this one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from postroom.contacts.batches import FileRefused
from postroom.dialects.folders.headers import map_columns
from postroom.ingest.sandbox.readers import Readers
from tests.integration.ingest.deposits import reading
from tests.unit.dialects.test_golden_folders import CASES, GOLDEN, read, settings_of


@pytest.mark.parametrize("name", CASES)
def test_a_golden_file_is_read_apart_as_agreed(readers: Readers, name: str) -> None:
    case = GOLDEN / name

    found = read_apart(readers, case)

    agreed = read(case).understood
    assert found == {key: agreed[key] for key in found}


def read_apart(readers: Readers, case: Path) -> Mapping[str, object]:
    settings = settings_of(case)
    (sent,) = case.glob("sent.*")
    rows: list[dict[str, object]] = []
    refused: list[list[object]] = []
    try:
        with closing(reading(readers, sent.read_bytes(), sent.name, settings=settings)) as opened:
            for frame in opened.frames(map_columns(opened.header, settings)):
                rows += [filled(row) for row in frame.data.iter_rows(named=True)]
                refused += [[issue.line, issue.reason.value, issue.value] for issue in frame.issues]
    except FileRefused as verdict:
        return {"file refused": verdict.reason.value, "value": verdict.value}
    return {"rows": rows, "refused": refused, "encoding": opened.inspection.encoding}


def filled(row: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}
