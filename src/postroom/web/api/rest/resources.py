"""What can be asked of a resource: its actions, the parameters of each, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi.responses import Response

from postroom.drops.room import Room
from postroom.web.api.operations.pages import Paging
from postroom.web.api.rest.fields import Field, Schema
from postroom.web.api.rest.output import Answer
from postroom.web.api.rest.parameters import MOST_ITEMS, USUAL_ITEMS, Parameters
from postroom.web.api.rest.reading import Call
from postroom.web.auth.caller import Caller

VERBS: Final[Mapping[str, str]] = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}
"""The action that a verb means when a call names none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call, as an action gets it."""

    room: Room
    caller: Caller
    call: Call
    base_url: str
    """Where this server is reached, for links in answers; without a slash at its end."""

    @property
    def parameters(self) -> Parameters:
        """What the call says."""
        return self.call.parameters


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. It runs in a thread, raises what web/errors.py translates, and says what it takes."""

    summary: str
    run: Callable[[Asked], Answer | Response]
    answer: Schema
    takes: Mapping[str, Field] = field(default_factory=dict)
    safe: bool = False
    """Whether it changes nothing, so that GET may have it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource under /rest, by its name there; `actions` by theirs.

    One that is addressed one by one has its id in the path, as the parameter `id`.
    """

    name: str
    actions: Mapping[str, Action]
    one_by_one: bool = False

    @property
    def path(self) -> str:
        """Return where it is, below /rest/."""
        return f"{self.name}/{{id}}" if self.one_by_one else self.name

    def allowed(self, verb: str) -> Mapping[str, Action]:
        """Return what a verb may be used for: POST for everything, GET for what changes nothing."""
        if verb == "POST":
            return self.actions
        if verb == "GET":
            return {name: action for name, action in self.actions.items() if action.safe}
        return {name: action for name, action in self.actions.items() if name == VERBS[verb]}


def paging_of(parameters: Parameters, sortable: Mapping[str, str]) -> Paging:
    """Return which items a call asks for; `sortable` has our fields by the names of properties."""
    return Paging(
        limit=parameters.number("limit", USUAL_ITEMS, MOST_ITEMS),
        offset=parameters.number("offset", 0),
        sort=parameters.sort(sortable),
        with_total=bool(parameters.flag("total")),
    )


def listing_schema(item: Mapping[str, Schema], needed: Sequence[str] = ()) -> Schema:
    """Return the schema of an envelope of items with some of these properties."""
    return {
        "type": "object",
        "required": ["list", "size", "total"],
        "properties": {
            "list": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": item,
                    "required": list(needed),
                    "additionalProperties": False,
                },
            },
            "size": {"type": "integer", "description": "How many items these are."},
            "total": {
                "type": ["integer", "null"],
                "description": "How many there are, when the call asks for it.",
            },
        },
        "additionalProperties": False,
    }


COUNT_SCHEMA: Final[Schema] = {
    "type": "object",
    "required": ["count"],
    "properties": {"count": {"type": "integer"}},
    "additionalProperties": False,
}
