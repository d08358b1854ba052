"""The law of rows: what one row amounts to, and what several rows about one contact amount to.

Seed 000 sections 2.4.2 and 2.4.3 in the reading of contact folders section 1.5: a row is good when one of
its addresses is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from postroom.contacts.addresses import email, phone
from postroom.contacts.cells import clean
from postroom.contacts.criteria import KEY_FIELDS, Criterion, dedup_key, identifiers
from postroom.contacts.custom_fields import cell_value
from postroom.contacts.dates import birth_date
from postroom.contacts.fields import CONTACT_FIELDS, MAX_VALUE_CHARACTERS, MEANS
from postroom.contacts.reasons import INVALID_ADDRESS, Reason
from postroom.contacts.settings import AccountSettings

Value = str | date | None
Issue = tuple[Reason, str]


@dataclass(frozen=True, slots=True)
class NormalisedRow:
    """A row in our words.

    `values` holds every field that the row had, None when empty or left out. A refused row has a `refusal`
    and nothing else. Where any identifier is enough, there are `identifiers` as IDENTIFIERS has them and no
    key. Issues carry the value as sent, cleaned (VALUE_TOO_LONG: the field's name, BAD_CUSTOM_VALUE: that and
    the value). Warnings are in the order of email, phone, mobile, birth_date, custom fields.
    """

    values: dict[str, Value]
    dedup_key: UUID | None
    refusal: Issue | None
    warnings: tuple[Issue, ...]
    identifiers: tuple[UUID | None, ...] = ()


def identify_row(values: Mapping[str, str | None], settings: AccountSettings) -> NormalisedRow:
    """Tell whom a row of raw texts means; only the fields of the account's criterion are looked at.

    The key is that of an import of the same row, so an invalid address is blanked with a warning. The first
    of these refuses the row: a value that is too long, a missing reference, an invalid address (with
    `settings.strict`, or where nothing else identifies the contact), nothing that identifies one.
    """
    named = {name: values.get(name) for name in KEY_FIELDS[settings.criterion]}
    cleaned = {name: clean(text) for name, text in named.items()}
    means, invalid = _means(cleaned, settings)
    key, found = identity(cleaned | means, settings)
    identified = key is not None or any(found)
    refusal = _too_long(cleaned, settings) or _missing_reference(cleaned, settings)
    if refusal is None and invalid and (settings.strict or not identified):
        refusal = invalid[0]
    if refusal is None and not identified:
        refusal = (Reason.MISSING_KEY, settings.criterion.value)
    if refusal:
        return NormalisedRow({}, None, refusal, ())
    return NormalisedRow({}, key, None, tuple(invalid), found)


def normalise_row(values: Mapping[str, str | None], settings: AccountSettings) -> NormalisedRow:
    """Clean and check one row of raw texts by contact field.

    The first of these refuses the row: a value that is too long, a missing reference that identifies the
    contact, no valid address. With `settings.strict` any invalid address refuses it; otherwise it is blanked
    with a warning, as an unreadable date and a value that its custom field cannot have always are.
    """
    cleaned = {name: clean(text) for name, text in values.items()}
    means, invalid = _means(cleaned, settings)
    refusal = (
        _too_long(cleaned, settings)
        or _missing_reference(cleaned, settings)
        or _means_refusal(means, invalid, strict=settings.strict)
    )
    if refusal:
        return NormalisedRow({}, None, refusal, ())
    texts = cleaned | means
    result: dict[str, Value] = dict(texts)
    warnings = list(invalid)
    if born := cleaned.get("birth_date"):
        result["birth_date"] = birth_date(born)
        if result["birth_date"] is None:
            warnings.append((Reason.BAD_DATE, born))
    for name, column in settings.custom.items():
        if text := cleaned.get(name):
            result[name] = cell_value(column.type, text)
            if result[name] is None:
                warnings.append((Reason.BAD_CUSTOM_VALUE, f"{column.name}: {text}"))
    key, found = identity(texts, settings)
    return NormalisedRow(result, key, None, tuple(warnings), found)


def written_row(values: Mapping[str, str | None], settings: AccountSettings) -> NormalisedRow:
    """Judge a row that a program writes: what only warns of a file's row refuses it.

    A program sees no warnings, and would not know that what it wrote is not there.
    """
    row = normalise_row(values, replace(settings, strict=True))
    return NormalisedRow({}, None, row.warnings[0], ()) if row.warnings else row


def changed_row(values: Mapping[str, str | None], settings: AccountSettings) -> NormalisedRow:
    """Judge new values for contacts that there are, by themselves; any that is not valid refuses them.

    Whether what comes of a contact is one still, `standing_refusal` says; it has no key here.
    """
    cleaned = {name: clean(text) for name, text in values.items()}
    means, invalid = _means(cleaned, settings)
    born = cleaned.get("birth_date")
    result: dict[str, Value] = {**cleaned, **means}
    if born:
        result["birth_date"] = birth_date(born)
        if result["birth_date"] is None:
            invalid.append((Reason.BAD_DATE, born))
    refusal = _too_long(cleaned, settings) or next(iter(invalid), None)
    return NormalisedRow({} if refusal else result, None, refusal, ())


def standing_refusal(values: Mapping[str, str | None], settings: AccountSettings) -> Issue | None:
    """Tell why nobody can have these normalised values: no reference, or no address; else None."""
    if refusal := _missing_reference(values, settings):
        return refusal
    return None if any(values.get(name) for name in MEANS) else (Reason.NO_MEANS, "")


def collapse(rows: Sequence[NormalisedRow], erase: frozenset[str] = frozenset()) -> dict[str, Value]:
    """Tell what accepted rows about one contact amount to, read from top to bottom.

    The last value that is not empty wins, field by field; for the fields in `erase` the last row that has
    the field wins even when it is empty there.
    """
    result: dict[str, Value] = {}
    for row in rows:
        for name, value in row.values.items():
            if value is not None or name in erase or name not in result:
                result[name] = value
    return result


def identity(
    texts: Mapping[str, str | None], settings: AccountSettings
) -> tuple[UUID | None, tuple[UUID | None, ...]]:
    """Return the key of normalised values, or their identifiers where any of them is enough."""
    if settings.matches_any:
        return None, identifiers(settings.criterion, texts)
    return dedup_key(settings.criterion, texts), ()


def _means(
    cleaned: Mapping[str, str | None], settings: AccountSettings
) -> tuple[dict[str, str | None], list[Issue]]:
    """Return the addresses among the row's values, normalised, and those that are none."""
    means = {name: mean(name, cleaned[name], settings.region) for name in MEANS if name in cleaned}
    invalid = [(INVALID_ADDRESS[name], text) for name in means if (text := cleaned[name]) and not means[name]]
    return means, invalid


def mean(name: str, text: str | None, region: str) -> str | None:
    """Return the address in the field `name` (one of MEANS) as contacts have it; None when it is none."""
    if text is None:
        return None
    if name == "email":
        return email(text)
    return phone(text, region, "mobile" if name == "mobile" else "phone")


def _too_long(cleaned: Mapping[str, str | None], settings: AccountSettings) -> Issue | None:
    for name in CONTACT_FIELDS:
        if len(cleaned.get(name) or "") > MAX_VALUE_CHARACTERS:
            return (Reason.VALUE_TOO_LONG, settings.shown(name))
    return None


def _missing_reference(cleaned: Mapping[str, str | None], settings: AccountSettings) -> Issue | None:
    if settings.criterion is Criterion.REFERENCE and not cleaned.get("reference"):
        return (Reason.MISSING_REFERENCE, "")
    return None


def _means_refusal(
    means: Mapping[str, str | None], invalid: Sequence[Issue], *, strict: bool
) -> Issue | None:
    if invalid and (strict or not any(means.values())):
        return invalid[0]
    return None if any(means.values()) else (Reason.NO_MEANS, "")
