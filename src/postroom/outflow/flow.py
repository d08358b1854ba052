"""A flow: what it is called, what makes a row of it, what its columns are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType
from postroom.outflow.columns import FlowColumn


class Rows(Enum):
    """How the rows of a flow are found."""

    EVENTS = "events"
    """Each event is a row."""
    ANSWERS = "answers"
    """Each answer in an event of a survey is a row."""
    ADDRESSES = "addresses"
    """Each event is a row for every contact that has its address."""
    LEDGER = "ledger"
    """Each change in the consent ledger is a row for every contact that has its address."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Which events are meant: of a type, of a channel where one is named, with an attribute that is so.

    `attribute` names an attribute, its values, and whether these are the ones that are meant (True) or those
    that are not (False).
    """

    type: EventType
    channel: Channel | None = None
    attribute: tuple[str, tuple[str, ...], bool] | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow; `title` and `about` (what makes a row) are for people. The ledger alone has no trigger."""

    flow_id: str
    title: str
    about: str
    rows: Rows
    columns: tuple[FlowColumn, ...]
    trigger: Trigger | None
    is_extra: bool = False
    """Whether seed 002 has no such flow."""
