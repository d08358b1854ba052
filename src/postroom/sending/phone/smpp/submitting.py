"""A text as the parts that SMPP hands over: encoded, numbered, from whom and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from smpplib import consts

from postroom.sending.phone.counting import Encoding, encoded, encoding_of, split
from postroom.sending.phone.senders import SenderId, SenderKind

_CODING: Final = {Encoding.GSM7: consts.SMPP_ENCODING_DEFAULT, Encoding.UCS2: consts.SMPP_ENCODING_ISO10646}
_SENDERS: Final = {
    SenderKind.INTERNATIONAL: (consts.SMPP_TON_INTL, consts.SMPP_NPI_ISDN),
    SenderKind.SHORT: (consts.SMPP_TON_NWSPEC, consts.SMPP_NPI_UNK),
    SenderKind.NAME: (consts.SMPP_TON_ALNUM, consts.SMPP_NPI_UNK),
}
_REGISTERED: Final = 1
"""A receipt whatever becomes of it (SMPP 3.4 section 5.2.17)."""

Part = Mapping[str, object]


def parts_of(
    text: str,
    *,
    sender: SenderId,
    to: str,
    long: Literal["udh", "payload"],
    reference: int,
    validity: timedelta | None = None,
) -> list[Part]:
    """Return the fields of each submit_sm of a text to a number (E.164 with its plus).

    `reference` (0 to 255) tells the parts of one text from those of the next. The last part alone asks for a
    receipt: a text has arrived when its end has, and its name is that of its last part.
    """
    encoding = encoding_of(text)
    ton, npi = _SENDERS[sender.kind]
    around: dict[str, object] = {
        "source_addr_ton": ton,
        "source_addr_npi": npi,
        "source_addr": sender.text.lstrip("+"),
        "dest_addr_ton": consts.SMPP_TON_INTL,
        "dest_addr_npi": consts.SMPP_NPI_ISDN,
        "destination_addr": to.lstrip("+"),
        "data_coding": _CODING[encoding],
        "validity_period": _period(validity),
    }
    texts = split(text)
    if len(texts) == 1:
        return [{**around, "short_message": encoded(text, encoding), "registered_delivery": _REGISTERED}]
    if long == "payload":
        return [{**around, "message_payload": encoded(text, encoding), "registered_delivery": _REGISTERED}]
    return [
        {
            **around,
            "esm_class": consts.SMPP_GSMFEAT_UDHI,
            "short_message": _header(reference, len(texts), number) + encoded(part, encoding),
            "registered_delivery": _REGISTERED if number == len(texts) else 0,
        }
        for number, part in enumerate(texts, start=1)
    ]


def _header(reference: int, count: int, number: int) -> bytes:
    """Return the user data header of a part: which of how many it is (TS 23.040 section 9.2.3.24.1)."""
    return bytes([5, 0, 3, reference & 0xFF, count, number])


def _period(validity: timedelta | None) -> str:
    """Return a relative time of SMPP 3.4 section 7.1.1: years, months, days, hours, minutes, seconds."""
    if validity is None:
        return ""
    minutes = int(validity.total_seconds()) // 60
    return f"0000{minutes // 1440:02}{minutes // 60 % 24:02}{minutes % 60:02}00000R"
