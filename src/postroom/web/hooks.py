"""Where providers call us: receipts and answers of people, behind a secret of each provider.

No login and no part of the API's description. Whoever has not the secret learns nothing: neither whether
there is a provider of that name, nor whether it has a callback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from fastapi.requests import Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Route

from postroom.contacts.errors import Refused
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.http.callbacks import inbound_of, may_enter, read_call, receipts_of
from postroom.sending.phone.inbound import take_inbound
from postroom.sending.phone.providers.described import Door, Provider
from postroom.sending.phone.receipts import take_receipts

_NOBODY: Final = PlainTextResponse("Not found.", 404)

Take = Callable[[Mailroom, Provider, Door, object], None]
"""Records what a provider called with."""


def hook_routes(mailroom: Mailroom, providers: Iterable[Provider]) -> list[BaseRoute]:
    """Return the routes at which providers call: with the secret in a header, or at the end of the path."""
    hooks = Hooks(mailroom, providers)
    return [
        Route(f"/hooks/{{provider}}/{name}{secret}", answer, methods=["GET", "POST"])
        for name, answer in (("receipts", hooks.receipts), ("inbound", hooks.inbound))
        for secret in ("", "/{secret}")
    ]


class Hooks:
    """Answers to providers that call."""

    def __init__(self, mailroom: Mailroom, providers: Iterable[Provider]) -> None:
        """Record in what is behind `mailroom`."""
        self._mailroom = mailroom
        self._providers = {each.name: each for each in providers}

    async def receipts(self, request: Request) -> Response:
        """Record what became of messages; answered once it is recorded, so that nothing is lost."""
        provider = self._providers.get(request.path_params["provider"])
        return await self._answer(request, provider, provider.receipts if provider else None, _take_receipts)

    async def inbound(self, request: Request) -> Response:
        """Opt out who says so; answered once that is done."""
        provider = self._providers.get(request.path_params["provider"])
        return await self._answer(request, provider, provider.inbound if provider else None, _take_inbound)

    async def _answer(
        self, request: Request, provider: Provider | None, door: Door | None, take: Take
    ) -> Response:
        if provider is None or door is None or not _lets_in(door, request):
            return _NOBODY
        try:
            called = read_call(
                await request.body(), request.headers.get("content-type", ""), request.url.query
            )
            await run_in_threadpool(take, self._mailroom, provider, door, called)
        except Refused as refused:
            return PlainTextResponse(refused.message, 413 if refused.code == "TOO_LARGE" else 400)
        return PlainTextResponse(door.reply, 200)


def _lets_in(door: Door, request: Request) -> bool:
    in_path = request.path_params.get("secret")
    if door.header is None:
        return may_enter(door, in_path)
    return in_path is None and may_enter(door, request.headers.get(door.header))


def _take_receipts(mailroom: Mailroom, provider: Provider, door: Door, called: object) -> None:
    take_receipts(mailroom, provider.name, receipts_of(door, provider.meanings, called))


def _take_inbound(mailroom: Mailroom, provider: Provider, door: Door, called: object) -> None:
    for inbound in inbound_of(door, called):
        take_inbound(mailroom, provider, inbound)
