"""The OpenAPI document of the older spelling, made from what its resources say they take and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from postroom.web.api.rest.fields import Field, Schema
from postroom.web.api.rest.output import FORMATS
from postroom.web.api.rest.reading import FORM, JSON, MULTIPART
from postroom.web.api.rest.resources import VERBS, Action, Resource

_ERROR: Final = "RestError"
_ERROR_SCHEMA: Final[Schema] = {
    "type": "object",
    "required": ["status", "message", "details", "code"],
    "properties": {
        "status": {"type": "integer", "description": "The status of the answer."},
        "message": {"type": "string", "description": "What is wrong, for people."},
        "details": {"description": "What a program may act on, or null."},
        "code": {"type": "string", "description": "What is wrong, for programs; stable."},
    },
}

_NAMES: Final[Mapping[str, str]] = {FORM: "Form", MULTIPART: "Parts", JSON: "Json"}
"""The kinds of bodies, and how their schemas are called."""

_STATUSES: Final[Mapping[int, str]] = {
    400: "The request cannot be read, or has no such action",
    401: "No valid token",
    403: "The client was not given this scope",
    404: "There is no such thing, or it is not yours",
    406: "No format that the header Accept allows",
    408: "The body came too slowly",
    409: "Not now: it meets something else that is going on",
    413: "Larger than allowed",
    415: "A body that is neither a form nor JSON",
    417: "Something is wrong with a parameter; nothing was changed",
    429: "Too many calls",
    500: "A bug of ours",
    503: "Something that we need is down",
}


def schemas_of(resources: Sequence[Resource]) -> dict[str, Schema]:
    """Return what operations refer to, by names: bodies, answers and the error."""
    found = {_ERROR: _ERROR_SCHEMA}
    for resource in resources:
        for verb in VERBS:
            if resource.allowed(verb):
                stem = _stem(resource, verb)
                fields = _fields(resource, verb)
                found[f"{stem}Answer"] = _any_of(resource, verb)
                found |= {f"{stem}{_NAMES[kind]}": _body(fields, kind) for kind in _NAMES}
    return found


def description_of(resource: Resource, verb: str) -> dict[str, Any]:
    """Return what OpenAPI says of an operation beside what FastAPI knows of it."""
    actions = resource.allowed(verb)
    stem, fields = _stem(resource, verb), _fields(resource, verb)
    return {
        "operationId": f"rest_{resource.name}_{verb.lower()}",
        "summary": f"{verb} /rest/{resource.path}: {', '.join(actions)}",
        "description": _told(actions, VERBS[verb]),
        "parameters": [
            _parameter(name, field, in_path=resource.one_by_one and name == "id")
            for name, field in fields.items()
            if not field.file
        ],
        "requestBody": {
            "required": False,
            "content": {kind: {"schema": _reference(f"{stem}{name}")} for kind, name in _NAMES.items()},
        },
    }


def _parameter(name: str, field: Field, *, in_path: bool) -> dict[str, Any]:
    place = {"in": "path", "required": True} if in_path else {"in": "query"}
    return {"name": name, **place, "description": field.about, "schema": field.text}


def suffix_parameter() -> dict[str, Any]:
    """Return the part of a path that chooses the format of the answer."""
    return {
        "name": "suffix",
        "in": "path",
        "required": True,
        "description": "The format of the answer.",
        "schema": {"type": "string", "enum": list(FORMATS)},
    }


def responses_of(resource: Resource, verb: str) -> dict[int | str, dict[str, Any]]:
    """Return every answer that an operation has."""
    written = {"schema": {"type": "string"}}
    return {
        200: {
            "description": "What was asked for, or what was done",
            "content": {
                JSON: {"schema": _reference(f"{_stem(resource, verb)}Answer")},
                "text/csv": written,
                "application/xml": written,
            },
        },
        **error_responses(),
    }


def error_responses() -> dict[int | str, dict[str, Any]]:
    """Return the answers that any call may have when it fails."""
    error = {JSON: {"schema": _reference(_ERROR)}}
    return {status: {"description": text, "content": error} for status, text in _STATUSES.items()}


def _stem(resource: Resource, verb: str) -> str:
    return f"Rest{resource.name.capitalize()}{verb.capitalize()}"


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _any_of(resource: Resource, verb: str) -> Schema:
    return _any(*(action.answer for action in resource.allowed(verb).values()))


def _fields(resource: Resource, verb: str) -> dict[str, Field]:
    """Return what the actions of a verb take, and the action; of one name, whatever any of them takes."""
    actions, usual = resource.allowed(verb), VERBS[verb]
    choices = {"type": "string", "enum": list(actions)}
    about = "What to do." + (f" Without it: {usual}." if usual in actions else " It is needed.")
    found = {"action": Field(about, choices, choices)}
    for action in actions.values():
        for name, field in action.takes.items():
            found[name] = _either(found[name], field) if name in found else field
    return found


def _either(one: Field, other: Field) -> Field:
    if (one.text, one.json) == (other.text, other.json):
        return one
    return replace(one, text=_any(one.text, other.text), json=_any(one.json, other.json))


def _any(*schemas: Schema) -> Schema:
    """Return the schema of what fits any of these, some of which may be such themselves."""
    found: list[Schema] = []
    for schema in schemas:
        found += [each for each in schema.get("anyOf", [schema]) if each not in found]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _told(actions: Mapping[str, Action], usual: str) -> str:
    """Return a line for each action: what it does, and which parameters it takes."""
    lines = [
        f"- {'' if name == usual else f'`action={name}`: '}{action.summary}"
        + (f" Takes {', '.join(f'`{each}`' for each in action.takes)}." if action.takes else "")
        for name, action in actions.items()
    ]
    return "\n".join([*lines, "", "Parameters may stand in the address or in the body."])


def _body(fields: Mapping[str, Field], kind: str) -> Schema:
    members = {
        name: {**(field.json if kind == JSON else field.text), "description": field.about}
        for name, field in fields.items()
        if kind == MULTIPART or not field.file
    }
    return {"type": "object", "properties": members, "additionalProperties": False}
