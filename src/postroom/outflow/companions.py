"""Files that go with a file: the manifest of its day, and the empty one that says that it is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from postroom.notices.message import moment
from postroom.outflow.naming import plain
from postroom.outflow.options import Options
from postroom.outflow.targets import sharing_target
from postroom.store import flows
from postroom.store.accounts import account_by_id
from postroom.store.database import Connection
from postroom.store.flows import Run

SCHEMA_VERSION: Final = 1
"""Of headers and manifests; raised when columns are appended."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A small file that is published after a file, in this order."""

    name: str
    content: bytes


def companions_of(connection: Connection, run: Run) -> list[Companion]:
    """Return what is published after the file of a run; the manifest replaces the one before of that day."""
    options = Options.from_json(run.plan["options"])
    found = []
    if options.manifest:
        found.append(manifest_of(connection, run))
    if options.done:
        found.append(Companion(f"{run.file_name}.done", f"{run.rows}\n".encode()))
    return found


def manifest_of(connection: Connection, run: Run) -> Companion:
    """Return the manifest of a run's day: each file that was made for its place, with hash and window.

    What goes elsewhere is not for those to see who read it there.
    """
    account = account_by_id(connection, run.account_id)
    places = sharing_target(connection, run.account_id, run.location)
    runs = flows.runs_of_day(connection, run.account_id, run.local_date, places)
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "table": account.name,
        "date": run.local_date.isoformat(),
        "dateZone": account.settings.time_zone,
        "zone": run.plan["zone"],
        "files": [_entry(each) for each in runs],
    }
    content = json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
    return Companion(f"{plain(account.name)}_{run.local_date:%Y%m%d}.manifest.json", content)


def _kind(run: Run) -> str:
    """Return which windows a run's belongs to: those of a flow follow one another, but for backfills."""
    if "bounds" in run.plan:
        return "backfill"
    times = Options.from_json(run.plan["options"]).times
    scheduled = {time.fromisoformat(each).strftime("%H%M%S") for each in times}
    return "daily" if run.extra in {"", *scheduled} else "extra"


def _entry(run: Run) -> dict[str, Any]:
    return {
        "file": run.file_name,
        "flow": run.flow,
        "kind": _kind(run),
        "rows": run.rows,
        "leftOut": run.left_out,
        "size": run.size,
        "sha256": run.sha256,
        "fromSeq": run.from_seq,
        "toSeq": run.to_seq,
        "fromAct": run.from_act,
        "toAct": run.to_act,
        "cutMoment": moment(run.cut_at),
        "revision": run.revision,
    }
