"""Bringing files to their locations: under another name, whole, then renamed (specs, OUT flows 3.5, 3.7).

Each step is written down before the next begins, so whoever comes after a crash knows what the server may
have seen: once the bytes are known to be there under another name, and neither name is there any more, the
rename happened and the file was collected. It is not sent again.
"""

from __future__ import annotations

import io
import logging
from datetime import timedelta
from typing import Final

from postroom.contacts.errors import Denied, Missing, PostroomError, Unavailable
from postroom.jobs.queue import Enqueues
from postroom.outflow import announcing
from postroom.outflow.companions import companions_of
from postroom.outflow.depot import DELIVER_TASK, OUTFLOW_QUEUE, Depot, delivery_lock
from postroom.outflow.hosting import publish_here
from postroom.outflow.locations import address_of
from postroom.outflow.patience import next_try, words
from postroom.outflow.remote.reaching import check_reachable
from postroom.outflow.remote.seam import Remote
from postroom.store import deliveries, flows, locations
from postroom.store.database import Connection
from postroom.store.flows import Run, RunState
from postroom.store.locations import HOSTED, Location

_LOG: Final = logging.getLogger("postroom.outflow")

LEASE: Final = timedelta(minutes=15)
"""For how long a worker has a file to itself between two steps."""


def enqueue_delivery(connection: Connection, queue: Enqueues, account_id: int, run_id: int) -> None:
    """Have the file of a run brought to its location, in the caller's transaction.

    Without a location there is nothing to do: the file stays here, GENERATED, to be fetched.
    """
    run = flows.run_by_id(connection, account_id, run_id)
    if run.location is not None:
        enqueue_flow(connection, queue, account_id, run.flow)


def enqueue_flow(connection: Connection, queue: Enqueues, account_id: int, flow: str) -> None:
    """Have the files of a flow brought to their locations, in their order."""
    queue.enqueue(
        connection,
        DELIVER_TASK,
        lock=delivery_lock(account_id, flow),
        queue=OUTFLOW_QUEUE,
        account_id=account_id,
        flow=flow,
    )


def require_location(connection: Connection, account_id: int, name: str) -> None:
    """Raise Missing when an account has no location of that name."""
    locations.location_by_name(connection, account_id, name)


def deliver_due(depot: Depot) -> int:
    """Enqueue the deliveries that are due and have no job, such as after a pause; return how many flows."""
    now = depot.clock()
    with depot.database.transaction() as connection:
        due = deliveries.due_deliveries(connection, now=now)
        lacking = [
            (account_id, flow)
            for account_id, flow in due
            if not depot.queue.has_job(connection, lock=delivery_lock(account_id, flow))
        ]
        for account_id, flow in lacking:
            enqueue_flow(connection, depot.queue, account_id, flow)
    return len(lacking)


def deliver(depot: Depot, account_id: int, flow: str) -> int:
    """Bring the files of a flow to their locations, one after another, while that works; return how many."""
    count = 0
    while True:
        now = depot.clock()
        with depot.database.transaction() as connection:
            run = deliveries.claim_delivery(connection, account_id, flow, now=now, until=now + LEASE)
        if run is None:
            return count
        depot.between_steps("claimed")
        if not _attempt(depot, run):
            return count
        count += 1


def _attempt(depot: Depot, run: Run) -> bool:
    """Try once; return whether the file is at its location."""
    try:
        location = _location(depot, run)
        if location.protocol == HOSTED:
            publish_here(depot, run)
        else:
            _bring(depot, run, location)
    except (Denied, Missing) as hopeless:
        _fail(depot, run, hopeless)
        return False
    except (Unavailable, OSError) as broken:
        _try_later(depot, run, broken)
        return False
    return True


def _location(depot: Depot, run: Run) -> Location:
    with depot.database.reading() as connection:
        return locations.location_by_name(connection, run.account_id, run.location or "")


def _bring(depot: Depot, run: Run, location: Location) -> None:
    temporary = f"{run.file_name}.part"
    check_reachable(location.host or "", location.port or 0, depot.networks)
    with depot.connect(address_of(depot, location)) as remote:
        if _is_waiting(depot, run, remote, temporary):
            remote.rename(temporary, run.file_name)
            depot.between_steps("renamed")
        _send_companions(depot, run, remote)
    with depot.database.transaction() as connection:
        done = deliveries.note_published(connection, run, now=depot.clock())
        if done is not None:
            announcing.announce(connection, depot.queue, done, "published", now=depot.clock())
    depot.between_steps("published")


def _is_waiting(depot: Depot, run: Run, remote: Remote, temporary: str) -> bool:
    """See to it that the bytes are there under another name; False when they have been renamed already."""
    if run.state is RunState.UPLOADED_TMP:
        waiting = remote.size(temporary)
        if waiting == run.size:
            return True
        if waiting is None and remote.size(run.file_name) in {None, run.size}:
            return False  # the file is there, or was collected
        with depot.database.transaction() as connection:
            _still_ours(deliveries.note_generated(connection, run, until=depot.clock() + LEASE))
    _upload(depot, run, remote, temporary)
    return True


def _upload(depot: Depot, run: Run, remote: Remote, temporary: str) -> None:
    if run.blob_key is None:
        raise Missing("The file was kept for long enough and is gone.", code="NO_FILE")
    with depot.blobs.open(run.blob_key) as content:
        remote.put(temporary, content)
    depot.between_steps("uploaded")
    size = remote.size(temporary)
    if size != run.size:
        raise Unavailable(f"{size} of {run.size} bytes arrived.", code="SIZE_DIFFERS")
    with depot.database.transaction() as connection:
        _still_ours(deliveries.note_uploaded(connection, run, until=depot.clock() + LEASE))
    depot.between_steps("noted")


def _send_companions(depot: Depot, run: Run, remote: Remote) -> None:
    with depot.database.transaction() as connection:
        companions = companions_of(connection, run)
    for each in companions:
        temporary = f"{each.name}.part"
        remote.put(temporary, io.BytesIO(each.content))
        remote.rename(temporary, each.name)


def _try_later(depot: Depot, run: Run, broken: PostroomError | OSError) -> None:
    now = depot.clock()
    next_at = next_try(run.tries, run.tried_since, now=now)
    if next_at is None:
        _fail(depot, run, broken)
        return
    failure = words(broken)
    with depot.database.transaction() as connection:
        deliveries.note_later(connection, run, failure, next_at=next_at)
    _LOG.warning("run %d of account %d is put off to %s: %s", run.run_id, run.account_id, next_at, failure)


def _fail(depot: Depot, run: Run, hopeless: PostroomError | OSError) -> None:
    failure = words(hopeless)
    with depot.database.transaction() as connection:
        failed = deliveries.note_failed(connection, run, failure)
        if failed is not None:
            announcing.announce(connection, depot.queue, failed, "undelivered", now=depot.clock())
    _LOG.error("run %d of account %d is not delivered: %s", run.run_id, run.account_id, failure)


def _still_ours(noted: bool) -> None:  # noqa: FBT001  # what was written down, or not
    if not noted:
        raise Unavailable("Another worker has taken this file over.", code="CLAIM_LOST")
