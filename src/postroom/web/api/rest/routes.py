"""The routes of the older spelling: one handler for every resource and verb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from anyio import to_thread
from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import Response

from postroom.web.api.rest.describing import description_of, responses_of, suffix_parameter
from postroom.web.api.rest.output import Format, format_for, rendered
from postroom.web.api.rest.parameters import Parameters, refused
from postroom.web.api.rest.reading import Call, read_call
from postroom.web.api.rest.resources import VERBS, Action, Asked, Resource
from postroom.web.auth.caller import Caller, CallerDependency
from postroom.web.errors import Malformed

_Handler: TypeAlias = Callable[[Request, Caller], Awaitable[Response]]


def routes_of(resources: Sequence[Resource]) -> APIRouter:
    """Return the routes: `/rest/NAME` and `/rest/NAME.json` (.csv, .xml), for verbs that mean something."""
    router = APIRouter(prefix="/rest", tags=["rest"])
    for resource in resources:
        for verb in VERBS:
            if resource.allowed(verb):
                _add(router, resource, verb)
    return router


def _add(router: APIRouter, resource: Resource, verb: str) -> None:
    described = description_of(resource, verb)
    with_suffix = {
        **described,
        "operationId": f"{described['operationId']}_as",
        "parameters": [suffix_parameter(), *described["parameters"]],
    }
    # With the suffix first: an id in the path would swallow it.
    routes = ((f"/{resource.path}.{{suffix}}", with_suffix), (f"/{resource.path}", described))
    for path, description in routes:
        router.add_api_route(
            path,
            _handler(resource, verb),
            methods=[verb],
            response_class=Response,
            responses=responses_of(resource, verb),
            openapi_extra=description,
        )


def _handler(resource: Resource, verb: str) -> _Handler:
    actions = resource.allowed(verb)

    async def handle(request: Request, caller: CallerDependency) -> Response:
        kind = format_for(request.path_params.get("suffix"), request.headers.get("accept"))
        in_path = {"id": request.path_params["id"]} if resource.one_by_one else {}
        async with read_call(request, in_path) as call:
            name = _action_name(call.parameters, VERBS[verb])
            action = actions.get(name)
            if action is None:
                raise _no_action(resource, verb, name)
            _check(action, call, f"{verb} /rest/{resource.name} ({name})")
            asked = Asked(request.app.state.room, caller, call, _base_url(request))
            return await to_thread.run_sync(_answer, action, asked, kind)

    return handle


def _answer(action: Action, asked: Asked, kind: Format) -> Response:
    """Do it, and write the answer, which takes its time when it is long: both in a thread."""
    answer = action.run(asked)
    return answer if isinstance(answer, Response) else rendered(answer, kind)


def _action_name(parameters: Parameters, usual: str) -> str:
    return (parameters.text("action") or usual).lower()


def _no_action(resource: Resource, verb: str, name: str) -> Malformed:
    known = ", ".join(resource.allowed(verb))
    elsewhere = " POST can." if name in resource.actions else ""
    return Malformed(
        f"{verb} /rest/{resource.name} cannot {name[:40]!r}, only {known}.{elsewhere}", code="NO_ACTION"
    )


def _check(action: Action, call: Call, what: str) -> None:
    files = {name for name, field in action.takes.items() if field.file}
    call.parameters.check_known({"action", *(action.takes.keys() - files)}, what)
    if call.upload is not None and call.upload.field not in files:
        raise refused(call.upload.field[:80], f"is a file, and {what} takes none of that name")


def _base_url(request: Request) -> str:
    configured: str | None = request.app.state.config.url
    return (configured or str(request.base_url)).rstrip("/")
