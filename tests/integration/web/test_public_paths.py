"""docs/sending.md says which paths a proxy passes on to people and providers, who have no login."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from postroom.drops.room import Room
from postroom.web.app import create_app
from tests.architecture.source_tree import REPOSITORY


def public(routes: list[BaseRoute]) -> set[str]:
    """Return where paths begin that are no part of the API and its description."""
    ours = [
        route.path
        for route in routes
        if isinstance(route, Mount) or (isinstance(route, Route) and not isinstance(route, APIRoute))
    ]
    return {f"/{path.split('/')[1]}/" for path in ours if not path.startswith("/openapi")}


def test_the_page_names_every_path_of_people_and_providers(room: Room) -> None:
    page = (REPOSITORY / "docs" / "sending.md").read_text(encoding="utf-8")
    (paragraph,) = re.findall(r"^Set `POSTROOM_TRACKING_URL`.*?\n\n", page, re.DOTALL | re.MULTILINE)

    named = set(re.findall(r"`(/[a-z]+/)`", paragraph))

    assert named == public(create_app(room, version="1").router.routes)
