"""The pages that recipients see, as HTML: plain, for any screen or reader, with nothing that is loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from typing import Final

from postroom.contacts.media import Medium
from postroom.contacts.reasons import Language
from postroom.sending.tracking.preferences import Preferences, Standing, Subscription
from postroom.web.tracking.words import WORDS, Words

_STYLE: Final = (
    "body{margin:0;background:#f4f4f5;color:#18181b;font:1.0625rem/1.5 system-ui,sans-serif}"
    "main{max-width:34rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.5rem}"
    "h1{margin-top:0;font-size:1.5rem}fieldset{margin:1.25rem 0;padding:.75rem 1rem;border:1px solid #71717a}"
    "label{display:block;padding:.35rem 0}"
    "input[type=text],textarea{box-sizing:border-box;width:100%;padding:.5rem;font:inherit}"
    "button{padding:.7rem 1.4rem;border:0;border-radius:.35rem;background:#1d4ed8;color:#fff;font:inherit}"
    "a{color:#1d4ed8}:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""The Content-Security-Policy of these pages: their own style, forms to us, and nothing else at all."""

WHOLE: Final = "medium"
"""What the field `from` says of everything by the medium of the message."""
ONE_LIST: Final = "list"
"""What it says of the list of the campaign alone."""
REASON_CHARACTERS: Final = 300
"""So long an answer to why may be (specs, OUT flows 1.3)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page is about: the address of a message, shortened, what it came by and for, and from whom."""

    language: Language
    medium: Medium
    address: str
    list_name: str | None
    sender: str

    @property
    def words(self) -> Words:
        """Return what is said in the recipient's language."""
        return WORDS[self.language]

    def says(self, text: str) -> str:
        """Fill a text in, for HTML."""
        values = {
            "medium": self.words.media[self.medium],
            "address": self.address,
            "list": self.list_name,
            "sender": self.sender,
        }
        return escape(text.format(**values))

    def page(self, title: str, body: str) -> str:
        """Return a page about it, which says whose it is; `title` and `body` are HTML."""
        whose = f"<p>{self.says(self.words.sender)}</p>" if self.sender else ""
        return _page(self.language, title, whose + body)


def shortened(address: str) -> str:
    """Return an address so that who owns it knows it, and nobody else learns it from a forwarded mail."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{address[-2:]}"


def optout_page(subject: Subject, *, standing: Standing, preferences: str, wrong: str = "") -> str:
    """Return the page that asks before anything changes; `wrong` is what was wrong with an answer."""
    words = subject.words
    alert = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
    other = f'<p><a href="{escape(preferences)}">{escape(words.choose)}</a></p>'
    if standing is not Standing.ON:
        return subject.page(subject.says(words.stop), f"{alert}<p>{subject.says(words.already)}</p>{other}")
    which = _radio(WHOLE, subject.says(words.whole_medium), checked=True)
    if subject.list_name is not None:
        which += _radio(ONE_LIST, subject.says(words.one_list), checked=False)
    body = (
        f"{alert}<p>{subject.says(words.about)}</p>"
        '<form method="post">'
        f"<fieldset><legend>{escape(words.which)}</legend>{which}</fieldset>"
        f'<label>{escape(words.why)}<input type="text" name="why" maxlength="{REASON_CHARACTERS}"></label>'
        f'<p><button type="submit">{escape(words.confirm)}</button></p></form>{other}'
    )
    return subject.page(subject.says(words.stop), body)


def stopped_page(subject: Subject, *, of_list: bool, later: bool, preferences: str) -> str:
    """Return the page that says what was done."""
    words = subject.words
    said = subject.says(words.stopped_list if of_list else words.stopped)
    soon = f"<p>{escape(words.later)}</p>" if later else ""
    other = f'<p><a href="{escape(preferences)}">{escape(words.choose)}</a></p>'
    return subject.page(escape(words.done), f'<p role="status">{said}</p>{soon}{other}')


def preference_page(subject: Subject, preferences: Preferences, *, saved: bool) -> str:
    """Return the page on which a recipient chooses; each box comes with how it was shown."""
    words = subject.words
    media = "".join(
        _box(each, escape(_begun(words.media[Medium(each.scope)])), words) for each in preferences.media
    )
    lists = "".join(_box(each, escape(each.name), words) for each in preferences.lists)
    said = f'<p role="status">{escape(words.saved)}</p>' if saved else ""
    body = (
        f"{said}<p>{subject.says(words.about)}</p>"
        '<form method="post">'
        f"{_fieldset(words.means, media)}{_fieldset(words.lists, lists)}"
        f'<p><button type="submit">{escape(words.keep)}</button></p></form>'
    )
    return subject.page(escape(words.preferences), body)


def notice_page(language: Language, title: str, *texts: str) -> str:
    """Return a page that only says something."""
    return _page(language, escape(title), "".join(f"<p>{escape(text)}</p>" for text in texts))


def whole_page(language: Language, title: str, body: str) -> str:
    """Return a page; `title` and `body` are HTML."""
    return _page(language, title, body)


def _page(language: Language, title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex, nofollow"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )


def _begun(text: str) -> str:
    """Return a text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def _fieldset(legend: str, boxes: str) -> str:
    return f"<fieldset><legend>{escape(legend)}</legend>{boxes}</fieldset>" if boxes else ""


def _radio(value: str, label: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return f'<label><input type="radio" name="from" value="{value}"{mark}> {label}</label>'


def _box(subscription: Subscription, label: str, words: Words) -> str:
    scope = escape(subscription.scope)
    if subscription.standing is Standing.BARRED:
        return f'<label><input type="checkbox" disabled> {label}: {escape(words.barred)}</label>'
    mark, shown = (" checked", "on") if subscription.standing is Standing.ON else ("", "off")
    return (
        f'<label><input type="checkbox" name="keep" value="{scope}"{mark}> {label}</label>'
        f'<input type="hidden" name="shown" value="{scope}={shown}">'
    )


def wishes_in(kept: Collection[str], shown: Collection[str]) -> dict[str, bool]:
    """Return what a recipient changed, by scope: the boxes that are not as they were shown."""
    before = dict(each.rpartition("=")[::2] for each in shown)
    return {scope: scope in kept for scope, was in before.items() if (scope in kept) != (was == "on")}
