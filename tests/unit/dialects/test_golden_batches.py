"""What senders of batches sent and what we understood: one directory per case in tests/golden/batches.

A case holds `input.dat`, `input.xml` or `input.csv` (the file, byte for byte) and `read.json`.
`python -m tests.unit.dialects.test_golden_batches CASE …` writes the latter anew, to be looked at.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dialects.batches import read

GOLDEN = Path(__file__).parents[2] / "golden" / "batches"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


def understood(case: Path) -> dict[str, Any]:
    (sent,) = case.glob("input.*")
    return read(sent.read_bytes(), sent.name)


@pytest.mark.parametrize("name", CASES)
def test_a_batch_is_understood_as_agreed(name: str) -> None:
    case = GOLDEN / name

    assert understood(case) == json.loads((case / "read.json").read_text(encoding="utf-8"))


def test_no_secret_is_in_what_is_understood() -> None:
    assert [name for name in CASES if "hidden" in (GOLDEN / name / "read.json").read_text("utf-8")] == []


def test_there_are_cases_of_every_kind_of_file() -> None:
    kinds = [path.suffix for path in GOLDEN.glob("*/input.*")]

    assert len(kinds) == len(CASES) >= 80
    assert {kind: kinds.count(kind) >= 5 for kind in (".dat", ".xml", ".csv")} == dict.fromkeys(
        (".dat", ".xml", ".csv"), True
    )


def write(case: Path) -> None:
    """Write what is understood of a case: a line for each step and record, so that changes can be read."""
    text = json.dumps(understood(case), indent=1, ensure_ascii=False)
    (case / "read.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in sys.argv[1:] or CASES:
        write(GOLDEN / each)
