"""What providers bring over SMPP, recorded before they are told that it arrived."""

from __future__ import annotations

from dataclasses import replace

from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.inbound import take_inbound
from postroom.sending.phone.providers.described import Provider, Smpp
from postroom.sending.phone.receipts import take_receipt
from postroom.sending.phone.smpp.incoming import inbound_of, is_receipt, receipt_of
from postroom.sending.phone.smpp.names import receipted
from postroom.sending.phone.smpp.pdus import OK, Pdu


def take_delivered(mailroom: Mailroom, provider: Provider, pdu: Pdu) -> int:
    """Record a deliver_sm; return the status that it is answered with. Raises whatever recording raises."""
    if not is_receipt(pdu):
        take_inbound(mailroom, provider, inbound_of(pdu))
        return OK
    receipt = receipt_of(pdu, provider.meanings)
    if receipt is not None:
        way = provider.way
        if isinstance(way, Smpp):
            receipt = replace(receipt, provider_id=receipted(receipt.provider_id, way.receipt_names))
        take_receipt(mailroom, provider.name, receipt)
    return OK
