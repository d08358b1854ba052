"""What operations that take a file have in common."""

from __future__ import annotations

from postroom.contacts.batches import FileRefused
from postroom.contacts.errors import Refused
from postroom.drops.receiving import check_staged
from postroom.drops.room import Room
from postroom.web.api.uploads import Upload
from postroom.web.auth.caller import Caller


def by_whom(caller: Caller) -> str:
    """Return what stands for the login where a program acts; no login can be called like it."""
    return f"client:{caller.client_id}"


def check_upload(room: Room, upload: Upload) -> None:
    """Raise Refused for a file that cannot be one of contacts, as far as that shows in a moment."""
    try:
        check_staged(room, upload.filename, upload.staged)
    except FileRefused as refused:
        said = f"{upload.filename[:80]}: {refused}."
        raise Refused(said, code=refused.reason.value, details={"field": upload.field}) from refused
