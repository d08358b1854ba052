"""What a column of a flow is: its name and kind, where its values come from, what it tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from postroom.dialects.flows.columns import Column, Kind
from postroom.store.flow_cells import Source


@dataclass(frozen=True, slots=True)
class FlowColumn:
    """A column with its source; `about` is one sentence for the documentation.

    `key` is what the source calls the value where that is not the name of the column. `never_null` is a
    promise to those who load the file; `values` are all that an enumeration has.
    """

    column: Column
    source: Source
    about: str
    never_null: bool = False
    values: tuple[str, ...] = ()
    key: str = ""

    @property
    def name(self) -> str:
        """Return the name in the header."""
        return self.column.name


def column(
    name: str,
    about: str,
    kind: Kind = Kind.TEXT,
    length: int | None = None,
    *,
    source: Source = Source.ATTRIBUTE,
    key: str = "",
) -> FlowColumn:
    """Return a column that may be null; a name with `!` at its end is one that never is."""
    plain = name.removesuffix("!")
    return FlowColumn(Column(plain, kind, length), source, about, plain != name, key=key or plain)


def choice(name: str, about: str, *values: str, source: Source = Source.ATTRIBUTE) -> FlowColumn:
    """Return a column of technical values, a closed list."""
    plain = name.removesuffix("!")
    return FlowColumn(Column(plain), source, about, plain != name, values, plain)


INTEGER: Final = Kind.INTEGER
MOMENT: Final = Kind.MOMENT
BOOLEAN: Final = Kind.BOOLEAN
DECIMAL: Final = Kind.DECIMAL
MULTI: Final = Kind.MULTI

EVENT_ID: Final = column(
    "eventId!", "Unlike any other; drop rows whose id you have.", length=36, source=Source.EVENT_ID
)
TABLE: Final = column("profileTable!", "The account.", length=64, source=Source.ACCOUNT)
PROFILE: Final = column("profileId", "The contact.", INTEGER, source=Source.CONTACT)
CAMPAIGN_ID: Final = column("campaignId", "The campaign.", INTEGER, source=Source.CAMPAIGN)
CAMPAIGN_NAME: Final = column("campaignName", "Its name.", length=255, source=Source.CAMPAIGN_NAME)
CAMPAIGN_KIND: Final = choice(
    "campaignType",
    "Its kind.",
    "ONE_SHOT",
    "SCENARIZED",
    "AB_TEST",
    "TRANSACTIONAL",
    source=Source.CAMPAIGN_KIND,
)
MESSAGE: Final = column(
    "messageId", "The message: the same from sending to the last click.", length=36, source=Source.MESSAGE
)
AT: Final = column("eventMoment!", "When it happened.", MOMENT, source=Source.AT)
RECORDED: Final = column("recordedMoment!", "When we wrote it down.", MOMENT, source=Source.RECORDED)

ANYWHERE: Final = (
    EVENT_ID,
    TABLE,
    PROFILE,
    CAMPAIGN_ID,
    CAMPAIGN_NAME,
    CAMPAIGN_KIND,
    MESSAGE,
    AT,
    RECORDED,
)
"""What a flow begins with whose events may belong to no campaign."""

INTERACTION: Final = tuple(replace(each, never_null=each is not MESSAGE) for each in ANYWHERE)
"""With what each flow of interactions begins (specs, OUT flows 1.2, block C).

Whoever is not sent anything may have no message.
"""

NO_INTERACTION: Final = (EVENT_ID, TABLE, PROFILE, AT, RECORDED)
"""With what each other flow begins (block N)."""
