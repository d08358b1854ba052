"""Daily reports in the tree of contact folders: where they stand, what they are called, their columns.

Seed 000 chapter 3; specs, contact folders 1.10. Files in them have the format of imports, so that each can be
dropped back as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from postroom.contacts.channels import Channel
from postroom.contacts.fields import CUSTOM_FIELDS
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import FIXED_FIELDS, document_name
from postroom.dialects.folders.tree import REPORTING

CLICKED: Final = "clicked"
OPENED: Final = "opened"
OPTED_OUT: Final = "optout"

_REACTIONS: Final = {
    Channel.EMAIL: (CLICKED, OPENED, OPTED_OUT),
    Channel.SMS: (CLICKED, OPTED_OUT),
    Channel.VOICE: (OPTED_OUT,),
    Channel.VOICEMAIL: (OPTED_OUT,),
}
_FORBIDDEN: Final = re.compile(r"[/\\:*?\"<>|\x00-\x1f\x7f]")
_LONGEST_BYTES: Final = 150
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def directory_of_day(day: date) -> str:
    """Return the folder of a day's reports."""
    return f"{REPORTING}/{day.isoformat()}"


def day_of_directory(directory: str) -> date | None:
    """Return the day whose reports stand in a folder; None when it is another one."""
    above, _, name = directory.rpartition("/")
    if above != REPORTING or not _DAY.fullmatch(name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def daily_archive(day: date) -> str:
    """Return the name of the archive about all campaigns of a day."""
    return f"{day.isoformat()}_Daily.zip"


def archive_meant(directory: str, name: str) -> str:
    """Return the name that a file goes by: `<day>.zip`, which nobody sees, means that of all campaigns."""
    day = day_of_directory(directory)
    return daily_archive(day) if day is not None and name == f"{day.isoformat()}.zip" else name


def campaign_archive(day: date, campaign_id: int, name: str) -> str:
    """Return the name of the archive about one campaign; names that clash are told apart by the id."""
    written = _FORBIDDEN.sub("_", name).strip().encode()[:_LONGEST_BYTES].decode(errors="ignore").rstrip(" .")
    return f"{day.isoformat()}_{campaign_id}_{written}.zip"


def files_about(channels: Sequence[Channel]) -> list[str]:
    """Return the names of the files about campaigns on these channels, each there even when it has no row."""
    return [
        file_about(channel, reaction)
        for channel, reactions in _REACTIONS.items()
        if channel in channels
        for reaction in reactions
    ]


def file_about(channel: Channel, reaction: str) -> str:
    """Return the name of the file of who reacted like that."""
    return f"{channel.value}_{reaction}.csv"


def report_columns(settings: AccountSettings) -> list[tuple[str, str]]:
    """Return the contact fields of a report, each with its header: those of the account's imports."""
    named = [(field, _header(field, settings)) for field in FIXED_FIELDS]
    return named + [(field, f"custom_{column.name}") for field, column in settings.custom.items()]


def report_encoding(settings: AccountSettings) -> str:
    """Return how reports are encoded: as the account's files, in ISO-8859-1 where these may be any."""
    return "iso-8859-1" if settings.encoding == "auto" else settings.encoding


def _header(field: str, settings: AccountSettings) -> str:
    if field not in CUSTOM_FIELDS:
        return document_name(field, settings.language)
    number = CUSTOM_FIELDS.index(field) + 1
    return settings.labels.get(field) or f"{'Champ' if settings.language == 'fr' else 'Field'} {number}"
