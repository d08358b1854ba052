"""What makes files that go out, put together from the settings."""

from __future__ import annotations

from postroom.app.bootstrap import Postroom
from postroom.outflow.depot import Depot


def make_depot(postroom: Postroom) -> Depot:
    """Return the depot over a room's database, blobs, queue, sealer and clock."""
    room = postroom.room
    return Depot(
        database=room.database,
        blobs=room.blobs,
        queue=room.queue,
        sealer=room.sealer,
        clock=room.clock,
        keep_days=postroom.settings.flows_days,
        networks=room.location_networks,
    )
