"""The API's reference for people: Swagger UI over /openapi.json, every file of it served from here."""

from __future__ import annotations

from importlib import resources
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Postroom API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="data:,"></head>
<body><div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
_START: Final = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis]
});
"""
# Swagger UI puts styles into elements and pictures into its style sheet; scripts come from here alone.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
_KEEP: Final = {"Cache-Control": "public, max-age=86400"}


@router.get("/docs", response_class=HTMLResponse)
async def reference() -> Response:
    """Show the page."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    """Serve what starts the page."""
    return Response(_START, media_type="text/javascript", headers=_KEEP)


@router.get("/docs/swagger-ui.css")
def style() -> Response:
    """Serve the page's style."""
    return _file("swagger-ui.css")


@router.get("/docs/swagger-ui-bundle.js")
def program() -> Response:
    """Serve the page's program."""
    return _file("swagger-ui-bundle.js")


def _file(name: str) -> Response:
    # The package is a holder of these files; nothing else of it is used.
    content = (resources.files("fastapi_offline") / "static" / name).read_bytes()
    return Response(content, media_type=_FILES[name], headers=_KEEP)
