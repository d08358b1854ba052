"""The tree of one account: the folders of each dialect that it uses, and what senders may do in them.

Files are rows under the directory of their dialect; where an account sees command batches is its setting.
"""

from __future__ import annotations

from dataclasses import dataclass

from postroom.dialects.batches import tree as batches
from postroom.dialects.folders import tree as folders
from postroom.dialects.folders.reporting import directory_of_day
from postroom.store import accounts, locations, partner_files, realms, reports
from postroom.store.database import Connection

BATCHES = batches.DIRECTORY
"""The directory of command batches, wherever in its tree an account sees it."""

BATCH = "batch"
"""The action of a drop that is a command batch."""

PARTNERS = partner_files.DIRECTORY
"""The folder of files for partners, there for logins that see any."""

FLOWS = locations.DIRECTORY
"""The folder of files of OUT flows that are kept here, there for accounts that have such a location."""

KEPT = "kept/batches"
"""Where our copies of settled batches stand, without their secrets: no tree shows it."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The folders of one account. `batches` is where it leaves command batches; None when nowhere.

    `partner` is the login whose files for partners are shown; None when it has none.
    """

    batches: str | None = None
    partner: str | None = None
    days: tuple[str, ...] = ()
    """The folders of days that have reports."""
    flows: bool = False
    """Whether files of OUT flows are kept here."""

    def directories(self) -> tuple[str, ...]:
        """Return every folder as the account sees it, parents before children; the root is empty."""
        own = () if self.batches in {None, ""} else (BATCHES,)
        others = {PARTNERS: self.partner is not None, FLOWS: self.flows}
        shown = tuple(name for name, there in others.items() if there)
        return folders.directories() + self.days + own + shown

    def is_folder(self, path: str) -> bool:
        """Tell whether there is such a folder."""
        return path in self.directories()

    def made_in(self, path: str) -> tuple[str, ...]:
        """Return the folders of what we make, reports and flows, that are the folder `path` or below it."""
        made = (*self.days, *([FLOWS] if self.flows else []))
        return tuple(each for each in made if path and f"{each}/".startswith(f"{path}/"))

    def stored(self, path: str) -> str:
        """Return the directory under which the files of the folder `path` are rows."""
        return BATCHES if path == self.batches else path


def tree_of(connection: Connection, account_id: int, login: str | None = None) -> Tree:
    """Return the tree of an account: with a realm it has a place for command batches.

    With `login` it has the files for partners that this login sees, too.
    """
    partner = login
    if login is not None and not partner_files.any_for_login(connection, account_id, login):
        partner = None
    days = tuple(map(directory_of_day, reports.reported_days(connection, account_id)))
    flows = locations.any_hosted(connection, account_id)
    if realms.realm_of(connection, account_id) is None:
        return Tree(partner=partner, days=days, flows=flows)
    in_root = accounts.account_by_id(connection, account_id).settings.batches_root
    return Tree("" if in_root else BATCHES, partner, days, flows)


def may_write(directory: str, name: str) -> bool:
    """Tell whether senders may make, replace, rename and remove a file of that name there."""
    if directory == BATCHES:
        return True
    return folders.is_marker(directory, name) or folders.rights(directory) is folders.Right.WRITE


def may_remove(directory: str, name: str) -> bool:
    """Tell whether senders may remove a file of that name there: also what they have collected."""
    return directory == FLOWS or may_write(directory, name)


def may_fetch(directory: str) -> bool:
    """Tell whether senders may fetch what stands there: not batches, as these hold passwords."""
    return directory != BATCHES


def is_writable_folder(directory: str) -> bool:
    """Tell whether senders may leave some file or other there."""
    if directory == BATCHES:
        return True
    return folders.rights(directory) is folders.Right.WRITE or directory == folders.MARKER_DIRECTORY


def place_for_batches(name: str) -> bool:
    """Tell whether a file of that name in the folder of batches is part of one, as it stands."""
    return not folders.postponed(name) and (batches.is_data(name) or batches.is_signal(name))
