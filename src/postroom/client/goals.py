"""Calls about goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal: `kind` is WEBVISIT or TRANSACTION; `site` stands for the account in the script of its site."""

    id: int
    name: str
    kind: str
    patterns: list[str]
    site: str
    created_at: datetime


class Goals:
    """What people are hoped to do on a site."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self) -> Iterator[Goal]:
        """Yield every goal by id, read page by page."""
        for said in self._line.items("/v1/goals", {}):
            yield _goal(said)

    def get(self, goal_id: int) -> Goal:
        """Return a goal; raise NotFound when there is none."""
        return _goal(self._line.answer(Call(method="GET", path=f"/v1/goals/{goal_id}")).json())

    def create(self, name: str, kind: str, patterns: Sequence[str] = (), *, key: str | None = None) -> Goal:
        """Make a goal with its pages."""
        body = {"name": name, "kind": kind, "patterns": list(patterns)}
        return _goal(self._line.answer(Call(method="POST", path="/v1/goals", body=body, key=key)).json())

    def delete(self, goal_id: int) -> None:
        """Delete a goal; what reached it stays told."""
        self._line.answer(Call(method="DELETE", path=f"/v1/goals/{goal_id}"))

    def order(
        self,
        goal_id: int,
        transaction_id: str,
        amount: str,
        *,
        contact_id: int | None = None,
        email: str | None = None,
        visitor: str | None = None,
        **more: Any,
    ) -> bool:
        """Tell an order of a contact, an address, or a visitor by the cookie of your site.

        Tells whether it is recorded, now or from before: orders of people who are no contacts are not.
        `more` are currency, quantity, products, url and at (a moment in ISO 8601).
        """
        given = {"contact_id": contact_id, "email": email, "visitor": visitor, **more}
        body = {"transaction_id": transaction_id, "amount": amount}
        body |= {name: value for name, value in given.items() if value is not None}
        told = self._line.answer(Call(method="POST", path=f"/v1/goals/{goal_id}/transactions", body=body))
        return bool(told.json()["recorded"])


def _goal(said: Mapping[str, Any]) -> Goal:
    return Goal(**{**known(Goal, said), "created_at": moment(said["created_at"])})
