"""Campaigns whose people go to a partner in a file: printers, audiences of social networks, call centers.

What may be asked for, and who is left out (specs, OUT flows 1.5). Opt-outs of letters: there is no medium of
them, so leaving the list or the whole system is what keeps somebody out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from postroom.contacts.campaigns import NotSentReason, SuppressionKind, not_sent_for
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.fields import DOCUMENTED_FIELDS, MEANS
from postroom.contacts.optouts import OptOutReason

CUSTOM_PREFIX: Final = "custom_"
"""Before the name of a custom field where it stands among other fields."""

MOST_COLUMNS: Final = 100
LONGEST_CONTACT_POINT: Final = 254

PARTNER_CHANNELS: Final = frozenset({Channel.PRINT, Channel.SOCIAL, Channel.CALLCENTER})

_ADDRESS = ("address1", "address2", "zipcode", "city", "state", "country")
_NAMES = ("civility", "first_name", "last_name")
_USUAL: Final[Mapping[Channel, tuple[str, ...]]] = {
    Channel.PRINT: (*_NAMES, "company", *_ADDRESS),
    Channel.SOCIAL: (),
    Channel.CALLCENTER: _NAMES,
}
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_.-]")


class Network(StrEnum):
    """Where an audience is."""

    FACEBOOK = "FACEBOOK"
    INSTAGRAM = "INSTAGRAM"
    GOOGLE = "GOOGLE"
    LINKEDIN = "LINKEDIN"
    PINTEREST = "PINTEREST"
    SNAPCHAT = "SNAPCHAT"
    TIKTOK = "TIKTOK"
    X = "X"
    OTHER = "OTHER"


class Operation(StrEnum):
    """What is to be done with the people of an audience's file."""

    ADD = "ADD"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True)
class Audience:
    """The audience of a social campaign, as its network knows it."""

    audience_id: str
    name: str
    network: Network
    operation: Operation

    def attributes(self) -> dict[str, str]:
        """Return what each event about a person of it says."""
        named = {"audienceName": self.name} if self.name else {}
        return {
            "audienceId": self.audience_id,
            **named,
            "network": self.network.value,
            "operation": self.operation.value,
        }


@dataclass(frozen=True, slots=True)
class PartnerOrder:
    """What a partner gets: `columns` are contact fields, custom ones as `custom_NAME`.

    `login` is the only one that sees the file; None when every login of the account does. An audience is
    there for social campaigns alone, and always. `spreadsheet_safe` has an apostrophe put before what a
    spreadsheet program would take for a formula.
    """

    channel: Channel
    columns: tuple[str, ...]
    login: str | None
    audience: Audience | None
    spreadsheet_safe: bool = False

    @property
    def lifts(self) -> bool:
        """Tell whether people are to leave an audience: an opt-out is a reason for it, not against."""
        return self.audience is not None and self.audience.operation is Operation.REMOVE


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the target: normalised fields, and what stands against them.

    `optouts` are of the media of the fields `email`, `mobile` and `phone`; `left` is true for who has left
    the list or the whole system; `suppressions` are of the same fields.
    """

    contact_id: int
    values: Mapping[str, str | None]
    optouts: Mapping[str, OptOutReason]
    left: bool
    suppressions: Mapping[str, SuppressionKind]


def partner_order(channel: Channel, options: Mapping[str, Any]) -> PartnerOrder:
    """Read what a campaign's options say of its file; raise Refused with what is wrong."""
    if channel not in PARTNER_CHANNELS:
        raise Refused(f"{channel} is no channel of partners.", code="BAD_CHANNEL")
    columns = options.get("columns", list(_USUAL[channel]))
    if not isinstance(columns, Sequence) or isinstance(columns, str) or len(columns) > MOST_COLUMNS:
        raise Refused(f"columns are a list of at most {MOST_COLUMNS} contact fields.", code="BAD_COLUMNS")
    for name in columns:
        _check_column(channel, name)
    heads = [column_head(name) for name in columns]
    if len(set(heads)) < len(heads):
        raise Refused("Two of the columns would have the same header.", code="BAD_COLUMNS")
    login = options.get("login")
    if login is not None and not (isinstance(login, str) and login):
        raise Refused("login is the name of a login.", code="BAD_LOGIN")
    safe = options.get("spreadsheet_safe", False)
    if not isinstance(safe, bool):
        raise Refused("spreadsheet_safe is true or false.", code="BAD_SPREADSHEET_SAFE")
    audience = _audience(channel, options.get("audience"))
    return PartnerOrder(channel, tuple(columns), login, audience, safe)


def column_head(name: str) -> str:
    """Return the header of a contact field: its name, with an underscore for what is no plain ASCII."""
    return _NOT_PLAIN.sub("_", name)


def verdict(order: PartnerOrder, candidate: Candidate) -> NotSentReason | str:
    """Return the contact point by which a candidate goes into the file, or why they do not.

    That is a postal address on one line, a telephone number, or a hashed address.
    """
    if candidate.left and not order.lifts:
        return NotSentReason.NOT_SUBSCRIBED
    if order.channel is Channel.PRINT:
        return postal_line(candidate.values) or NotSentReason.NO_ADDRESS
    fields = ("phone",) if order.channel is Channel.CALLCENTER else ("email", "mobile", "phone")
    means = next((field for field in fields if candidate.values.get(field)), None)
    if means is None:
        return NotSentReason.NO_ADDRESS
    if not order.lifts:
        if means in candidate.optouts:
            return _for_optout(candidate.optouts[means])
        if means in candidate.suppressions:
            return not_sent_for(candidate.suppressions[means])
    address = str(candidate.values[means])
    return hashed(means, address) if order.channel is Channel.SOCIAL else address


def postal_line(values: Mapping[str, str | None]) -> str | None:
    """Return a postal address on one line; None without a street or a place, as no letter arrives then."""
    if not (values.get("address1") or values.get("address2")):
        return None
    if not (values.get("zipcode") or values.get("city")):
        return None
    town = " ".join(filter(None, (values.get("zipcode"), values.get("city"))))
    parts = (values.get("address1"), values.get("address2"), town, values.get("state"), values.get("country"))
    return ", ".join(filter(None, parts))[:LONGEST_CONTACT_POINT]


def hashed(field: str, address: str) -> str:
    """Return an address as networks compare it: SHA-256 of it in lower case, a number without its plus."""
    plain = address.strip().lower() if field == "email" else re.sub("[^0-9]", "", address)
    return hashlib.sha256(plain.encode()).hexdigest()


def may_be_told(order: PartnerOrder, candidate: Candidate, field: str) -> str | None:
    """Return an address of a candidate who is in an audience's file, hashed; None when it must stay out."""
    address = candidate.values.get(field)
    kept_out = not order.lifts and (field in candidate.optouts or field in candidate.suppressions)
    return hashed(field, address) if address and not kept_out else None


def _for_optout(reason: OptOutReason) -> NotSentReason:
    if reason is OptOutReason.SPAM:
        return NotSentReason.BLACKLISTED
    if reason is OptOutReason.HARD_BOUNCE:
        return NotSentReason.QUARANTINE_LONG_TERM
    return NotSentReason.NOT_SUBSCRIBED


def _check_column(channel: Channel, name: object) -> None:
    if not isinstance(name, str):
        raise Refused("Each of columns is the name of a contact field.", code="BAD_COLUMNS")
    known = name in DOCUMENTED_FIELDS or (name.startswith(CUSTOM_PREFIX) and len(name) > len(CUSTOM_PREFIX))
    if not known:
        raise Refused(
            f"There is no contact field '{name[:120]}'; a custom field is {CUSTOM_PREFIX}NAME.",
            code="UNKNOWN_FIELD",
        )
    if channel is Channel.SOCIAL and name in MEANS:
        raise Refused(
            f"An audience's file has addresses hashed alone, so {name} cannot be one of its columns.",
            code="BAD_COLUMNS",
        )


def _audience(channel: Channel, given: object) -> Audience | None:
    if channel is not Channel.SOCIAL:
        if given is not None:
            raise Refused("Only a SOCIAL campaign has an audience.", code="BAD_AUDIENCE")
        return None
    if not isinstance(given, Mapping):
        raise Refused("A SOCIAL campaign needs an audience with id and network.", code="BAD_AUDIENCE")
    audience_id, name = str(given.get("id") or ""), str(given.get("name") or "")
    if not 1 <= len(audience_id) <= 64 or len(name) > 255:
        raise Refused(
            "An audience has an id of 1 to 64 characters, a name of at most 255.", code="BAD_AUDIENCE"
        )
    try:
        network = Network(str(given.get("network") or "").upper())
        operation = Operation(str(given.get("operation") or "ADD").upper())
    except ValueError:
        known = ", ".join(each.value for each in Network)
        raise Refused(
            f"An audience's network is one of {known}; its operation is ADD or REMOVE.", code="BAD_AUDIENCE"
        ) from None
    return Audience(audience_id, name, network, operation)
