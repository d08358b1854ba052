"""What a provider brings over SMPP: receipts of messages, and what phones send (SMPP 3.4 appendix B)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from postroom.sending.phone import alphabet
from postroom.sending.phone.inbound import Inbound
from postroom.sending.phone.providers.described import Meanings, Outcome
from postroom.sending.phone.receipts import Receipt
from postroom.sending.phone.smpp.pdus import Pdu

_IS_RECEIPT: Final = 0x3C
"""Bits 5 to 2 of esm_class: 0001 is a receipt of the centre (section 5.2.12)."""
_RECEIPT: Final = 0x04
_HAS_HEADER: Final = 0x40

_FIELDS: Final = re.compile(
    r"\b(id|stat|err|done date|text):\s*(.*?)(?=\s+(?:sub|dlvrd|submit date|done date|stat|err|text):|\s*\Z)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST: Final = 1000
_STATES: Final = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
"""message_state (section 5.2.28)."""
_NEVER: Final = frozenset({1, 5, 9, 11, 12, 13})
"""Errors of GSM networks after which nothing ever arrives: unknown or illegal subscriber, barred."""
_NOT_NOW: Final = frozenset({6, 27, 28, 31, 32})
"""Those of a phone that is away, busy or full."""
_GSM: Final = 3
"""network_error_code: its first octet names the kind of network (section 5.3.2.31)."""


def receipt_of(pdu: Pdu, meanings: Meanings) -> Receipt | None:
    """Return the receipt that a deliver_sm is, None when it is none or tells of a message on its way."""
    if not is_receipt(pdu):
        return None
    named = pdu.text("receipted_message_id")
    said = _said(pdu)
    status = said.get("stat", "").upper() or _STATES.get(pdu.number("message_state"), "")
    code, network = said.get("err", ""), _network_error(pdu)
    outcome = _outcome(status, code, network, meanings)
    if outcome is None:
        return None
    return Receipt(
        outcome,
        provider_id=named or said.get("id", ""),
        status=status,
        code=code if code.strip("0") else "",
        text=said.get("text", "") if outcome is not Outcome.DELIVERED else "",
        network="" if network is None else str(network),
        at=_moment(said.get("done date", "")),
    )


def is_receipt(pdu: Pdu) -> bool:
    """Tell whether a deliver_sm is a receipt rather than what somebody wrote."""
    named = bool(pdu.text("receipted_message_id"))
    return named or (pdu.number("esm_class") & _IS_RECEIPT) == _RECEIPT


def inbound_of(pdu: Pdu) -> Inbound:
    """Return what somebody wrote."""
    return Inbound(
        number=_number(pdu.text("source_addr"), pdu.number("source_addr_ton")),
        text=_text(pdu),
        to=pdu.text("destination_addr"),
    )


def _outcome(status: str, code: str, network: int | None, meanings: Meanings) -> Outcome | None:
    outcome = meanings.of(status, code)
    if outcome is Outcome.UNKNOWN and network in _NEVER:
        return Outcome.HARD
    if outcome is Outcome.UNKNOWN and network in _NOT_NOW:
        return Outcome.SOFT
    return outcome


def _said(pdu: Pdu) -> dict[str, str]:
    text = (pdu.octets("short_message") or pdu.octets("message_payload")).decode("latin-1")[:_LONGEST]
    return {name.lower(): value.strip() for name, value in _FIELDS.findall(text)}


def _network_error(pdu: Pdu) -> int | None:
    octets = pdu.octets("network_error_code")
    return int.from_bytes(octets[1:3], "big") if len(octets) == 3 and octets[0] == _GSM else None


def _moment(text: str) -> datetime | None:
    """Read `done date`: YYMMDDhhmm, with seconds from some; centres keep UTC."""
    for form in ("%y%m%d%H%M", "%y%m%d%H%M%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _text(pdu: Pdu) -> str:
    octets = pdu.octets("short_message") or pdu.octets("message_payload")
    if pdu.number("esm_class") & _HAS_HEADER and octets:
        octets = octets[octets[0] + 1 :]
    coding = pdu.number("data_coding")
    if coding == 8:
        return octets.decode("utf-16-be", errors="replace")
    if coding in {1, 3}:
        return octets.decode("latin-1")
    # A septet above 127 is none: such a centre writes ISO-8859-1 for the default alphabet.
    return octets.decode("latin-1") if any(each > 127 for each in octets) else alphabet.decode(octets)


def _number(text: str, kind: int) -> str:
    return f"+{text.lstrip('+')}" if kind == 1 else text
