"""The client: an address, an id and a secret, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from postroom.client.calling import Line, Retrying
from postroom.client.campaigns import Campaigns
from postroom.client.contacts import Contacts
from postroom.client.files import Drops, Imports
from postroom.client.flows import Flows
from postroom.client.goals import Goals
from postroom.client.import_records import Import
from postroom.client.lists import Lists
from postroom.client.locations import Locations
from postroom.client.partner_files import PartnerFiles
from postroom.client.segments import Segments
from postroom.client.suppressions import Suppressions
from postroom.client.surveys import Surveys
from postroom.client.tables import Tables
from postroom.client.templates import Templates
from postroom.client.tokens import TokenAuth
from postroom.client.uploads import Progress


class Client:
    """Calls the API of one server as one client of it.

    It gets its tokens by itself, makes calls again that may succeed a little later, and sees to it that no
    write takes effect twice. Threads may share it.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        secret: str,
        *,
        timeout_seconds: float = 60.0,
        retrying: Retrying | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the server's address (`https://contacts.example.com`) and what the operator gave you.

        `timeout_seconds` is for each step of a call: connecting, a piece sent, a piece received.
        """
        url = url.rstrip("/")
        self._http = httpx.Client(
            auth=TokenAuth(url, client_id, secret), timeout=timeout_seconds, transport=transport
        )
        line = Line(url, self._http, retrying or Retrying())
        self.lists = Lists(line)
        self.contacts = Contacts(line)
        self.tables = Tables(line)
        self.templates = Templates(line)
        self.goals = Goals(line)
        self.surveys = Surveys(line)
        self.imports = Imports(line)
        self.partner_files = PartnerFiles(line)
        self.suppressions = Suppressions(line)
        self.segments = Segments(line)
        self.campaigns = Campaigns(line)
        self.flows = Flows(line)
        self.locations = Locations(line)
        self.drops = Drops(line)

    def import_file(
        self,
        path: Path | str,
        *,
        name: str | None = None,
        has_header: bool | None = None,
        on_sent: Progress | None = None,
        on_progress: Callable[[Import], None] | None = None,
    ) -> Import:
        """Import a file into a new list and return once that has ended, well or not (`status`).

        `on_sent` is told bytes sent and bytes in all, `on_progress` then how the import stands.
        """
        path = Path(path)
        with path.open("rb") as file:
            started = self.imports.start(file, path.name, name=name, has_header=has_header, on_sent=on_sent)
        return self.imports.wait(started.id, on_progress=on_progress)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self.close()
