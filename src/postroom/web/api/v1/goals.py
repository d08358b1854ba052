"""/v1/goals: what people are hoped to do on a site, and orders that programs tell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response
from pydantic import AwareDatetime, Field, StringConstraints

from postroom.contacts import goals as law
from postroom.contacts.goals import GoalKind
from postroom.drops.room import Room
from postroom.web.api.operations import goals as operations
from postroom.web.api.operations.goals import Buyer
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown
from postroom.web.api.v1.models import LARGEST_ID, Id, Optional, Read, Written
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, LOCATION, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.writing import Writing, write

router = APIRouter(prefix="/v1/goals", tags=["goals"])

GoalId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["goals:read"])]
Adding = Annotated[Writing, Security(write, scopes=["goals:write"])]

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=law.MAX_PATTERN_CHARACTERS)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=25)]


class Goal(Read):
    """A goal; what reaches it becomes an event."""

    id: int
    name: str
    kind: GoalKind
    patterns: list[str] = Field(description="Its pages, such as `https://shop.example.com/thanks*`.")
    site: str = Field(description="What stands for the account in `data-site` of the script.")
    created_at: datetime


class Goals(Read):
    """A page of goals."""

    items: list[Goal]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class NewGoal(Written):
    """A goal to make."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=law.MAX_NAME_CHARACTERS)]
    kind: GoalKind = Field(strict=False)
    patterns: list[Pattern] = Field(default=[], max_length=law.MOST_PATTERNS)


class NewTransaction(Written):
    """An order, and who has bought: `contact_id`, `email` or `visitor`, one of them."""

    transaction_id: Annotated[
        str, StringConstraints(min_length=1, max_length=law.MAX_TRANSACTION_CHARACTERS)
    ] = Field(description="Told again, the order is not recorded again.")
    amount: Number = Field(description="With a point, such as `49.90`.")
    currency: Optional[Annotated[str, StringConstraints(min_length=3, max_length=3)]] = None
    quantity: Optional[Number] = None
    products: list[Annotated[str, StringConstraints(min_length=1, max_length=law.MAX_PRODUCT_CHARACTERS)]] = (
        Field(default=[], max_length=law.MOST_PRODUCTS)
    )
    contact_id: Optional[Id] = None
    email: Optional[Annotated[str, StringConstraints(min_length=1, max_length=320)]] = None
    visitor: Optional[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = Field(
        default=None, description="The cookie `pr_v` of your site."
    )
    url: Optional[Annotated[str, StringConstraints(max_length=law.MAX_URL_CHARACTERS)]] = None
    at: Optional[Annotated[AwareDatetime, Field(strict=False)]] = Field(
        default=None, description="When it was made; now, unless you say so."
    )


class ToldOrder(Read):
    """What became of an order."""

    recorded: bool = Field(
        description="Whether it is, now or from before; it is not when who has bought is no contact."
    )


@router.get("", operation_id="list_goals", summary="Read goals", responses=problems(), response_model=Goals)
def list_goals(reading: Reading, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the account's goals by id, page by page."""
    found = operations.read_goals(reading.room, reading.caller, query.paging(reading))
    items, following = query.cut(found, reading, lambda each: each.goal_id)
    site = operations.site_of(reading.room, reading.caller)
    return shown(Goals(items=[_goal(each, site) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="create_goal",
    summary="Make a goal",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={**tagged(201, "The goal", Location=LOCATION), **problems(*BODY, 409)},
    response_model=Goal,
)
def create_goal(adding: Adding, new: NewGoal) -> Response:
    """Make a goal of visits, which has pages, or of orders, which may have some for the script."""

    def act(room: Room) -> Response:
        made = operations.create_goal(room, adding.caller, new.name, new.kind, new.patterns)
        site = operations.site_of(room, adding.caller)
        return resource(_goal(made, site), 201, {"Location": f"/v1/goals/{made.goal_id}"})

    return adding.answer(act, asked=new)


@router.get(
    "/{goal_id}",
    operation_id="get_goal",
    summary="Read a goal",
    responses={**tagged(200, "The goal"), **NOT_MODIFIED, **problems(404)},
    response_model=Goal,
)
def get_goal(reading: Reading, goal_id: GoalId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a goal."""
    found = operations.read_goal(reading.room, reading.caller, goal_id)
    return resource_unless(_goal(found, operations.site_of(reading.room, reading.caller)), if_none_match)


@router.delete(
    "/{goal_id}",
    operation_id="delete_goal",
    summary="Delete a goal",
    status_code=204,
    responses={204: {"description": "It is gone"}, **problems(404, 409)},
)
def delete_goal(adding: Adding, goal_id: GoalId) -> Response:
    """Delete a goal; what reached it stays told."""

    def act(room: Room) -> Response:
        operations.delete_goal(room, adding.caller, goal_id)
        return nothing()

    return adding.answer(act)


@router.post(
    "/{goal_id}/transactions",
    operation_id="tell_transaction",
    summary="Tell an order",
    dependencies=[Depends(json_body)],
    responses=problems(*BODY, 404, 409),
    response_model=ToldOrder,
)
def tell_transaction(adding: Adding, goal_id: GoalId, new: NewTransaction) -> Response:
    """Record an order once, and say whether it is: only orders of contacts are."""

    def act(room: Room) -> Response:
        order = law.transaction(
            new.transaction_id,
            new.amount,
            currency=new.currency,
            quantity=new.quantity,
            products=new.products,
        )
        buyer = Buyer(new.contact_id, new.email, new.visitor)
        recorded = operations.tell_order(room, adding.caller, goal_id, order, buyer, url=new.url, at=new.at)
        return shown(ToldOrder(recorded=recorded))

    return adding.answer(act, asked=new)


def _goal(found: operations.Goal, site: str) -> Goal:
    return Goal(
        id=found.goal_id,
        name=found.name,
        kind=found.kind,
        patterns=list(found.patterns),
        site=site,
        created_at=found.created_at,
    )
