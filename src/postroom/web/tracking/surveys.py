"""Surveys that we host: GET shows the form, POST takes the answers.

A form can be sent back only as we showed it: the page has a signed token, no cookie, so no other page can
send one in somebody's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import uuid4

from fastapi.requests import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from postroom.contacts.errors import Unavailable
from postroom.contacts.reasons import Language
from postroom.contacts.surveys import MOST_CHOICES, MOST_QUESTIONS, Judged, Trouble, judged
from postroom.sending.mailroom import Mailroom
from postroom.sending.surveys.forms import Form, Forms, Shown
from postroom.sending.surveys.taking import Asked, Status, asked, take_part
from postroom.web.auth.throttle import Throttle
from postroom.web.errors import TooMany
from postroom.web.tracking.answers import busy, page, too_often, unknown
from postroom.web.tracking.survey_pages import (
    FIELD,
    PARTIAL,
    SHOWN,
    SURVEY_WORDS,
    Filled,
    survey_page,
    thanks_page,
)
from postroom.web.tracking.words import language_asked

_FIELDS: Final = MOST_QUESTIONS * 20 + MOST_CHOICES
_PART_BYTES: Final = 64 * 1024
_OPEN: Final = timedelta(days=7)
"""So long after it was shown a form may be sent back."""


class Surveys:
    """Answers to who opens and fills in a survey."""

    def __init__(self, mailroom: Mailroom, throttle: Throttle) -> None:
        """Record in what is behind `mailroom`."""
        self._mailroom = mailroom
        self._forms = Forms(mailroom.sealer)
        self._throttle = throttle

    async def answer(self, request: Request) -> Response:
        """Show a survey; on POST, take the answers."""
        token = request.path_params["token"]
        form = self._forms.read_own(token) or self._forms.read_public(token)
        if form is None:
            return unknown(request)
        client = request.scope.get("client")
        try:
            self._throttle.count(request.scope, f"survey {form.named} {client[0] if client else ''}")
            sent = await _sent(request)
            return await run_in_threadpool(self._answer, request, form, sent)
        except TooMany:
            return too_often(request)
        except Unavailable:
            return busy(request)

    def _answer(self, request: Request, form: Form, sent: FormData) -> Response:
        found = asked(self._mailroom.database, form)
        if found is None:
            return unknown(request)
        language = found.language
        if form.message_id is None and request.headers.get("accept-language"):
            language = language_asked(request.headers["accept-language"])
        if request.method != "POST":
            return self._show(form, found, language, Filled({}, {}))
        return self._take(form, found, language, sent)

    def _take(self, form: Form, found: Asked, language: Language, sent: FormData) -> Response:
        words, survey = SURVEY_WORDS[language], found.survey.definition
        given = {each.name: _texts(sent, f"{FIELD}{each.name}") for each in survey.asked}
        shown = self._forms.read_shown(form, str(sent.get(SHOWN, "")))
        if shown is None or shown.begun_at < self._mailroom.clock() - _OPEN:
            return self._show(form, found, language, Filled(given, {}, words.again), 400)
        right = judged(survey, given)
        partly = PARTIAL in sent
        troubles = _troubles(right, partly=partly)
        if troubles:
            return self._show(form, found, language, Filled(given, troubles, words.wrong), 422, shown)
        status = Status.PARTIAL if right.troubles else Status.COMPLETE
        taken = take_part(
            self._mailroom.database,
            form,
            found.survey,
            shown,
            right,
            status=status,
            language=language,
            now=self._mailroom.clock(),
        )
        return page(thanks_page(survey, language, taken))

    def _show(
        self,
        form: Form,
        found: Asked,
        language: Language,
        filled: Filled,
        status: int = 200,
        shown: Shown | None = None,
    ) -> Response:
        token = self._forms.shown(form, shown or Shown(uuid4(), self._mailroom.clock()))
        return page(survey_page(found.survey.definition, language, token, filled), status)


def _troubles(right: Judged, *, partly: bool) -> Mapping[str, Trouble]:
    """Return what must be put right before answers are kept: who will not answer all need not."""
    return {
        name: trouble
        for name, trouble in right.troubles.items()
        if not (partly and trouble is Trouble.MISSING)
    }


async def _sent(request: Request) -> FormData:
    if request.method != "POST":
        return FormData()
    try:
        return await request.form(max_files=0, max_fields=_FIELDS, max_part_size=_PART_BYTES)
    except HTTPException:
        return FormData()


def _texts(sent: FormData, name: str) -> Sequence[str]:
    # A browser sends line ends as CRLF, whatever was typed.
    return [str(each).replace("\r\n", "\n") for each in sent.getlist(name)][: MOST_CHOICES + 1]
