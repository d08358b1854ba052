"""The last plain upload of a session, while it may still turn out to be torn.

Over plain FTP the end of the data says nothing: a client that finished and a client that was killed look the
same. But a killed process takes its control connection along, 0.05 to 0.26 ms after the data (measured, 18 of
18 kills). So the file is published at once, and released for processing only when the session is seen to
live on.
"""

from __future__ import annotations

from postroom.gateway.ftp.events import SessionLog
from postroom.gateway.seam import CommittedFile


class Doubt:
    """Holds at most one file, and lets it go one way or the other, once."""

    def __init__(self, log: SessionLog) -> None:
        """Hold nothing; tell `log` what goes wrong."""
        self._log = log
        self._file: CommittedFile | None = None
        self._path = ""

    @property
    def about(self) -> CommittedFile | None:
        """Return the file in doubt."""
        return self._file

    def begin(self, file: CommittedFile, path: str) -> None:
        """Hold `file`; one held before belongs to a client that has shown to live."""
        self.confirm()
        self._file = file
        self._path = path

    def confirm(self) -> None:
        """Release the file for processing; nothing held is fine."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.confirm()
        except Exception:  # noqa: BLE001  # logged; the session is not to blame and goes on
            self._log.exception("confirm failed")

    def quarantine(self) -> None:
        """Take the file out of the folder; nothing held is fine."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.quarantine()
        except Exception:  # noqa: BLE001  # logged; the session is ending
            self._log.exception("quarantine failed")
        self._log.warning("upload quarantined", path=self._path)
