"""One log line for each thing that happens to a session; passwords never get here."""

from __future__ import annotations

import logging
import secrets
from typing import Final

logger: Final = logging.getLogger("postroom.gateway.ftp")


class SessionLog:
    """Writes the lines of one session, each with its id, its peer and its login."""

    def __init__(self, peer: str) -> None:
        """Draw an id for the session of `peer`."""
        self.session_id = secrets.token_hex(4)
        self.login = "-"
        self._peer = peer

    def event(self, what: str, **facts: object) -> None:
        """Log `what` happened; facts are quoted, so that a name cannot forge or colour a line."""
        self._log(logging.INFO, what, facts)

    def warning(self, what: str, **facts: object) -> None:
        """Log something that an operator may want to look at."""
        self._log(logging.WARNING, what, facts)

    def exception(self, what: str) -> None:
        """Log a failure of ours with its traceback."""
        self._log(logging.ERROR, what, {}, with_traceback=True)

    def _log(self, level: int, what: str, facts: dict[str, object], *, with_traceback: bool = False) -> None:
        told = "".join(f" {name}={value!a}" for name, value in facts.items())
        who = (self.session_id, self._peer, self.login)
        logger.log(level, "%s session=%s peer=%s login=%a%s", what, *who, told, exc_info=with_traceback)
