"""Who makes a call of the API, as every route that touches an account is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.requests import Request
from fastapi.security import OAuth2

from postroom.contacts.errors import Denied
from postroom.store.clients import BASIC, SCOPES
from postroom.web.auth.bearer import Bearers
from postroom.web.auth.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that showed a valid token; all it sees and changes is its account's."""

    account_id: int
    account_name: str
    client_id: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Tell whether the client was given this scope, one of SCOPES."""
        what, _, _ = scope.partition(":")
        return bool(self.scopes & {BASIC, scope, f"{what}:write"})

    def require(self, scope: str) -> None:
        """Raise Denied when the client was not given this scope."""
        if not self.may(scope):
            raise Denied(f"This client has not the scope {scope}.", code="INSUFFICIENT_SCOPE")


_SCHEME = OAuth2(
    scheme_name="token",
    description="A token from POST /token, as `Authorization: Bearer TOKEN`.",
    flows=OAuthFlows(clientCredentials=OAuthFlowClientCredentials(tokenUrl="/token", scopes=SCOPES)),
    auto_error=False,
)


async def caller(request: Request, authorization: Annotated[str | None, Security(_SCHEME)] = None) -> Caller:
    """Return who calls; every route that touches an account depends on it.

    Raises:
        Unauthorized: there is no token, or none that is valid (any more).
        TooMany: the client makes more calls than allowed.
    """
    bearers: Bearers = request.app.state.bearers
    throttle: Throttle = request.app.state.throttle
    client = await bearers.client_of(authorization)
    throttle.count(request.scope, client.client_id)
    return Caller(client.account_id, client.account_name, client.client_id, frozenset(client.scopes))


CallerDependency = Annotated[Caller, Depends(caller)]
"""How a route takes its caller: `def route(caller: CallerDependency) -> …`."""
