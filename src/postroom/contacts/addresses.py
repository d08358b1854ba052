"""The law of addresses: what counts as an e-mail or a phone number, and the one way each is written.

Contact folders section 1.5. Pure functions, safe on any text. `ingest` has the vectorised twin; the patterns
that it shares with this module are written so that Python's and Rust's regular expressions read them alike.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    number_type,
    parse,
)

from postroom.contacts.cells import BLANKS
from postroom.contacts.fields import PhoneKind
from postroom.contacts.numbering import NOT_MOBILE

LIBRARIES = ", ".join(f"{name} {version(name)}" for name in ("phonenumbers", "email-validator"))
"""The releases that the law of addresses rests on: what a number is changes with the plans of the world."""

MAX_EMAIL_CHARACTERS = 254
MAX_PHONE_CHARACTERS = 40

PLAIN_LOCAL_PART = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+(?:\.[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+)*"
PLAIN_EMAIL = rf"{PLAIN_LOCAL_PART}@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{{2,}}"
"""Addresses that need no library, when they have at most PLAIN_EMAIL_CHARACTERS and no RESERVED_DOMAIN."""

PLAIN_EMAIL_CHARACTERS = 64
"""So short that neither a label (63) nor the whole (254) can be too long."""

RESERVED_DOMAIN = r"(?i)\.(?:arpa|invalid|local|localhost|onion)$"
"""Top-level domains that are never delivered to, and that email-validator refuses."""

PHONE_PUNCTUATION = " .-()/\t"
PHONE_SPACES = "\u00a0\u2009\u202f"
PHONE_HYPHENS = "\u2010\u2011\u2012\u2013"
"""What people put between digits; all of it means nothing."""

FRENCH_PREFIX = r"(?:(?:(?:\+|00)?33)?0?)"
"""How a French number may start before its nine digits: +33, 0033, 33, each with or without (0), 0, or
nothing: spreadsheets eat leading zeros, and nine digits can mean nothing else in France."""

FRENCH_NUMBER: dict[PhoneKind, str] = {
    "phone": r"(?:[1-69][0-9]{2}|7(?:[1-9][0-9]|0[1-9]))[0-9]{6}",
    "mobile": r"(?:6[0-9]{2}|7(?:[1-9][0-9]|0[1-9]))[0-9]{6}",
}
"""Nine digits, wider than the numbering plan of the day: new blocks open every year. 0700 is for machines,
08 is not anybody's own number. A mobile may stand in the column of fixed phones: a voice message can ring
it."""

DOMAINS_REMEMBERED = 4_000
"""An international domain costs the library four times what all the rest of an address does."""

_PLAIN_EMAIL = re.compile(PLAIN_EMAIL)
_QUOTING = re.compile('["<>@]')
_PLAIN_LOCAL_PART = re.compile(PLAIN_LOCAL_PART)
_RESERVED_DOMAIN = re.compile(RESERVED_DOMAIN)
_PUNCTUATION = str.maketrans("", "", PHONE_PUNCTUATION + PHONE_SPACES + PHONE_HYPHENS)
_COMPACT = re.compile(r"\+?[0-9]+")
_FRENCH = {kind: re.compile(f"{FRENCH_PREFIX}(?P<number>{digits})") for kind, digits in FRENCH_NUMBER.items()}


def email(raw: str) -> str | None:
    """Return the address in lower case with its domain in IDNA-normal form, or None when it is not one.

    Syntax alone (RFC 5321 and 6531 as email-validator reads them), no DNS; `.test` is allowed, a domain
    without a dot is not. The result is at most 254 characters long.
    """
    text = raw.strip(BLANKS)
    if "@" not in text or len(text) > MAX_EMAIL_CHARACTERS:
        return None
    if len(text) <= PLAIN_EMAIL_CHARACTERS and _PLAIN_EMAIL.fullmatch(text):
        return None if _RESERVED_DOMAIN.search(text) else text.lower()
    local_part, _, domain = text.rpartition("@")
    if len(text) <= PLAIN_EMAIL_CHARACTERS and not _QUOTING.search(local_part):
        return _by_parts(local_part, domain)
    return email_by_library(text)


def email_by_library(text: str) -> str | None:
    """Do what `email` does, without its short cuts; tests hold the two together."""
    found = _validated(text)
    return found.normalized.lower() if found else None


def _validated(text: str) -> ValidatedEmail | None:
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found if "." in found.ascii_domain else None


_validated_again = lru_cache(DOMAINS_REMEMBERED)(_validated)


def _by_parts(local_part: str, domain: str) -> str | None:
    """Judge both sides of an unquoted address on their own, the domain only when it is a new one."""
    found = _validated_again(f"a@{domain}")
    if found is None:
        return None
    if not _PLAIN_LOCAL_PART.fullmatch(local_part):
        beside = _validated(f"{local_part}@example.com")
        if beside is None:
            return None
        local_part = beside.local_part
    octets = len(local_part.encode()) + 1 + max(len(found.ascii_domain), len(found.domain.encode()))
    return f"{local_part}@{found.domain}".lower() if octets <= MAX_EMAIL_CHARACTERS else None


def phone(raw: str, region: str, kind: PhoneKind) -> str | None:
    """Return the number in E.164 form, or None when it cannot be one of this kind.

    `region` (two letters) says what a number without country code means. The kind "phone" takes mobiles too,
    "mobile" only what can be one. French numbers follow the rules above; those of other countries must have
    a possible length, and a mobile must not be known as a fixed line or a service. Letters and extensions
    are refused.
    """
    compact = compact_phone(raw)
    if compact is None:
        return None
    if compact.startswith("+33") or (region == "FR" and not compact.startswith("+")):
        french = _FRENCH[kind].fullmatch(compact)
        return f"+33{french['number']}" if french else None
    try:
        number = parse(compact, None if compact.startswith("+") else region)
    except NumberParseException:
        return None
    return _e164(number, kind)


def compact_phone(raw: str) -> str | None:
    """Return the digits with a leading + when the number is international; None when it has anything else."""
    text = raw.strip(BLANKS)
    if len(text) > MAX_PHONE_CHARACTERS:
        return None
    compact = text.translate(_PUNCTUATION)
    if not _COMPACT.fullmatch(compact):
        return None
    return f"+{compact[2:]}" if compact.startswith("00") else compact


def _e164(number: PhoneNumber, kind: PhoneKind) -> str | None:
    # A number that is only possible locally has no E.164 form that would ring.
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    text = format_number(number, PhoneNumberFormat.E164)
    if number.country_code == 33:
        french = _FRENCH[kind].fullmatch(text)
        return text if french else None
    if kind == "mobile" and number_type(number) in NOT_MOBILE:
        return None
    return text
