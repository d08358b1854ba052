"""What the bodies and queries of /v1 have in common."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

_Kind = TypeVar("_Kind")

LARGEST_ID: Final = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]

Optional: TypeAlias = _Kind | SkipJsonSchema[None]
"""What may be left out of a query or of headers, where there is no null."""


class Read(BaseModel):
    """What is answered: exactly these members."""

    model_config = ConfigDict(extra="forbid")


def _without_defaults(schema: dict[str, Any]) -> None:
    # They stand for absence, which is not the same as sending them.
    for member in schema["properties"].values():
        member.pop("default", None)


class Written(BaseModel):
    """What is sent: these members and no others, of these types and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_without_defaults)


class Count(Read):
    """How many it was about."""

    count: int


class Failure(Read):
    """Why the whole file was refused."""

    code: str = Field(description="Stable; the senders' guide has them all.", examples=["UNREADABLE"])
    value: str = Field(description="What was found.")
    text: str = Field(description="Both in words.")
