"""Columns of the flows that tell of no interaction (specs, OUT flows 1.8)."""

from __future__ import annotations

from typing import Final

from postroom.outflow import blocks
from postroom.outflow.columns import (
    CAMPAIGN_ID,
    CAMPAIGN_NAME,
    INTEGER,
    MESSAGE,
    MOMENT,
    choice,
    column,
)
from postroom.store.flow_cells import Source

_LEDGER: Final = Source.ITEM

SUBSCRIPTION: Final = (
    column("subscription!", "The medium, the list by its name, or `universal`.", length=64, source=_LEDGER),
    choice("status!", "What it is now.", "SUBSCRIBED", "UNSUBSCRIBED", source=_LEDGER),
    choice(
        "previousStatus",
        "What it was. Both are UNSUBSCRIBED where only the reason grew stronger.",
        "SUBSCRIBED",
        "UNSUBSCRIBED",
        "NONE",
        source=_LEDGER,
    ),
    choice(
        "source!",
        "By what way.",
        "EMAIL_CAMPAIGN",
        "FORM",
        "API",
        "IMPORT",
        "MANUAL",
        "COMPLAINT",
        "SMS_REPLY",
        "SYSTEM",
        source=_LEDGER,
    ),
    column("sourceName", "The campaign, the file or the program.", length=255, source=_LEDGER),
    column("campaignId", "What was answered.", INTEGER, source=_LEDGER),
    column("formId", "Always null: there are no forms.", INTEGER, source=_LEDGER),
    column("application", "The program or the login.", length=100, source=_LEDGER),
    column("dataCollectionSource", "The deposit of the file.", length=255, source=_LEDGER),
    column("dataCollectionWay", "The line of the file.", length=1000, source=_LEDGER),
    column("dataCollectionMoment", "When it was said.", MOMENT, source=_LEDGER),
)

COMPLAINT: Final = (
    blocks.EMAIL,
    CAMPAIGN_ID,
    CAMPAIGN_NAME,
    MESSAGE,
    blocks.SENT_MOMENT_IF_KNOWN,
    column("feedbackSource", "The feedback loop.", length=100),
    choice("feedbackType", "As RFC 5965 has it.", "ABUSE", "FRAUD", "VIRUS", "NOT_SPAM", "OTHER"),
    column("complainerAddress", "Who complained.", length=254),
    column("reportMoment", "When the report came.", MOMENT),
)

DO_NOT_CONTACT: Final = (
    blocks.EMAIL,
    choice("action!", "Whether it begins or ends.", "ADDED", "REMOVED"),
    choice("listType!", "How long.", "QUARANTINE_TEMPORARY", "QUARANTINE_LONG_TERM", "BLACKLIST"),
    choice("reason!", "Why.", "HARDBOUNCE", "SOFTBOUNCE", "COMPLAINT", "MANUAL", "IMPORT", "EXPIRED"),
    column("untilMoment", "When a temporary one ends.", MOMENT),
    column("bounceCount", "After how many bounces.", INTEGER),
    CAMPAIGN_ID,
)
