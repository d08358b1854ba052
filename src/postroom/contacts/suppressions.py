"""For how long an address is left alone after what came back (specs, OUT flows 1.8 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from postroom.contacts.bounces import Bounce, BounceCategory
from postroom.contacts.campaigns import SuppressionKind


class SuppressionReason(StrEnum):
    """Why an address came on a list or went off it."""

    HARDBOUNCE = "HARDBOUNCE"
    SOFTBOUNCE = "SOFTBOUNCE"
    COMPLAINT = "COMPLAINT"
    MANUAL = "MANUAL"
    IMPORT = "IMPORT"
    EXPIRED = "EXPIRED"


WEEKS: Final = (1, 2, 4, 8, 16)
"""How long the first to the fifth temporary quarantine of an address lasts."""

HARD_BOUNCES_AT_ONCE: Final = 1
HARD_BOUNCES_ELSEWHERE: Final = 2
HARD_BOUNCES_UNSAID: Final = 3
"""How many messages must come back: from a well-known provider, from another domain, without a reason."""

_PROVIDERS = """
gmail.com googlemail.com outlook.com outlook.fr outlook.be hotmail.com hotmail.fr hotmail.be
hotmail.co.uk hotmail.de hotmail.it hotmail.es live.com live.fr live.be live.co.uk msn.com passport.com
yahoo.com yahoo.fr yahoo.co.uk yahoo.de yahoo.es yahoo.it ymail.com rocketmail.com aol.com aol.fr
icloud.com me.com mac.com orange.fr wanadoo.fr free.fr sfr.fr neuf.fr cegetel.net club-internet.fr
numericable.fr bbox.fr laposte.net gmx.com gmx.de gmx.net gmx.fr web.de t-online.de freenet.de mail.com
skynet.be proximus.be telenet.be bluewin.ch libero.it virgilio.it tin.it alice.it btinternet.com
comcast.net verizon.net att.net sbcglobal.net cox.net charter.net proton.me protonmail.com fastmail.com
zoho.com mail.ru yandex.ru yandex.com qq.com 163.com 126.com
"""

WELL_KNOWN: Final = frozenset(_PROVIDERS.split())
"""Domains of providers of mailboxes, whose word on an address is believed the first time (A:quarantine)."""

_STRENGTH = tuple(SuppressionKind)


@dataclass(frozen=True, slots=True)
class Verdict:
    """On which list an address comes, until when (None: for good), and after how many bounces."""

    kind: SuppressionKind
    reason: SuppressionReason
    until_at: datetime | None
    bounces: int


def stronger(kind: SuppressionKind, than: SuppressionKind) -> bool:
    """Tell whether one list is the stronger: a blacklist above all, what is temporary below all."""
    return _STRENGTH.index(kind) > _STRENGTH.index(than)


def is_well_known(address: str) -> bool:
    """Tell whether an address is at a provider whose hard bounces are believed the first time."""
    return address.rpartition("@")[2].lower() in WELL_KNOWN


def after_hard_bounce(address: str, bounce: Bounce, bounces: int) -> Verdict | None:
    """Judge an address after the last of so many hard bounces; None is a further chance.

    A refusal that does not say why is believed late, whoever it comes from.
    """
    needed = HARD_BOUNCES_AT_ONCE if is_well_known(address) else HARD_BOUNCES_ELSEWHERE
    if bounces < (HARD_BOUNCES_UNSAID if bounce.category is BounceCategory.OTHER else needed):
        return None
    return Verdict(SuppressionKind.QUARANTINE_LONG_TERM, SuppressionReason.HARDBOUNCE, None, bounces)


def after_soft_bounce(bounces: int, *, now: datetime) -> Verdict:
    """Judge an address after so many soft bounces, each once it was tried again; the sixth is for good."""
    if bounces > len(WEEKS):
        return Verdict(SuppressionKind.QUARANTINE_LONG_TERM, SuppressionReason.SOFTBOUNCE, None, bounces)
    until = now + timedelta(weeks=WEEKS[bounces - 1])
    return Verdict(SuppressionKind.QUARANTINE_TEMPORARY, SuppressionReason.SOFTBOUNCE, until, bounces)
