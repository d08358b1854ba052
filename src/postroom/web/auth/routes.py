"""The routes around tokens: getting one (RFC 6749, 4.4), and the keys that verify it (RFC 7517)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from anyio import to_thread
from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from postroom.web.auth.issuing import GrantRefused, Issuer
from postroom.web.auth.keys import Keys

router = APIRouter(tags=["tokens"])

_NOT_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": ["client_credentials"]},
        "client_id": {"type": "string", "description": "Here, or by HTTP Basic."},
        "client_secret": {"type": "string", "format": "password"},
    },
}
_FORMS: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {"schema": _FORM},
        "multipart/form-data": {"schema": _FORM},
    },
}
_TOKEN: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["access_token", "expires_in", "token_type", "scope"],
    "properties": {
        "access_token": {"type": "string"},
        "expires_in": {"type": "integer", "description": "Seconds"},
        "token_type": {"type": "string", "enum": ["bearer"]},
        "scope": {"type": "string", "description": "What the client may do; `basic` is everything."},
    },
}
_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: _json("A token, good for an hour", _TOKEN),
    400: _json("Something is wrong with the request, or with the client's id or secret", _ERROR),
    401: _json("The id or the secret sent by HTTP Basic is wrong", _ERROR),
    429: _json("Too many failed attempts from this address", _ERROR),
}


@dataclass(frozen=True, slots=True)
class _Credentials:
    client_id: str
    secret: str
    by_header: bool


@router.post("/token", responses=_ANSWERS, openapi_extra={"requestBody": _FORMS}, summary="Get a token")
@router.post("/oauth/token", include_in_schema=False)
async def token(request: Request) -> Response:
    """Give a token for a client's id and secret, in the form or by HTTP Basic; other fields are ignored."""
    issuer: Issuer = request.app.state.issuer
    credentials = None
    try:
        form = await _form(request)
        credentials = _credentials(request, form)
        _check_grant(form)
        peer = request.client.host if request.client else "nowhere"
        grant = await to_thread.run_sync(issuer.grant, credentials.client_id, credentials.secret, peer)
    except GrantRefused as refused:
        return _refusal(refused, by_header=credentials is not None and credentials.by_header)
    body = {
        "access_token": grant.token,
        "expires_in": grant.expires_in,
        "token_type": "bearer",
        "scope": grant.scope,
    }
    return JSONResponse(body, headers=_NOT_KEPT)


@router.get("/.well-known/jwks.json", summary="The keys that verify tokens")
async def jwks(request: Request) -> Response:
    """Return the public keys as a JSON Web Key Set; read it again when a token names another key."""
    keys: Keys = request.app.state.keys
    ring = keys.cached()
    if ring is None:
        ring = await to_thread.run_sync(keys.ring)
    return JSONResponse(ring.published(), headers={"Cache-Control": "public, max-age=300"})


async def _form(request: Request) -> dict[str, str]:
    try:
        async with request.form(max_fields=100) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except HTTPException as wrong:
        raise GrantRefused("invalid_request", f"The form cannot be read: {wrong.detail}") from None


def _check_grant(form: dict[str, str]) -> None:
    kind = form.get("grant_type")
    if not kind:
        raise GrantRefused("invalid_request", "grant_type is missing; it must be client_credentials.")
    if kind != "client_credentials":
        raise GrantRefused("unsupported_grant_type", "grant_type must be client_credentials.")


def _credentials(request: Request, form: dict[str, str]) -> _Credentials:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(encoded.strip())
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if not client_id or not secret:
        raise GrantRefused("invalid_request", "client_id and client_secret are needed.")
    return _Credentials(client_id, secret, by_header=False)


def _basic(encoded: str) -> _Credentials:
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        raise GrantRefused("invalid_request", "The header Authorization: Basic cannot be read.") from None
    client_id, colon, secret = pair.partition(":")
    if not client_id or not colon:
        raise GrantRefused("invalid_request", "The header Authorization: Basic holds no client_id:secret.")
    # RFC 6749, 2.3.1: both are encoded like a form first.
    return _Credentials(unquote_plus(client_id), unquote_plus(secret), by_header=True)


def _refusal(refused: GrantRefused, *, by_header: bool) -> Response:
    headers = dict(_NOT_KEPT)
    status = refused.status
    if by_header and refused.error == "invalid_client" and status == 400:
        status, headers["WWW-Authenticate"] = 401, 'Basic realm="postroom"'
    if refused.retry_seconds is not None:
        headers["Retry-After"] = str(refused.retry_seconds)
    body = {"error": refused.error, "error_description": refused.description}
    return JSONResponse(body, status_code=status, headers=headers)
