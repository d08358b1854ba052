"""What the API does with files for partners: which there are, and fetching them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from postroom.contacts.events import EventSource
from postroom.drops.room import Room
from postroom.sending.partners.fetching import note_download
from postroom.store import partner_files
from postroom.store.files import File
from postroom.store.partner_files import PartnerFile
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.api.operations.uploading import by_whom
from postroom.web.auth.caller import Caller

__all__ = ["PartnerFile"]

_READ = "partners:read"


@dataclass(frozen=True, slots=True)
class OpenPartnerFile:
    """A file, open for reading; who takes it closes it."""

    about: File
    content: BinaryIO


def read_partner_files(
    room: Room, caller: Caller, paging: Paging, *, campaign_id: int | None = None
) -> Page[PartnerFile]:
    """Return the files of the caller's account, newest first; with a campaign only those of it."""
    caller.require(_READ)
    with room.database.reading() as connection:
        found = partner_files.partner_files_page(
            connection, caller.account_id, campaign_id=campaign_id, before=paging.after, limit=paging.limit
        )
        total = None
        if paging.with_total:
            total = partner_files.count_partner_files(connection, caller.account_id, campaign_id=campaign_id)
    return Page(found, total)


def read_partner_file(room: Room, caller: Caller, partner_file_id: int) -> PartnerFile:
    """Return what is known of a file; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return partner_files.partner_file_by_id(connection, caller.account_id, partner_file_id)


def open_partner_file(room: Room, caller: Caller, partner_file_id: int) -> OpenPartnerFile:
    """Open a file; raise Missing when the caller has none of that id, or it is not kept any more."""
    caller.require(_READ)
    with room.database.reading() as connection:
        partner_files.partner_file_by_id(connection, caller.account_id, partner_file_id)
        file = partner_files.content_of(connection, caller.account_id, partner_file_id)
    return OpenPartnerFile(file, room.blobs.open(file.blob_key))


def note_sent(room: Room, caller: Caller, file: File) -> None:
    """Record that all of a file has gone to the caller."""
    note_download(
        room.database,
        caller.account_id,
        file.file_id,
        by_whom=by_whom(caller),
        source=EventSource.API,
        now=room.clock(),
    )
