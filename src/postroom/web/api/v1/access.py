"""Who may call what: a call with its caller, once the scope that it needs is there."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.requests import Request
from fastapi.security import SecurityScopes

from postroom.drops.room import Room
from postroom.web.auth.caller import Caller, CallerDependency
from postroom.web.errors import Unsupported


@dataclass(frozen=True, slots=True)
class Call:
    """One call by a client that may make it."""

    request: Request
    room: Room
    caller: Caller

    def listing(self) -> str:
        """Name what is listed, for cursors: whose it is, which resource, and under which filters."""
        filters = sorted(
            (name, value)
            for name, value in self.request.query_params.multi_items()
            if name not in {"cursor", "limit", "total"}
        )
        return repr((self.caller.account_id, self.request.url.path, filters))


def call(request: Request, known: CallerDependency, needed: SecurityScopes) -> Call:
    """Return the call at hand; a route names the scopes it needs: `Security(call, scopes=[…])`.

    Raises:
        Denied: the client was not given one of them.
    """
    for scope in needed.scopes:
        known.require(scope)
    return Call(request, request.app.state.room, known)


def json_body_if_any(request: Request) -> None:
    """Raise Unsupported when there is a body, and it does not say that it is JSON."""
    length = request.headers.get("content-length", "0").strip()
    if length != "0" or "transfer-encoding" in request.headers:
        json_body(request)


def json_body(request: Request) -> None:
    """Raise Unsupported unless the body says that it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Unsupported("Send JSON, with Content-Type: application/json.")
