"""Trying a relay out: connecting as sending does, and perhaps handing one small mail over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from postroom.contacts.channels import Channel
from postroom.sending.carrying import Fate, Handover, Letter
from postroom.sending.content import Rendered
from postroom.sending.content.mails import TEXT, build_mail
from postroom.sending.mail.relays import Relay
from postroom.sending.mail.session import Session, SessionEndedError


@dataclass(frozen=True, slots=True)
class Checked:
    """What a relay said: `offers` are its extensions, `answer` its last word to a mail or to our coming."""

    relay: Relay
    works: bool
    offers: tuple[str, ...]
    answer: str


def check_relay(relay: Relay, *, hello: str | None = None, mail: Letter | None = None) -> Checked:
    """Connect, encrypt and log in as sending does; hand `mail` over, when there is one."""
    session = Session(relay, hello=hello)
    told: list[Handover] = []
    waiting = [mail] if mail is not None else []
    offers: tuple[str, ...] = ()
    try:
        session.open()
        offers = tuple(sorted(session.offers))
        session.carry(
            lambda: waiting.pop() if waiting else None, lambda _letter, handover: told.append(handover)
        )
    except SessionEndedError as ended:
        told.append(ended.handover)
    finally:
        session.close()
    if not told:
        return Checked(relay, works=True, offers=offers, answer="it answers")
    return Checked(relay, works=told[0].fate is Fate.SENT, offers=offers, answer=told[0].answer)


def trial_mail(sender: str, to: str, *, message_id: str, now: datetime) -> Letter:
    """Return a small mail; it belongs to nobody, and what bounces comes to its sender."""
    body = "This mail was sent to try a relay of Postroom out. It needs no answer.\n"
    rendered = Rendered("en", "A mail that tries a relay out", "", body)
    mail = build_mail(rendered, sender=sender, to=to, message_id=message_id, date=now, format=TEXT)
    return Letter(0, 0, Channel.EMAIL, parseaddr(sender)[1], to, mail)
