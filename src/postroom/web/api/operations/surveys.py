"""What the API does with surveys."""

from __future__ import annotations

from postroom.contacts.surveys import Definition
from postroom.drops.room import Room
from postroom.sending.surveys.forms import Form, Forms
from postroom.store import surveys
from postroom.store.surveys import Survey
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = ["Survey"]

_READ, _WRITE = "surveys:read", "surveys:write"


def read_surveys(room: Room, caller: Caller, paging: Paging) -> Page[Survey]:
    """Return the caller's surveys by id."""
    caller.require(_READ)
    with room.database.reading() as connection:
        every = surveys.surveys_of_account(connection, caller.account_id)
    found = [each for each in every if paging.after is None or each.survey_id > paging.after]
    return Page(found[: paging.limit], len(every) if paging.with_total else None)


def read_survey(room: Room, caller: Caller, survey_id: int) -> Survey:
    """Return a survey; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return surveys.survey_by_id(connection, caller.account_id, survey_id)


def put_survey(room: Room, caller: Caller, wanted: Definition) -> Survey:
    """Make a survey, or give the one of that name another form; raise Refused when that cannot be."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        return surveys.put_survey(connection, caller.account_id, wanted, now=room.clock())


def delete_survey(room: Room, caller: Caller, survey_id: int) -> None:
    """Forget a survey; raise Missing when the caller has none of that id."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        surveys.survey_by_id(connection, caller.account_id, survey_id)
        surveys.delete_survey(connection, caller.account_id, survey_id)


def path_of(room: Room, survey: Survey) -> str:
    """Return the path of a survey's page, for whoever has it."""
    return f"/s/{Forms(room.sealer).token(Form(survey.account_id, survey.survey_id))}"
