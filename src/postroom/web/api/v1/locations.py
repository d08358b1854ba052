"""/v1/locations: where the files of OUT flows are brought to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Security
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from postroom.drops.room import Room
from postroom.web.api.operations import locations as operations
from postroom.web.api.operations.locations import Changes, Wanted
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown, tag
from postroom.web.api.v1.models import Optional, Read, Written
from postroom.web.api.v1.problems import BODY, CHANGE, LOCATION, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.writing import Writing, change, write

router = APIRouter(prefix="/v1/locations", tags=["flows"])

LocationName = Annotated[str, Path(min_length=1, max_length=63)]
Reading = Annotated[Call, Security(call, scopes=["flows:read"])]
Writes = Annotated[Writing, Security(write, scopes=["flows:write"])]
Changing = Annotated[Writing, Security(change, scopes=["flows:write"])]
Url = Annotated[str, StringConstraints(min_length=1, max_length=1500)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
HostKey = Annotated[str, StringConstraints(max_length=4096)]
Authority = Annotated[str, StringConstraints(max_length=65536)]


class Location(Read):
    """A location; its secrets are never shown."""

    name: str
    protocol: str = Field(examples=["sftp"])
    host: str | None
    port: int | None
    user: str | None
    folder: str
    fingerprint: str | None = Field(description="Of the SSH key that the server must have.")
    public_key: str | None = Field(description="Ours, to be installed at the server.")
    created_at: datetime


class Locations(Read):
    """All locations, by name."""

    items: list[Location]


class NewLocation(Written):
    """A location to make."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=63)]
    url: Url = Field(
        description="sftp://user@host/folder, ftps://…, ftps-implicit://…, or `hosted`.",
        examples=["sftp://postroom@files.example.com/in"],
    )
    password: Optional[Password] = None
    host_key: Optional[HostKey] = Field(
        None, description="The SSH key that the server must have; without it the one that it shows now."
    )
    authority: Optional[Authority] = Field(
        None, description="What signs its certificate (PEM); without it the authorities of the system."
    )


class LocationChanges(Written):
    """What is to be different; what is absent stays."""

    url: Optional[Url] = Field(
        None, description="Where it is from now on; for another server or user the password is sent again."
    )
    password: Optional[Password] = None
    host_key: Optional[HostKey] = Field(None, description="The SSH key that the server must have.")
    pin_host_key: bool = Field(False, description="Take the SSH key that the server shows now.")
    authority: Optional[Authority] = Field(None, description="What signs its certificate (PEM).")


class Trial(Read):
    """Whether a location works, and if not, why."""

    works: bool
    code: str | None
    text: str | None


@router.get(
    "",
    operation_id="list_locations",
    summary="Read locations",
    responses=problems(),
    response_model=Locations,
)
def list_locations(reading: Reading) -> Response:
    """Return the account's locations by name."""
    found = operations.read_locations(reading.room, reading.caller)
    return shown(Locations(items=[_location(each) for each in found]))


@router.post(
    "",
    operation_id="create_location",
    summary="Make a location",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={**tagged(201, "The location", Location=LOCATION), **problems(*BODY, 409, 502)},
    response_model=Location,
)
def create_location(writes: Writes, new: NewLocation) -> Response:
    """Make a location; it is not logged in to. SFTP without a password gets a key of ours."""

    def act(room: Room) -> Response:
        place = operations.wanted_by_url(new.name, new.url)
        wanted = Wanted(
            name=place.name,
            protocol=place.protocol,
            host=place.host,
            port=place.port,
            folder=place.folder,
            username=place.username,
            password=new.password,
            host_key=new.host_key,
            authority=new.authority,
        )
        made = operations.create_location(room, writes.caller, wanted)
        return resource(_location(made), 201, {"Location": f"/v1/locations/{made.name}"})

    return writes.answer(act, asked=new)


@router.get(
    "/{name}",
    operation_id="get_location",
    summary="Read a location",
    responses={**tagged(200, "The location"), **NOT_MODIFIED, **problems(404)},
    response_model=Location,
)
def get_location(reading: Reading, name: LocationName, if_none_match: IfNoneMatch = None) -> Response:
    """Return a location."""
    found = operations.read_location(reading.room, reading.caller, name)
    return resource_unless(_location(found), if_none_match)


@router.patch(
    "/{name}",
    operation_id="update_location",
    summary="Change a location",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The location as it is now"), **problems(*BODY, *CHANGE, 502)},
    response_model=Location,
)
def update_location(changing: Changing, name: LocationName, changes: LocationChanges) -> Response:
    """Change where a location is or how it is logged in to; files that wait for it are tried at once."""
    wanted = Changes(**changes.model_dump(exclude_unset=True))

    def act(room: Room) -> Response:
        return resource(_location(operations.change_location(room, changing.caller, name, wanted)))

    return changing.answer(act, asked=changes, current=_current(changing, name))


@router.post(
    "/{name}/test",
    operation_id="test_location",
    summary="Try a location out",
    responses=problems(404, 409),
    response_model=Trial,
)
def test_location(writes: Writes, name: LocationName) -> Response:
    """Write, rename and remove a small file there, and tell what is wrong where that does not work."""
    found = operations.try_location(writes.call.room, writes.caller, name)
    return shown(Trial(works=found.works, code=found.code, text=found.text))


@router.delete(
    "/{name}",
    operation_id="delete_location",
    summary="Delete a location",
    status_code=204,
    responses=problems(404, 409),
)
def delete_location(writes: Writes, name: LocationName) -> Response:
    """Delete a location that no active flow goes to, and no file is on its way to."""

    def act(room: Room) -> Response:
        operations.delete_location(room, writes.caller, name)
        return nothing()

    return writes.answer(act)


def _current(changing: Writing, name: str) -> Callable[[Room], str]:
    return lambda room: tag(_location(operations.read_location(room, changing.caller, name)))


def _location(location: operations.Location) -> Location:
    return Location(
        name=location.name,
        protocol=location.protocol,
        host=location.host,
        port=location.port,
        user=location.username,
        folder=location.folder,
        fingerprint=operations.fingerprint_of(location),
        public_key=location.public_key,
        created_at=location.created_at,
    )
