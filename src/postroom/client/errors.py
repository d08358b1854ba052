"""What a call of the API may end with, drawn as a tree.

ApiError
├── Unreachable    no answer came: not connected, cut off, too late
└── Problem        the server said no, with a status and a code
├── Invalid        400, 413, 415, 422: the call is wrong, and will stay wrong
├── Unauthorized   401, or the id or secret is wrong
├── Forbidden      403: the client was not given this scope
├── NotFound       404: no such thing, or not yours
├── Busy           409: it meets something else that is going on
├── Changed        412: it has changed since it was read
├── TooManyCalls   429
└── ServerFailed   500 and above
"""

from __future__ import annotations

from typing import Final

_PASSING: Final = frozenset({429, 502, 503, 504})
_PASSING_CONFLICTS: Final = frozenset({"ACCOUNT_BUSY", "KEY_IN_USE"})
"""Conflicts that end by themselves; others (an import that must be over first) are the caller's to judge."""


class ApiError(Exception):
    """A call of the API failed. `passing` tells whether the same call may succeed a little later."""

    passing = False
    retry_after: float | None = None
    """Seconds to wait, where the server said so."""


class Unreachable(ApiError):
    """No answer came; what the call asked for may or may not be done."""

    passing = True


class Problem(ApiError):
    """The server refused a call; `code` is stable, `request_id` is what its operator wants to know."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        details: object = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep what the server said."""
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = details
        self.request_id = request_id
        self.retry_after = retry_after
        self.passing = status in _PASSING or code in _PASSING_CONFLICTS


class Invalid(Problem):
    """The call is wrong, and will stay wrong."""


class Unauthorized(Problem):
    """The client's id, secret or token is not valid."""


class Forbidden(Problem):
    """The client was not given the scope for this."""


class NotFound(Problem):
    """There is no such thing, or it is another account's."""


class Busy(Problem):
    """This cannot be done now; it may work later."""


class Changed(Problem):
    """What was to be changed has changed since it was read."""


class TooManyCalls(Problem):
    """The client made more calls than it may."""


class ServerFailed(Problem):
    """The server could not do its part."""


KINDS: Final[dict[int, type[Problem]]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Busy,
    412: Changed,
    429: TooManyCalls,
}
"""By status; all others below 500 are Invalid, the rest ServerFailed."""
