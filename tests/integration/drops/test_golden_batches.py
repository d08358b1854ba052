"""What came of each golden batch: told and mailed, and done to the realm in which it was run.

A case in tests/golden/batches has `outcome.json` beside what was sent and what we understood. With
POSTROOM_WRITE_GOLDEN=1 these are written anew, to be looked at.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.integration.drops.golden_realm import make_golden_realm, outcome_of

GOLDEN = Path(__file__).parents[2] / "golden" / "batches"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
WRITES = os.environ.get("POSTROOM_WRITE_GOLDEN") == "1"


@pytest.mark.parametrize("name", CASES)
def test_a_batch_does_and_tells_what_was_agreed(room: Room, make_person: MakePerson, name: str) -> None:
    case = GOLDEN / name
    (sent,) = case.glob("input.*")
    realm = make_golden_realm(room, make_person)

    found = outcome_of(realm, sent.name, sent.read_bytes())

    if WRITES:
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (case / "outcome.json").write_text(text + "\n", encoding="utf-8")
    assert found == json.loads((case / "outcome.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_what_is_read_apart_is_understood_as_without_walls(name: str) -> None:
    read, outcome = (
        json.loads((GOLDEN / name / file).read_text("utf-8")) for file in ("read.json", "outcome.json")
    )

    assert (outcome["failure"] is None) == ("refused" not in read)
