"""OUT flows and their runs as the terminal shows them, and their files as it writes them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from postroom.contacts.errors import Conflict, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from postroom.outflow.options import Options
    from postroom.store.accounts import Account
    from postroom.store.blobs import BlobStore
    from postroom.store.flows import Activation, Run

FLOW_COLUMNS: Final = {
    "flow": "Flow",
    "title": "Title",
    "active": "Active",
    "times": "At",
    "zone": "Zone",
    "next_at": "Next file",
    "location": "Location",
}
RUN_COLUMNS: Final = {
    "id": "Run",
    "flow": "Flow",
    "date": "Date",
    "state": "State",
    "rows": "Rows",
    "size": "Bytes",
    "file": "File",
    "location": "Location",
    "next_at": "Next try",
    "failure": "Failure",
}


def flow_facts(
    name: str, activation: Activation | None, account: Account, *, next_at: datetime | None
) -> dict[str, Any]:
    """Return a flow, how an account has it, and when its next file comes, as plain values."""
    from postroom.outflow.catalogue import flow_named
    from postroom.outflow.options import Options

    options = Options() if activation is None else Options.from_json(activation.options)
    return {
        "flow": name,
        "title": flow_named(name).title,
        "active": activation is not None and activation.active,
        "times": list(options.times_or(account.settings.flows_at)) if activation else [],
        "zone": account.settings.time_zone,
        "next_at": next_at,
        "location": activation.location if activation else None,
        "options": plain_options(options) if activation else None,
    }


def plain_options(options: Options) -> dict[str, Any]:
    """Return options as plain values; of a key only whether there is one."""
    return {**options.as_json(), "pgp": options.pgp is not None}


def run_facts(run: Run) -> dict[str, Any]:
    """Return a run as plain values."""
    return {
        "id": run.run_id,
        "flow": run.flow,
        "date": run.local_date,
        "extra": run.extra,
        "state": run.state.value,
        "file": run.file_name,
        "rows": run.rows,
        "left_out": run.left_out,
        "size": run.size,
        "sha256": run.sha256,
        "revision": run.revision,
        "from_seq": run.from_seq,
        "to_seq": run.to_seq,
        "scheduled_at": run.scheduled_at,
        "cut_at": run.cut_at,
        "generated_at": run.generated_at,
        "published_at": run.published_at,
        "location": run.location,
        "tries": run.tries,
        "next_at": run.next_at,
        "failure": run.failure,
        "remarks": dict(run.remarks or {}),
    }


def write_file(blobs: BlobStore, run: Run, to: Path | None) -> Path | None:
    """Write the file of a run to a path, a folder, or here; return where, None for standard output."""
    if run.blob_key is None:
        raise Conflict(f"Run {run.run_id} is {run.state.value}, and has no file here.", code="NO_FILE")
    with blobs.open(run.blob_key) as blob:
        if to == Path("-"):
            shutil.copyfileobj(blob, sys.stdout.buffer)
            return None
        target = to or Path(run.file_name)
        target = target / run.file_name if target.is_dir() else target
        try:
            with target.open("wb") as file:
                shutil.copyfileobj(blob, file)
        except OSError as wrong:
            raise Refused(f"{target} cannot be written: {wrong.strerror}.", code="BAD_FILE") from None
    return target
