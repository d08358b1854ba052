"""Activating flows: what is checked beforehand, and where the first window begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.outflow.catalogue import FLOWS, did_you_mean, flow_named, is_survey
from postroom.outflow.delivering import require_location
from postroom.outflow.depot import Depot
from postroom.outflow.making import columns_of
from postroom.outflow.options import Options
from postroom.outflow.surveys import SURVEY_PREFIX
from postroom.outflow.targets import require_names_apart
from postroom.store import flows, locations, surveys
from postroom.store.accounts import Account, account_by_id
from postroom.store.database import Connection
from postroom.store.events import cut
from postroom.store.flows import Activation, Place

_MOST_FIELDS: Final = 50


@dataclass(frozen=True, slots=True)
class Start:
    """Where a window is to begin: where the last one ended, else now; or now (`from_now`); or at a moment.

    An earlier place than that of the last window would have rows in two files, so `since` is for first
    activations.
    """

    from_now: bool = False
    since: datetime | None = None


def activate(
    depot: Depot,
    account_id: int,
    flow_id: str,
    options: Options,
    *,
    location: str | None = None,
    start: Start | None = None,
) -> Activation:
    """Activate a flow, or change how it is active.

    Raises:
        Missing: there is no such flow, survey or location.
        Refused: a field cannot be added, the file would have the name of another flow's, or the window
            cannot begin there.
        Conflict: rows would be in two files.
    """
    flow = flow_named(flow_id)
    with depot.database.transaction() as connection:
        locations.lock_locations(connection, account_id)
        account = account_by_id(connection, account_id)
        _check_fields(account, options)
        columns_of(flow, options, account)
        if location is not None:
            require_location(connection, account_id, location)
        before = flows.lock_activation(connection, account_id, flow_id)
        if before is None:
            _check_survey(connection, account_id, flow_id)
        place = _place(connection, account_id, before, _checked(start or Start(), now=depot.clock()))
        flows.put_activation(
            connection,
            account_id,
            flow_id,
            options=options.as_json(),
            location=location,
            place=place,
            now=depot.clock(),
        )
        require_names_apart(connection, account, [flow_id])
        made = flows.lock_activation(connection, account_id, flow_id)
        assert made is not None  # noqa: S101  # it has just been put there
        return made


def flows_of(connection: Connection, account_id: int) -> dict[str, Activation | None]:
    """Return every flow that an account can have, those of its surveys too, and how it has or had it."""
    had = {each.flow: each for each in flows.activations_of_account(connection, account_id)}
    names = [*(flow.flow_id for flow in FLOWS), *_surveys(connection, account_id), *had]
    return {name: had.get(name) for name in names}


def require_unused(connection: Connection, account_id: int, field: str) -> None:
    """Raise Conflict when active flows have a column of this custom field, which would be empty then."""
    users = [
        each.flow
        for each in flows.activations_of_account(connection, account_id)
        if each.active and field in Options.from_json(each.options).fields
    ]
    if users:
        raise Conflict(
            f"The field '{field}' is still used by {', '.join(users)}: activate without it, or deactivate.",
            code="FIELD_IN_USE",
        )


def _check_survey(connection: Connection, account_id: int, flow_id: str) -> None:
    """Raise Missing when a flow is that of a survey which the account does not have."""
    known = _surveys(connection, account_id)
    if is_survey(flow_id) and flow_id not in known:
        survey = flow_id.removeprefix(SURVEY_PREFIX)
        raise Missing(
            f"There is no survey '{survey}' in this account.{did_you_mean(flow_id, known)}", code="NO_SURVEY"
        )


def _surveys(connection: Connection, account_id: int) -> list[str]:
    """Return the flows of the surveys that an account has."""
    every = surveys.surveys_of_account(connection, account_id)
    names = [SURVEY_PREFIX + each.definition.name for each in every]
    return [name for name in names if is_survey(name)]


def _checked(start: Start, *, now: datetime) -> Start:
    if start.since is not None and start.from_now:
        raise Refused("A window begins now or at a moment: not both.", code="BAD_PERIOD")
    if start.since is not None and start.since > now:
        raise Refused("A window cannot begin in the future.", code="BAD_PERIOD")
    return start


def _place(connection: Connection, account_id: int, before: Activation | None, start: Start) -> Place:
    if before is not None and start.since is not None:
        raise Conflict(
            "The flow was active before: its window begins where the last one ended. "
            "A backfill makes a file of older rows.",
            code="WAS_ACTIVE",
        )
    if start.since is not None:
        return flows.place_before(connection, account_id, start.since)
    if before is not None and not start.from_now:
        return before.place
    return flows.place_now(connection, account_id, cut(connection, account_id))


def _check_fields(account: Account, options: Options) -> None:
    custom = {each.name for each in account.settings.custom.values()}
    known = {*DOCUMENTED_FIELDS, *custom}
    for name in options.fields:
        if name not in known:
            raise Refused(
                f"There is no contact field '{name[:80]}'. Known: {', '.join(sorted(known))}.",
                code="BAD_FIELD",
            )
        if not _may_stand_in_a_header(name):
            raise Refused(f"'{name[:80]}' cannot stand in a header.", code="BAD_FIELD")
    if len(options.fields) > _MOST_FIELDS:
        raise Refused(f"At most {_MOST_FIELDS} fields can be added.", code="BAD_FIELD")


def _may_stand_in_a_header(name: str) -> bool:
    return name.isascii() and name.replace("_", "").isalnum() and name[0].isalpha() and len(name) <= 50
