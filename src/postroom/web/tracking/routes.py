"""The paths below /t that messages lead to: no login, and no part of the API's description."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi.requests import Request
from fastapi.responses import Response
from starlette.routing import Mount, Route

from postroom.sending.goals.landing import Landings
from postroom.sending.mailroom import Mailroom
from postroom.sending.tokens import Purpose, Tokens
from postroom.sending.tracking.recording import record_hits
from postroom.sending.tracking.visits import Hit
from postroom.web.auth.throttle import Throttle
from postroom.web.tracking.answers import unknown
from postroom.web.tracking.forms import Forms
from postroom.web.tracking.goals import goal_routes
from postroom.web.tracking.hits import Hits
from postroom.web.tracking.recorder import Recorder
from postroom.web.tracking.surveys import Surveys


def tracking_routes(mailroom: Mailroom, *, per_minute: int) -> Mount:
    """Return the routes to what a mailroom has sent; those of one message take so many calls a minute.

    They belong before all others: hits are many, and those are asked one after another whether they fit.
    """

    def record(account_id: int, hits: Sequence[Hit]) -> Sequence[str | None]:
        targets = record_hits(mailroom.database, account_id, hits, now=mailroom.clock())
        return landings.led(account_id, hits, targets)

    landings = Landings(mailroom.database, mailroom.sealer, mailroom.tracking_url)
    throttle = Throttle(per_minute)
    hits = Hits(Tokens(mailroom.sealer), Recorder(record), throttle, mailroom.clock)
    forms = Forms(mailroom, throttle)
    plan = (
        (Purpose.PIXEL, hits.pixel, ["GET"]),
        (Purpose.CLICK, hits.link, ["GET"]),
        (Purpose.OPTOUT, forms.optout, ["GET", "POST"]),
        (Purpose.ONE_CLICK, forms.one_click, ["GET", "POST"]),
        (Purpose.PREFERENCES, forms.preferences, ["GET", "POST"]),
    )
    known = [Route(f"/{letter}/{{token}}", answer, methods=methods) for letter, answer, methods in plan]
    surveys = Route("/s/{token}", Surveys(mailroom, throttle).answer, methods=["GET", "POST"])
    rest = Route("/{anything:path}", _unknown, methods=["GET"])
    return Mount("/t", routes=[*known, *goal_routes(mailroom, throttle), surveys, rest])


def survey_route(mailroom: Mailroom, *, per_minute: int) -> Route:
    """Return the route to surveys that anybody may answer; each reader takes so many calls a minute."""
    return Route("/s/{token}", Surveys(mailroom, Throttle(per_minute)).answer, methods=["GET", "POST"])


async def _unknown(request: Request) -> Response:
    return unknown(request)
