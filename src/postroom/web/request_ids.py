"""The id of the request at hand, for its answer and for every log line about it."""

from __future__ import annotations

import logging
import re
import secrets
from contextvars import ContextVar
from typing import Final

current: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id, in the request's task and in the threads that work for it."""

_SANE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=@-]{0,127}")


class RequestIds(logging.Filter):
    """Puts the id of the request at hand on every log record, as `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if (known := current.get()) is not None:
            record.request_id = known
        return True


def id_for(offered: bytes | None) -> str:
    """Return the id that a client offered when it is short and plain, else a new one."""
    if offered is not None and _SANE.fullmatch(offered):
        return offered.decode("ascii")
    return secrets.token_hex(12)
