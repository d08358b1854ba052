"""How files and folders look in SFTP answers."""

from __future__ import annotations

from typing import Final

from asyncssh import SFTPAttrs, SFTPName

from postroom.gateway.seam import Stat

# Everything belongs to the login that looks: some clients hide what their user id may not touch.
OWNER: Final = 1000


def attributes(stat: Stat) -> SFTPAttrs:
    """Return the attributes of a file or folder; times in whole seconds, as version 3 has them."""
    seconds = int(stat.modified_at.timestamp())
    return SFTPAttrs(
        size=stat.size,
        uid=OWNER,
        gid=OWNER,
        permissions=stat.mode,
        atime=seconds,
        mtime=seconds,
        nlink=1,  # not on the wire in version 3; the long name shows it
    )


def names(folder: Stat, entries: list[Stat]) -> list[SFTPName]:
    """Return a folder's listing, "." and ".." first, names in UTF-8."""
    own = attributes(folder)
    dots = [SFTPName(b".", attrs=own), SFTPName(b"..", attrs=own)]
    return dots + [SFTPName(entry.name.encode(), attrs=attributes(entry)) for entry in entries]
