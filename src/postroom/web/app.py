"""The web application, put together: pages, tokens, the API, and what happens to every request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from postroom.drops.room import Room
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.providers.described import Provider
from postroom.store.lockout import Lockout
from postroom.web import reference
from postroom.web.api import reports
from postroom.web.api.rest.contacts import CONTACTS
from postroom.web.api.rest.describing import schemas_of
from postroom.web.api.rest.drops import DROPS
from postroom.web.api.rest.imports import IMPORTS
from postroom.web.api.rest.lists import LISTS
from postroom.web.api.rest.routes import routes_of
from postroom.web.api.v1 import problems
from postroom.web.api.v1 import routes as v1
from postroom.web.auth import routes
from postroom.web.auth.bearer import Bearers
from postroom.web.auth.issuing import Issuer
from postroom.web.auth.keys import Keys
from postroom.web.auth.throttle import RATE_HEADERS, Throttle
from postroom.web.describing import DescribedApp
from postroom.web.errors import translate_errors
from postroom.web.health import Probe, database_probe
from postroom.web.hooks import hook_routes
from postroom.web.middleware.answering import Answering
from postroom.web.middleware.bounding import Bounding, Bounds
from postroom.web.pages import pages
from postroom.web.tracking.routes import survey_route, tracking_routes

_RESOURCES = (LISTS, CONTACTS, IMPORTS, DROPS)
_ABOUT = "Contacts and their lists: the older spelling under `/rest`, the newer one under `/v1`."


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What an operator may choose; `url` is where programs reach us, when that is not the host they name.

    `calls_per_minute` is for each client, None for as many as come; `hits_per_minute` is how often links of
    one message may be followed, which may be passed on to many. `origins` are those of web pages that may
    call the API (CORS).
    """

    url: str | None = None
    calls_per_minute: int | None = 6000
    hits_per_minute: int = 600
    origins: Sequence[str] = ()
    lockout: Lockout = field(default_factory=Lockout)
    patience_seconds: float = 30.0


def create_app(
    room: Room,
    *,
    version: str,
    config: WebConfig | None = None,
    probe: Probe | None = None,
    mailroom: Mailroom | None = None,
    providers: Sequence[Provider] = (),
) -> FastAPI:
    """Return the application over a room; `probe` tells health, by asking the database unless given.

    `mailroom` is what messages were sent from that lead here; without one it is over the same room.
    `providers` are those who may call us.
    """
    config = config or WebConfig()
    app = DescribedApp(
        schemas={**schemas_of(_RESOURCES), **problems.SCHEMAS},
        title="Postroom",
        version=version,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        debug=False,
    )
    _provide(app, room, config)
    app.include_router(pages(probe or database_probe(room.database), version=version))
    app.include_router(reference.router)
    app.include_router(routes.router)
    app.include_router(routes_of(_RESOURCES))
    app.include_router(v1.router)
    app.include_router(reports.router)
    mailroom = mailroom or _mailroom_over(room)
    app.router.routes.insert(0, tracking_routes(mailroom, per_minute=config.hits_per_minute))
    app.router.routes.append(survey_route(mailroom, per_minute=config.hits_per_minute))
    app.router.routes.extend(hook_routes(mailroom, providers))
    translate_errors(app)
    _surround(app, room, config)
    return app


def _mailroom_over(room: Room) -> Mailroom:
    return Mailroom(room.database, room.blobs, room.queue, room.sealer, room.clock)


def _provide(app: FastAPI, room: Room, config: WebConfig) -> None:
    """Give routes and dependencies what they find by `request.app.state`."""
    keys = Keys(room.database, room.sealer, room.clock)
    app.state.room = room
    app.state.config = config
    app.state.keys = keys
    app.state.bearers = Bearers(room.database, keys, room.clock)
    app.state.throttle = Throttle(config.calls_per_minute)
    app.state.issuer = Issuer(
        room.database, keys, room.clock, config.lockout, issuer=config.url or "postroom"
    )


def _surround(app: FastAPI, room: Room, config: WebConfig) -> None:
    """Add what every request passes, innermost first."""
    bounds = Bounds(upload_bytes=room.limits.upload_bytes, patience_seconds=config.patience_seconds)
    app.add_middleware(Bounding, bounds=bounds)
    if config.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(config.origins),
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["ETag", "Retry-After", "X-Request-ID", *RATE_HEADERS],
        )
    app.add_middleware(Answering)
