"""What an account may choose, checked when it is set, in one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from zoneinfo import available_timezones

from phonenumbers import SUPPORTED_REGIONS

from postroom.contacts.criteria import IDENTIFIERS, Criterion, Match
from postroom.contacts.custom_fields import CustomColumn
from postroom.contacts.errors import Refused
from postroom.contacts.fields import CUSTOM_FIELDS
from postroom.contacts.paces import MOST_PER_MINUTE, read_domains
from postroom.contacts.reasons import Language

MOST_DAYS = 36_500
"""A hundred years; dates have an end."""


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """How one account's files are read and its contacts told apart."""

    criterion: Criterion = Criterion.TRIPLET
    match: Match = Match.ALL
    separator: str = ";"
    encoding: str = "auto"  # auto | iso-8859-1 | cp1252 | utf-8
    region: str = "FR"
    language: Language = "fr"
    strict: bool = False
    empty_cells: str = "keep"  # keep | erase
    list_name: str = "stem"  # stem | filename
    optin_lifts_complaints: bool = False
    guard_percent: int = 0
    """Most of a list or of all contacts, in %, that one file may take away; 0 is no guard."""
    summary: str = "notes"  # notes | always | never
    keep_days: int = 0
    """How long files and reports are kept in ok and ko, in days; 0 is as long as the installation says."""
    batches_root: bool = False
    """Whether command batches are left in the root, instead of in /batches/."""
    sms_stop: str = "reply"
    """How a marketing SMS says to be left alone: off | reply | the number that takes the word STOP."""
    time_zone: str = "Europe/Paris"
    """Where the account's days begin and end, an IANA name."""
    flows_at: str = "04:00"
    """When the files of OUT flows are made, local time."""
    export_zone: str = "UTC"
    """The zone of moments in files that go out, an IANA name."""
    moments: str = "plain"  # plain | iso
    send_per_minute: int = 0
    """Most messages a minute on each channel; 0 is as many as the installation says."""
    domains_per_minute: str = ""
    """Most mails a minute to single domains, such as `gmail.com=600 *=1200`."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Header texts for field01 … field15, by field name."""
    custom: Mapping[str, CustomColumn] = field(default_factory=dict)
    """The account's custom fields, by the contact field that holds them; kept apart, and not set here."""

    def changed(self, assignments: Mapping[str, str]) -> AccountSettings:
        """Return a copy with KEY=VALUE texts applied; raise Refused on an unknown key or bad value.

        Keys are the fields above; `field01` … `field15` (or `label.field01`) set a label.
        """
        result = self
        for key, text in assignments.items():
            result = _assign(result, key, text)
        if result.matches_any and result.criterion not in IDENTIFIERS:
            known = " or ".join(each.value for each in IDENTIFIERS)
            raise Refused(
                f"match=any needs criterion={known}; {result.criterion.value} has nothing to choose from.",
                code="BAD_SETTING",
            )
        return result

    @property
    def matches_any(self) -> bool:
        """Tell whether any one identifier of the criterion is enough for a row to meet a contact."""
        return self.match is Match.ANY

    @property
    def identification(self) -> str:
        """Return in a word what tells contacts apart; two settings with the same identify alike."""
        return f"{self.criterion.value} {self.match.value}" if self.matches_any else self.criterion.value

    def shown(self, field_name: str) -> str:
        """Return what people know a contact field by: that of a custom field is the account's own name."""
        column = self.custom.get(field_name)
        return column.name if column else field_name

    def as_json(self) -> dict[str, object]:
        """Return plain values, fit for jsonb, of all that is set here."""
        plain: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "custom"}
        plain["criterion"] = self.criterion.value
        plain["match"] = self.match.value
        plain["labels"] = dict(self.labels)
        return plain

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> AccountSettings:
        """Read what `as_json` wrote; keys of a newer or older version are left at their default."""
        known = {f.name for f in fields(cls)} - {"custom"}
        values = {key: value for key, value in stored.items() if key in known}
        if "criterion" in values:
            values["criterion"] = Criterion(str(values["criterion"]))
        if "match" in values:
            values["match"] = Match(str(values["match"]))
        return cls(**values)  # type: ignore[arg-type]  # the values are what as_json wrote


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return text

    return check


def _separator(text: str) -> str:
    named = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
    value = named.get(text, text)
    if value not in {";", ",", "\t", "|"}:
        raise ValueError("one of ; , | tab")
    return value


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false", "yes", "no", "on", "off", "1", "0"}:
        raise ValueError("true or false")
    return text.lower() in {"true", "yes", "on", "1"}


def _percent(text: str) -> int:
    digits = text.strip().removesuffix("%").strip()
    if not (digits.isascii() and digits.isdigit() and int(digits) <= 99):
        raise ValueError("a whole number from 1 to 99, or 0 for no guard")
    return int(digits)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_DAYS):
        raise ValueError(f"a whole number from 1 to {MOST_DAYS}, or 0 for the installation's")
    return int(text)


def _sms_stop(text: str) -> str:
    if text not in {"off", "reply"} and not re.fullmatch(r"\+?[0-9]{3,15}", text.replace(" ", "")):
        raise ValueError("off, reply, or the number that takes the word STOP, such as 36111")
    return text.replace(" ", "")


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("the name of a time zone such as Europe/Paris or UTC")
    return text


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("a time of day such as 04:00")
    return text


def _per_minute(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MOST_PER_MINUTE and len(text) < 9):
        raise ValueError(f"a whole number from 1 to {MOST_PER_MINUTE}, or 0 for the installation's")
    return int(text)


def _domains(text: str) -> str:
    return " ".join(f"{domain}={limit}" for domain, limit in read_domains(text).items())


def _region(text: str) -> str:
    if text.upper() not in SUPPORTED_REGIONS:
        raise ValueError("a two-letter country code such as FR")
    return text.upper()


_CHECKS: dict[str, Callable[[str], object]] = {
    "criterion": lambda text: Criterion(_one_of(*(c.value for c in Criterion))(text)),
    "match": lambda text: Match(_one_of(*(m.value for m in Match))(text)),
    "separator": _separator,
    "encoding": _one_of("auto", "iso-8859-1", "cp1252", "utf-8"),
    "region": _region,
    "language": _one_of("fr", "en"),
    "strict": _flag,
    "empty_cells": _one_of("keep", "erase"),
    "list_name": _one_of("stem", "filename"),
    "optin_lifts_complaints": _flag,
    "guard_percent": _percent,
    "summary": _one_of("notes", "always", "never"),
    "keep_days": _days,
    "batches_root": _flag,
    "send_per_minute": _per_minute,
    "domains_per_minute": _domains,
    "sms_stop": _sms_stop,
    "time_zone": _zone,
    "flows_at": _time_of_day,
    "export_zone": _zone,
    "moments": _one_of("plain", "iso"),
}


def _assign(settings: AccountSettings, key: str, text: str) -> AccountSettings:
    label = re.sub(r"^label\.", "", key)
    if label in CUSTOM_FIELDS:
        if text.strip() in {column.name for column in settings.custom.values()}:
            raise Refused(f"There is a custom field '{text.strip()}' already.", code="FIELD_EXISTS")
        labels = {**settings.labels, label: text.strip()}
        return replace(settings, labels={k: v for k, v in labels.items() if v})
    if key not in _CHECKS:
        known = ", ".join([*_CHECKS, "field01 … field15"])
        raise Refused(f"There is no account setting '{key}'. Known: {known}.", code="UNKNOWN_SETTING")
    try:
        value = _CHECKS[key](text)
    except ValueError as wrong:
        raise Refused(f"'{text}' does not fit {key}: expected {wrong}.", code="BAD_SETTING") from None
    return replace(settings, **{key: value})  # type: ignore[arg-type]  # _CHECKS gives each its type
