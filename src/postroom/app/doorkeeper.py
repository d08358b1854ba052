"""Who may come in, put together for the gateway's parts."""

from __future__ import annotations

from postroom.app.bootstrap import Postroom
from postroom.drops.room import utc_now
from postroom.gateway.auth import Auth
from postroom.gateway.recent import Recent
from postroom.gateway.seam import Principal, Vfs
from postroom.gateway.vfs import DropVfs


def doorkeeper(postroom: Postroom) -> Auth:
    """Return the check of logins, which opens the tree of whoever passes."""
    recent = Recent()

    def open_vfs(principal: Principal) -> Vfs:
        return DropVfs(postroom.room, principal, recent)

    return Auth(postroom.database, utc_now, open_vfs, postroom.room.lockout)
