"""Every error that Postroom raises on purpose.

    PostroomError
    ├── Refused       wrong, and will stay wrong: the sender's or caller's input
    ├── Missing       no such thing, or not yours
    ├── Denied        not allowed
    ├── Conflict      true, but not now
    └── Unavailable   a neighbour is down; trying again later may help
        └── RemoteTrouble   it is one of the caller's choice, who may hear what is wrong with it

Edges (HTTP, FTP, SFTP, jobs, exit codes) translate by this tree and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping


class PostroomError(Exception):
    """Something went wrong that Postroom can explain.

    Without a message the class's docstring speaks. `code` is stable and fit for programs; `details` are plain
    values that a program may act on, such as the ids that were wrong.
    """

    exit_code = 70

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Keep the message for people, the code and the details for programs."""
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.code = code or type(self).__name__.upper()
        self.details = details
        super().__init__(self.message)


class Refused(PostroomError):
    """The input is wrong and will stay wrong."""

    exit_code = 2


class Missing(PostroomError):
    """There is no such thing here."""

    exit_code = 3


class Denied(PostroomError):
    """This is not allowed."""

    exit_code = 4


class Conflict(PostroomError):
    """This cannot be done now; it may work later."""

    exit_code = 5


class Unavailable(PostroomError):
    """A service that Postroom needs does not answer; try again later."""

    exit_code = 6


class RemoteTrouble(Unavailable):
    """A server that the caller has named does not do its part; trying again later may help."""
