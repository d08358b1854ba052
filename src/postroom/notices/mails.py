"""Mails: what happened, in plain text and the same as HTML, handed to one SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any, Final, Literal

from postroom.notices.carrying import Answer, Parcel, Verdict, one_line

TlsMode = Literal["starttls", "tls", "none"]

_SUBJECT_CHARACTERS: Final = 200
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class MailConfig:
    """The SMTP server that takes our mails; `timeout_seconds` bounds each of its answers.

    `tls` says whether the connection is encrypted from the start, on demand before anything else is said,
    or never.
    """

    host: str
    sender: str
    port: int
    tls: TlsMode = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 15.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)


class MailPost:
    """Brings messages to mail addresses."""

    def __init__(self, config: MailConfig) -> None:
        """Send by one server."""
        self._config = config

    def carry(self, parcel: Parcel) -> Answer:
        """Hand a message to the server once; a receiver that it refuses for good is not tried again."""
        mail = mail_of(parcel, sender=self._config.sender)
        try:
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            return _refused(code, text)
        except smtplib.SMTPDataError as refused:
            return _refused(refused.smtp_code, refused.smtp_error)
        except smtplib.SMTPNotSupportedError as lacking:
            return Answer(Verdict.LATER, one_line(str(lacking), _SHOWN))
        except smtplib.SMTPResponseException as error:
            # Of the login, the sender or the greeting: the operator's to mend, so it is tried again.
            return _later(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            return Answer(Verdict.LATER, one_line(str(error) or type(error).__name__, _SHOWN))
        return Answer(Verdict.DELIVERED, "taken by the mail server")

    def _connected(self) -> smtplib.SMTP:
        config = self._config
        connect: Callable[..., smtplib.SMTP] = smtplib.SMTP
        options: dict[str, Any] = {}
        if config.tls == "tls":
            connect, options = smtplib.SMTP_SSL, {"context": config.trust}
        server = connect(config.host, config.port, timeout=config.timeout_seconds, **options)
        try:
            if config.tls == "starttls":
                server.starttls(context=config.trust)
            if config.username is not None and config.password is not None:
                server.login(config.username, config.password)
        except BaseException:
            server.close()
            raise
        return server


class NoMail:
    """Stands where no SMTP server is set: mails wait until one is."""

    def carry(self, parcel: Parcel) -> Answer:
        """Say what is lacking."""
        del parcel
        return Answer(Verdict.LATER, "not sent: no SMTP server is set (POSTROOM_SMTP_HOST)")


def mail_of(parcel: Parcel, *, sender: str) -> EmailMessage:
    """Return a parcel as a mail: the same one at every attempt, under an id that stays.

    What it tells of bears names given by strangers, so nothing of it reaches a header with a line end, or
    HTML as a tag.
    """
    content = parcel.content
    domain = parseaddr(sender)[1].rpartition("@")[2]
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = parcel.address
    mail["Subject"] = one_line(str(content["subject"]), _SUBJECT_CHARACTERS)
    mail["Date"] = format_datetime(parcel.created_at)
    mail["Message-ID"] = f"<{parcel.message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_plain(content))
    mail.add_alternative(_html(content), subtype="html")
    return mail


def _plain(content: Mapping[str, Any]) -> str:
    if "text" in content:
        return str(content["text"])
    facts = [f"{one_line(label, 100)}: {one_line(value, 1000)}" for label, value in content["facts"]]
    return "\n".join([one_line(content["opening"], 1000), "", *facts, ""])


def _html(content: Mapping[str, Any]) -> str:
    if "html" in content:
        return str(content["html"])
    rows = []
    for label, value in content["facts"]:
        name, fact = escape(one_line(label, 100)), escape(one_line(value, 1000))
        rows.append(f'<tr><th align="left">{name}</th><td>{fact}</td></tr>')
    opening = escape(one_line(content["opening"], 1000))
    return "\n".join(
        ["<!doctype html>", f"<html><body><p>{opening}</p>", "<table>", *rows, "</table></body></html>", ""]
    )


def _refused(code: int, text: bytes | str) -> Answer:
    """Judge what the server said to the receiver or to the mail: 5xx is for good (RFC 5321 section 4.2.1)."""
    return Answer(Verdict.NEVER if code >= 500 else Verdict.LATER, _later(code, text).text)


def _later(code: int, text: bytes | str) -> Answer:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return Answer(Verdict.LATER, one_line(f"{code} {said}", _SHOWN))
