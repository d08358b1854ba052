"""What a mail to one of our addresses says: what was not delivered, an absence, a complaint, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from typing import Final

from postroom.contacts.bounces import Bounce, BounceCategory, BounceType, Complaint, FeedbackType
from postroom.sending.returns.classifying import classify, one_line
from postroom.sending.returns.guessing import looks_automatic, looks_bounced
from postroom.sending.returns.parts import Part, header_blocks, read_headers, read_mail

Names = Callable[[str], tuple[int, int] | None]
"""Reads account and message out of a return path or Message-ID; None when it is none of ours."""

_ORIGINALS: Final = frozenset(
    {
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    }
)
_STATUS_KINDS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECIPIENT_HEADERS: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_NAMING_HEADERS: Final = ("message-id", "return-path", "x-original-message-id")
_QUOTED: Final = re.compile(
    r"^[ \t>]*(?:message-id|return-path):[ \t]*(<[^<>\s]{3,320}>)", re.IGNORECASE | re.MULTILINE
)
_MOST_QUOTED: Final = 20

_FEEDBACK: Final = {
    "abuse": FeedbackType.ABUSE,
    "fraud": FeedbackType.FRAUD,
    "virus": FeedbackType.VIRUS,
    "not-spam": FeedbackType.NOT_SPAM,
}
_NO_COMPLAINT: Final = frozenset({"auth-failure", "dmarc"})
"""Reports about signatures and senders, which nobody complains by (RFC 6591)."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came back about a message of ours, by account and id; either a bounce or a complaint."""

    account_id: int
    message_id: int
    bounce: Bounce | None = None
    complaint: Complaint | None = None


def understand(
    raw: bytes, recipients: tuple[str, ...], names: Names, *, complaints: bool = False
) -> Report | None:
    """Read a mail; None when it says nothing, or not provably about a message of ours.

    `recipients` are those of its envelope; without any, the headers that name them are looked at.
    `complaints` says that it came to an address for these: there, a message that is only attached is one.
    """
    mail = read_mail(raw)
    complaint = _complaint(mail, complaints=complaints)
    bounce = None if complaint else _bounce(mail)
    named = next(filter(None, map(names, _named(mail, recipients))), None)
    if named is None or (complaint is None and bounce is None):
        return None
    return Report(*named, bounce, complaint)


def left_over(raw: bytes, recipients: tuple[str, ...], names: Names) -> tuple[tuple[int, int] | None, str]:
    """Return what is known of a mail that tells nothing: the message that it names, the domain it is from."""
    mail = read_mail(raw)
    named = next(filter(None, map(names, _named(mail, recipients))), None)
    address = parseaddr(mail.header("from"))[1]
    return named, one_line(address.rpartition("@")[2].lower(), 255)


def addressees(raw: bytes) -> list[str]:
    """Return the addresses that a mail came to, in small letters, as far as its headers tell."""
    return [each.lower() for each in _addressees(read_mail(raw))]


def _addressees(mail: Part) -> list[str]:
    given = [value for name in _RECIPIENT_HEADERS for value in mail.headers.get(name, ())[:5]]
    return [address for address in (parseaddr(value)[1] for value in given) if address]


def _bounce(mail: Part) -> Bounce | None:
    """Return what a delivery report or an absence says, None of a mail that is neither."""
    statuses = [part for part in mail.walk() if part.kind in _STATUS_KINDS]
    if statuses:
        return _reported(mail, statuses)
    if looks_automatic(mail):
        return Bounce(BounceType.SOFT, BounceCategory.AUTO_REPLY, text=one_line(mail.header("subject"), 200))
    permanent = looks_bounced(mail)
    return None if permanent is None else _told(_words(mail), permanent=permanent)


def _reported(mail: Part, statuses: list[Part]) -> Bounce | None:
    """Return the worst that a delivery report says of any recipient; None when nothing failed (yet)."""
    failed = [
        block
        for part in statuses
        for block in header_blocks(part.content())
        if _first(block, "action").lower().startswith(("fail", "error"))
    ]
    bounces = [_of_block(block, mail) for block in failed]
    return next((each for each in bounces if each.is_permanent), bounces[0] if bounces else None)


def _of_block(block: dict[str, tuple[str, ...]], mail: Part) -> Bounce:
    diagnostic = _first(block, "diagnostic-code").partition(";")[2].strip() or _first(
        block, "diagnostic-code"
    )
    status = _first(block, "status").split(" ", 1)[0]
    said = classify("", "", diagnostic or _words(mail))
    if said.status and status[1:] in {"", ".0.0"}:
        status = said.status
    bounce = classify(said.code, status, diagnostic)
    if bounce.category is BounceCategory.OTHER and said.category is not BounceCategory.OTHER:
        return classify(said.code, status, said.text)
    return bounce


def _told(words: str, *, permanent: bool) -> Bounce:
    """Classify a report in words alone; `permanent` is how its form is known to be meant."""
    said = classify("", "", words)
    if said.code or said.status:
        return said
    return replace(classify("", "5.0.0" if permanent else "4.0.0", words), status="")


def _words(mail: Part) -> str:
    """Return the text for people, without the message that it may quote."""
    for part in mail.walk():
        if part.kind == "text/plain":
            return _UNQUOTED.split(part.text(16_384), maxsplit=1)[0]
    return ""


_UNQUOTED: Final = re.compile(
    r"^(?:-{3,}.{0,80}(?:copy|original|returned|undeliver).*|return-path:.*|received: .*)$",
    re.IGNORECASE | re.MULTILINE,
)


def _complaint(mail: Part, *, complaints: bool) -> Complaint | None:
    """Return what a feedback report says (RFC 5965), None of a mail that is none."""
    for part in mail.walk():
        if part.kind == "message/feedback-report":
            return _of_feedback(read_headers(part.content()))
    if complaints and any(part.kind == "message/rfc822" for part in mail.walk()):
        source = one_line(parseaddr(mail.header("from"))[1], 100)
        return Complaint(FeedbackType.ABUSE, source, None, _moment(mail.header("date")))
    return None


def _of_feedback(fields: dict[str, tuple[str, ...]]) -> Complaint | None:
    word = _first(fields, "feedback-type").strip().lower()
    if word in _NO_COMPLAINT:
        return None
    moment = _moment(_first(fields, "arrival-date") or _first(fields, "received-date"))
    complainer = one_line(parseaddr(_first(fields, "original-rcpt-to"))[1], 254)
    source = one_line(_first(fields, "user-agent"), 100)
    return Complaint(_FEEDBACK.get(word, FeedbackType.OTHER), source, complainer or None, moment)


def _named(mail: Part, recipients: tuple[str, ...]) -> Iterator[str]:
    """Yield what may name the message: the address that it came to, then what the returned message says."""
    yield from recipients
    if not recipients:
        yield from _addressees(mail)
    for part in mail.walk():
        if part.kind == "message/feedback-report":
            yield _first(read_headers(part.content()), "original-mail-from")
        if part.kind in _ORIGINALS:
            yield from _names_of(part)
    yield from mail.headers.get("in-reply-to", ())[:1]
    if mail.kind == "text/plain":
        yield from _QUOTED.findall(mail.text())[:_MOST_QUOTED]


def _names_of(original: Part) -> Iterator[str]:
    for inner in original.parts or (original,):
        headers = inner.headers if original.parts else read_headers(original.content())
        for name in _NAMING_HEADERS:
            yield from headers.get(name, ())[:2]


def _first(fields: dict[str, tuple[str, ...]], name: str) -> str:
    return fields.get(name, ("",))[0]


def _moment(text: str) -> datetime | None:
    """Return a moment as mails write it, in UTC; None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
