"""A real web server on a free port, and a programmer who calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from fastapi import FastAPI, Request, UploadFile

from postroom.contacts.errors import (
    Conflict,
    Denied,
    Missing,
    PostroomError,
    Refused,
    RemoteTrouble,
    Unavailable,
)
from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK, Room
from postroom.jobs.worker import Worker
from postroom.store.clients import create_client
from postroom.store.credentials import hash_secret, new_secret
from postroom.web.app import WebConfig, create_app
from postroom.web.auth.caller import CallerDependency
from postroom.web.errors import Malformed, Stale, TooLarge, Unsupported
from postroom.web.server import Listening, WebServer
from tests.conftest import Person
from tests.integration.jobs.working import QUICK, Working

GRANT = "client_credentials"
ERRORS: dict[str, PostroomError] = {
    "refused": Refused("The name is empty.", code="NO_NAME", details={"field": "name"}),
    "missing": Missing("There is no list 12.", code="NO_LIST"),
    "denied": Denied("Not yours."),
    "conflict": Conflict("An import runs."),
    "unavailable": Unavailable("The database at db.internal does not answer."),
    "remote": RemoteTrouble("files.example.com:22 refuses connections: is it the right port?"),
    "malformed": Malformed(),
    "stale": Stale(),
    "unsupported": Unsupported(),
    "large": TooLarge(),
}


@dataclass(frozen=True, slots=True)
class Site:
    """What listens where; `calls` is an HTTP client that knows the address."""

    app: FastAPI
    server: WebServer
    calls: httpx.Client

    def token(self, credentials: Credentials) -> str:
        answer = self.calls.post("/token", data={"grant_type": GRANT, **credentials.form})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def whoami(self, token: str, path: str = "/v1/whoami") -> httpx.Response:
        return self.calls.get(path, headers=bearer(token))


@dataclass(frozen=True, slots=True)
class Credentials:
    client_id: str
    secret: str

    @property
    def form(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.secret}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def make_client(
    room: Room, person: Person, *, name: str = "", scopes: Sequence[str] = ("basic",)
) -> Credentials:
    """Make a client of a person's account."""
    secret = new_secret()
    with room.database.transaction() as connection:
        client_id = create_client(
            connection,
            name=name or f"{person.login}-shop",
            account_id=person.account.account_id,
            secret_hash=hash_secret(secret),
            scopes=scopes,
            now=room.clock(),
        )
    return Credentials(client_id, secret)


@contextmanager
def served(room: Room, config: WebConfig | None = None, listening: Listening | None = None) -> Iterator[Site]:
    """Serve the application, and a few routes beside that show what reaches a route."""
    app = create_app(room, version="1.2.3", config=config)
    add_mirrors(app)
    server = WebServer(app, listening)
    server.start()
    scheme = "https" if listening and listening.certificate else "http"
    try:
        with httpx.Client(
            base_url=f"{scheme}://127.0.0.1:{server.port}",
            trust_env=False,
            verify=False,  # noqa: S501  # the certificate of a server just started is unknown by nature
            timeout=30,
        ) as calls:
            yield Site(app, server, calls)
    finally:
        server.stop(1)


@contextmanager
def working(room: Room, url: str) -> Iterator[None]:
    """Process what comes, from now to the end of the block."""

    def process(account_id: int) -> None:
        process_account(room, account_id)

    with Working(Worker(url, {PROCESS_TASK: process}, config=QUICK)):
        yield


def add_mirrors(app: FastAPI) -> None:
    """Add routes that say who called and what came."""

    @app.get("/rest/whoami")
    @app.get("/v1/whoami")
    def whoami(caller: CallerDependency) -> dict[str, object]:
        return {
            "account": caller.account_name,
            "account_id": caller.account_id,
            "client": caller.client_id,
            "scopes": sorted(caller.scopes),
        }

    @app.post("/rest/echo")
    @app.post("/v1/echo")
    async def echo(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.post("/rest/file")
    async def file(contactFile: UploadFile) -> dict[str, int]:  # noqa: N803  # the older API's name
        return {"bytes": len(await contactFile.read())}

    add_failures(app)

    @app.get("/v1/address")
    async def address(request: Request) -> dict[str, str]:
        return {"host": request.client.host if request.client else "", "scheme": request.url.scheme}


def add_failures(app: FastAPI) -> None:
    """Add routes that end badly."""

    @app.get("/rest/bug")
    @app.get("/v1/bug")
    def bug() -> None:
        raise ZeroDivisionError("the password is swordfish")

    @app.get("/rest/raise/{kind}")
    @app.get("/v1/raise/{kind}")
    def fail(kind: str) -> None:
        raise ERRORS[kind]

    @app.get("/rest/number")
    @app.get("/v1/number")
    def number(n: int) -> int:
        return n

    @app.post("/rest/json")
    @app.post("/v1/json")
    def body(document: dict[str, int]) -> int:
        return len(document)
