"""The pages on which recipients opt out and choose.

GET shows and POST acts, so that whoever merely follows links, as scanners do, unsubscribes nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi.requests import Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from postroom.contacts.errors import Unavailable
from postroom.contacts.levels import list_scope
from postroom.sending.mailroom import Mailroom
from postroom.sending.tokens import Purpose, Sent, Tokens
from postroom.sending.tracking.answering import PREFERENCE_FORM, Done, answer
from postroom.sending.tracking.views import View, view_of
from postroom.store.answers import Answer
from postroom.web.auth.throttle import Throttle
from postroom.web.errors import TooMany
from postroom.web.tracking.answers import busy, page, too_often, unknown
from postroom.web.tracking.documents import (
    ONE_LIST,
    REASON_CHARACTERS,
    WHOLE,
    Subject,
    notice_page,
    optout_page,
    preference_page,
    shortened,
    stopped_page,
    wishes_in,
)
from postroom.web.tracking.words import Words

_FIELDS: Final = 500
"""Fields of a form; the preference page has two for each medium and list."""

_BY_HEADER: Final = "LIST_UNSUBSCRIBE_HEADER"
"""How somebody opts out who opens in a browser what is for mail programs."""

_Act = Callable[[Request, Sent, View, FormData], Response]
"""Answers a request about a message; a form without fields is one that nobody sent."""


class Forms:
    """Answers to the pages of recipients."""

    def __init__(self, mailroom: Mailroom, throttle: Throttle) -> None:
        """Act on what is behind `mailroom`."""
        self._mailroom = mailroom
        # From page to page by relative links: whatever stands before us may put us below a path of its own.
        self._tokens = Tokens(mailroom.sealer, "../..")
        self._throttle = throttle

    async def optout(self, request: Request) -> Response:
        """Show what the link in a message opens; on POST, opt out."""
        return await self._answer(request, Purpose.OPTOUT, self._optout)

    async def one_click(self, request: Request) -> Response:
        """Show the same to who follows List-Unsubscribe; opt programs out that post there (RFC 8058)."""
        return await self._answer(request, Purpose.ONE_CLICK, self._one_click)

    async def preferences(self, request: Request) -> Response:
        """Show what a recipient gets; on POST, change it."""
        return await self._answer(request, Purpose.PREFERENCES, self._preferences)

    async def _answer(self, request: Request, purpose: Purpose, act: _Act) -> Response:
        sent = self._tokens.read(purpose, request.path_params["token"])
        if sent is None:
            return unknown(request)
        try:
            self._throttle.count(request.scope, f"{sent.account_id}-{sent.message_id}")
            form = await _form(request)
            return await run_in_threadpool(self._act, request, sent, act, form)
        except TooMany:
            return too_often(request)
        except Unavailable:
            return busy(request)

    def _act(self, request: Request, sent: Sent, act: _Act, form: FormData) -> Response:
        seen = view_of(self._mailroom.database, sent)
        return unknown(request) if seen is None else act(request, sent, seen, form)

    def _optout(
        self, request: Request, sent: Sent, seen: View, form: FormData, *, method: str = "LINK"
    ) -> Response:
        subject, wished = _subject(seen), str(form.get("from", ""))
        preferences = self._tokens.preferences(sent.account_id, sent.message_id)
        from_list = seen.list_name if wished == ONE_LIST else None
        of_list = from_list is not None
        if not (of_list or wished == WHOLE):
            # A form that wishes nothing was not sent from our page.
            wrong = _unsaid(subject.words, method) if request.method == "POST" else ""
            content = optout_page(subject, standing=seen.standing, preferences=preferences, wrong=wrong)
            return page(content, 400 if wrong else 200)
        said = str(form.get("why", ""))[:REASON_CHARACTERS].strip()
        done = self._opt_out(sent, seen, method, from_list=from_list, said=said)
        if done is Done.NOTHING:
            return page(notice_page(subject.language, subject.words.test))
        later = done is Done.LATER
        return page(stopped_page(subject, of_list=of_list, later=later, preferences=preferences))

    def _one_click(self, request: Request, sent: Sent, seen: View, form: FormData) -> Response:
        if str(form.get("List-Unsubscribe", "")).lower() != "one-click":
            return self._optout(request, sent, seen, form, method=_BY_HEADER)
        self._opt_out(sent, seen, "ONE_CLICK", from_list=None)
        return PlainTextResponse(_subject(seen).words.done + "\n")

    def _opt_out(self, sent: Sent, seen: View, method: str, *, from_list: str | None, said: str = "") -> Done:
        medium = seen.message.channel.medium.value
        scope = medium if from_list is None else list_scope(from_list)
        given = Answer(sent.message_id, method, {scope: False}, self._mailroom.clock(), said or None)
        return answer(self._mailroom, sent.account_id, given)

    def _preferences(self, request: Request, sent: Sent, seen: View, form: FormData) -> Response:
        subject, posted = _subject(seen), request.method == "POST"
        wishes = wishes_in(_texts(form, "keep"), _texts(form, "shown"))
        if posted and wishes:
            given = Answer(sent.message_id, PREFERENCE_FORM, wishes, self._mailroom.clock())
            done = answer(self._mailroom, sent.account_id, given)
            if done is not Done.NOW:
                words = subject.words
                said = words.later if done is Done.LATER else words.test
                return page(notice_page(subject.language, words.done, said))
            seen = view_of(self._mailroom.database, sent) or seen
        return page(preference_page(subject, seen.preferences, saved=posted))


async def _form(request: Request) -> FormData:
    """Return the fields of a form; none when there is no form, or nothing that can be read as one."""
    if request.method != "POST":
        return FormData()
    try:
        return await request.form(max_files=0, max_fields=_FIELDS)
    except HTTPException:
        return FormData()


def _unsaid(words: Words, method: str) -> str:
    """Return what is wrong with a form that wishes nothing; where programs post, what they should say."""
    return f"{words.unsaid} {words.one_click}" if method == _BY_HEADER else words.unsaid


def _texts(form: FormData, name: str) -> set[str]:
    return {str(value) for value in form.getlist(name)}


def _subject(seen: View) -> Subject:
    message, recipient = seen.message, seen.preferences.recipient
    address = shortened(message.address)
    return Subject(recipient.language, message.channel.medium, address, seen.list_name, seen.sender)
