"""What is there for people and for monitoring: a first page, health and metrics."""

from __future__ import annotations

from dataclasses import asdict
from html import escape

import anyio
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, ProcessCollector, generate_latest

from postroom.web.health import UNREACHABLE, Health, Probe

_PROBE_SECONDS = 3.0  # whoever asks (a load balancer) waits no longer either

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Postroom</title></head>
<body><h1>Postroom {version}</h1>
<p>Contact files come in over FTP, FTPS and SFTP, or by an API. The guides for senders, programmers and
operators are in the folder <code>docs/</code> of the project.</p>
<p><a href="/docs">API</a> · <a href="/health">health</a> · <a href="/metrics">metrics</a></p></body></html>
"""


def pages(probe: Probe, *, version: str) -> APIRouter:
    """Return the routes; `probe` tells the health of what we depend on and may block.

    GET / is a page for people; GET /health is JSON, 200 when healthy and 503 when not; GET /metrics is for
    Prometheus.
    """
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    Gauge("postroom_info", "The running release.", ["version"], registry=registry).labels(version).set(1)
    healthy = Gauge("postroom_healthy", "1 when database and schema are usable.", registry=registry)

    @router.get("/", response_class=HTMLResponse)
    async def first_page() -> str:
        return _PAGE.format(version=escape(version))

    @router.get("/health")
    async def health() -> JSONResponse:
        found = await _patiently(probe)
        body = {"status": "ok" if found.healthy else "unavailable", "version": version, **asdict(found)}
        return JSONResponse(body, status_code=200 if found.healthy else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        healthy.set((await _patiently(probe)).healthy)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _patiently(probe: Probe) -> Health:
    with anyio.move_on_after(_PROBE_SECONDS):
        # An abandoned probe ends by itself, when the database's own time-out ends it.
        return await anyio.to_thread.run_sync(probe, abandon_on_cancel=True)
    return UNREACHABLE
