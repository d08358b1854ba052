"""The file of a run: made in the spool, then written down; if somebody dies in between, it is made again.

Nothing is published before it is written down, so that a second try may well have other bytes (specs, OUT
flows 3.5); from then on the same bytes are sent, however often.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Final

from postroom.outflow import announcing
from postroom.outflow.delivering import enqueue_delivery
from postroom.outflow.depot import Depot
from postroom.outflow.making import FIELD_GONE, Made, make_file, recipe_of
from postroom.outflow.patience import next_try, words
from postroom.store import generations
from postroom.store.accounts import account_by_id
from postroom.store.blobs import digest_of, new_key
from postroom.store.flows import Run, RunState
from postroom.store.generations import Generated

_LOG = logging.getLogger("postroom.outflow")

MOST_DEATHS: Final = 5
"""So often those who make a file may die of it before that counts as a failure, with a pause after it."""


def generate(depot: Depot, account_id: int, run_id: int) -> RunState | None:
    """Make the file of a planned run; return the state it comes to, None when there is nothing to do.

    What fails is written down, and tried again later on.
    """
    with depot.database.transaction() as connection:
        run = generations.begin_generation(connection, account_id, run_id, now=depot.clock())
    if run is None:
        return None
    if run.attempts - run.tries > MOST_DEATHS:
        return _try_later(depot, run, f"The worker died {MOST_DEATHS} times while it made the file.")
    staged = depot.blobs.staging / new_key()
    try:
        depot.between_steps("begun")
        generated = _make(depot, run, staged)
    except Exception as wrong:  # noqa: BLE001  # whatever it is, it is told, and the file tried again
        _LOG.exception("the file of run %s of account %s could not be made", run_id, account_id)
        return _try_later(depot, run, words(wrong))
    finally:
        staged.unlink(missing_ok=True)
    depot.between_steps("spooled")
    return _record(depot, run, generated)


def _make(depot: Depot, run: Run, staged: Path) -> Generated:
    with depot.database.transaction() as connection:
        recipe = recipe_of(account_by_id(connection, run.account_id), run.to_be_made)
        made = make_file(connection, recipe, staged)
    if recipe.gone:
        _LOG.warning("run %s of account %s has fields that were deleted", run.run_id, run.account_id)
        made = replace(made, remarks={**made.remarks, FIELD_GONE: recipe.gone})
    depot.between_steps("written")
    if made.rows == 0 and recipe.options.skip_empty:
        return _generated(made, size=0)
    sha256, size = digest_of(staged)
    return _generated(made, size=size, sha256=sha256, blob_key=depot.blobs.put_file(staged))


def _generated(made: Made, *, size: int, sha256: str | None = None, blob_key: str | None = None) -> Generated:
    return Generated(made.rows, made.left_out, made.remarks, size, sha256, blob_key)


def _record(depot: Depot, run: Run, generated: Generated) -> RunState | None:
    with depot.database.transaction() as connection:
        done = generations.record_generated(connection, run, generated, now=depot.clock())
        if done is not None and done.state is RunState.GENERATED:
            enqueue_delivery(connection, depot.queue, run.account_id, run.run_id)
            if done.location is None:
                announcing.announce(connection, depot.queue, done, "generated", now=depot.clock())
        depot.between_steps("recorded")
    # Not ours: another made it, or it is to be made otherwise by now. Else what was there before has gone.
    useless = generated.blob_key if done is None else run.blob_key
    if useless is not None:
        depot.blobs.delete(useless)
    depot.between_steps("generation committed")
    return done.state if done else None


def _try_later(depot: Depot, run: Run, failure: str) -> RunState | None:
    next_at = next_try(run.tries + 1, run.tried_since, now=depot.clock())
    if next_at is None:
        return _give_up(depot, run, failure)
    with depot.database.transaction() as connection:
        generations.note_unmade(connection, run, failure, next_at=next_at)
    _LOG.warning("run %s of account %s is tried again at %s", run.run_id, run.account_id, next_at)
    return RunState.PLANNED


def _give_up(depot: Depot, run: Run, failure: str) -> RunState | None:
    told = f"The file could not be made{' anew' if run.sha256 else ''}: {failure}"
    with depot.database.transaction() as connection:
        failed = generations.fail_generation(connection, run.account_id, run.run_id, told)
        if failed is not None:
            announcing.announce(connection, depot.queue, failed, "failed", now=depot.clock())
    _LOG.error("the file of run %s of account %s is given up", run.run_id, run.account_id)
    return failed.state if failed else None
