"""Mails that say what they are in no standard way: old bounces by a library that knows them, and absences."""

from __future__ import annotations

import re
from email.message import Message
from typing import Final

from flufl.bounce import all_failures

from postroom.sending.returns.parts import Part

_ABSENT: Final = re.compile(
    r"out of (?:the )?office|automatic(?:al)? repl|auto(?:matic)?[ -]?(?:reply|response|responder)|"
    r"r[eé]ponse automatique|absen(?:ce|t|t du bureau)\b|(?:en )?cong[eé]s|abwesenheit|automatische antwort|"
    r"risposta automatica|respuesta autom[aá]tica|fuera de (?:la )?oficina|afwezig|"
    r"on (?:vacation|holiday|leave)|away from (?:my|the) (?:mail|desk|office)|\booo\b",
    re.IGNORECASE,
)
_RETURNED: Final = re.compile(
    r"undeliver|deliver(?:y|ed)|returned|failure|failed|mail system|daemon|non remis|non distribu|[eé]chec|"
    r"unzustellbar|could not be sent|bounce",
    re.IGNORECASE,
)
_MOST_PARTS: Final = 10
_MOST_TEXT: Final = 16_384
_MOST_LINE: Final = 1000


def looks_automatic(mail: Part) -> bool:
    """Tell whether a machine answers for somebody, rather than report what it could not deliver."""
    subject = mail.header("subject")
    if _ABSENT.search(subject):
        return True
    if _RETURNED.search(subject):
        return False
    if any(name in mail.headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return True
    return mail.header("auto-submitted").strip().lower().startswith("auto-replied") or mail.header(
        "precedence"
    ).strip().lower() in {"auto_reply", "auto-reply"}


def looks_bounced(mail: Part) -> bool | None:
    """Tell whether a report in no standard form is of a permanent failure; None when it is no report."""
    try:
        temporary, permanent = all_failures(_as_message(mail))
    except Exception:  # noqa: BLE001  # what it does not expect in a mail of anybody's is no report
        return None
    if not temporary and not permanent:
        return None
    return bool(permanent)


def _as_message(part: Part) -> Message:
    """Return a part as the library reads it, with texts and lines cut at a length."""
    message = Message()
    for name, values in part.headers.items():
        if name not in {"content-type", "content-transfer-encoding"}:
            for value in values:
                message[name] = value
    message["Content-Type"] = part.kind if "/" in part.kind else "text/plain"
    if part.parts:
        message.set_payload([_as_message(each) for each in part.parts[:_MOST_PARTS]])
    else:
        lines = part.text(_MOST_TEXT).splitlines()
        message.set_payload("\n".join(line[:_MOST_LINE] for line in lines))
    return message
