"""A survey that we host: opened from a mail or by anybody, answered without scripts, told once."""

from __future__ import annotations

import copy
import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventSource, EventType, RecordedEvent
from postroom.contacts.surveys import definition
from postroom.drops.room import Room
from postroom.sending.goals.landing import Landings
from postroom.sending.surveys.forms import Form, Forms, Shown
from postroom.sending.tracking.visits import Hit, visit
from postroom.store.surveys import Survey, delete_survey, put_survey
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.site import Site
from tests.integration.web.tracking.browser import HEADERS
from tests.integration.web.tracking.letters import Letter
from tests.unit.contacts.test_surveys import SURVEY

FRENCH = {**HEADERS, "Accept-Language": "fr-FR"}


def put(writer: Writer, said: dict[str, Any] = SURVEY) -> Survey:
    with writer.database.transaction() as connection:
        return put_survey(
            connection, writer.account_id, definition(said), now=writer.person.account.created_at
        )


class Respondent:
    """Somebody who opens a survey and sends answers."""

    def __init__(self, site: Site, forms: Forms, form: Form, headers: dict[str, str] | None = None) -> None:
        own = form.message_id is not None
        self.url = f"/{'t/s' if own else 's'}/{forms.token(form)}"
        self.site = site
        self.headers = headers or HEADERS

    def open(self) -> httpx.Response:
        return self.site.calls.get(self.url, headers=self.headers)

    def shown(self) -> str:
        (found,) = re.findall('name="shown" value="([^"]+)"', self.open().text)
        return str(found)

    def send(self, shown: str | None = None, **answers: Any) -> httpx.Response:
        fields = {f"q.{name}" if name != "partial" else name: each for name, each in answers.items()}
        data = {"shown": self.shown() if shown is None else shown, **fields}
        return self.site.calls.post(self.url, data=data, headers=self.headers)


@pytest.fixture
def forms(web_room: Room) -> Forms:
    return Forms(web_room.sealer)


@pytest.fixture
def survey(writer: Writer) -> Survey:
    return put(writer)


@pytest.fixture
def anybody(site: Site, forms: Forms, survey: Survey) -> Respondent:
    return Respondent(site, forms, Form(survey.account_id, survey.survey_id))


@pytest.fixture
def bob(site: Site, forms: Forms, survey: Survey, letter: Letter) -> Respondent:
    return Respondent(site, forms, Form(survey.account_id, survey.survey_id, letter.message))


def told(writer: Writer) -> list[RecordedEvent]:
    return writer.events(EventType.SURVEY_PARTICIPATED)


def test_a_recipient_answers_and_it_is_told(
    bob: Respondent, survey: Survey, letter: Letter, clock: Clock
) -> None:
    shown = bob.shown()
    begun = clock()
    clock.pass_by(90)

    answer = bob.send(shown, again="YES", liked=["POT", "ROSE"], mark="9", age="4,5", words="Fine\r\nthanks")

    assert answer.status_code == 200
    assert "Thank you" in answer.text
    (event,) = told(letter.writer)
    assert (event.contact_id, event.message_id, event.at) == (letter.bob, letter.message, clock())
    assert event.campaign_id is not None
    assert (event.channel, event.source) == (Channel.EMAIL, EventSource.TRACKER)
    assert event.attributes == {
        "surveyId": survey.survey_id,
        "surveyName": "satisfaction",
        "participationId": shown.split(".")[0],
        "startMoment": begun.isoformat(),
        "answers": {
            "again": "YES",
            "liked": ["ROSE", "POT"],
            "mark": "9",
            "age": "4.5",
            "words": "Fine\nthanks",
        },
        "status": "COMPLETE",
        "language": "EN",
        "sourceName": "Autumn",
    }


def test_anybody_answers_as_nobody(anybody: Respondent, writer: Writer) -> None:
    anybody.send(again="NO")

    (event,) = told(writer)
    assert (event.contact_id, event.campaign_id, event.message_id, event.address) == (None,) * 4
    assert event.attributes["sourceName"] == "form"
    assert event.attributes["answers"] == {"again": "NO"}


def test_a_form_that_is_sent_twice_is_one_participation(anybody: Respondent, writer: Writer) -> None:
    shown = anybody.shown()

    answers = [anybody.send(shown, again=value) for value in ("YES", "NO", "YES")]

    assert [each.status_code for each in answers] == [200] * 3
    assert ["first answers are kept" in each.text for each in answers] == [False, True, True]
    assert [each.attributes["answers"] for each in told(writer)] == [{"again": "YES"}]


def test_a_recipient_takes_part_once_however_often_the_form_is_opened(
    bob: Respondent, letter: Letter
) -> None:
    for value in ("YES", "NO"):
        assert bob.send(again=value).status_code == 200

    assert [each.attributes["answers"] for each in told(letter.writer)] == [{"again": "YES"}]


def test_two_people_take_part_twice(anybody: Respondent, writer: Writer) -> None:
    anybody.send(again="YES")
    anybody.send(again="NO")

    assert len(told(writer)) == 2
    assert len({each.attributes["participationId"] for each in told(writer)}) == 2


def test_wrong_answers_are_shown_with_what_is_wrong_and_nothing_is_kept(
    anybody: Respondent, writer: Writer
) -> None:
    answer = anybody.send(mark="5", age="old", visited="yesterday", words='"><script>x</script>')

    assert answer.status_code == 422
    for said in (
        "This question needs an answer.",
        "Write a number, such as 12 or 3.5.",
        "Write a date such as 2026-12-31.",
    ):
        assert said in answer.text
    assert 'aria-invalid="true" aria-describedby="q.age.wrong"' in answer.text
    assert 'name="q.mark" value="5" checked' in answer.text
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert told(writer) == []


def test_wrong_answers_are_put_right_in_the_same_participation(anybody: Respondent, writer: Writer) -> None:
    shown = anybody.shown()
    wrong = anybody.send(shown, age="old")
    (kept,) = re.findall('name="shown" value="([^"]+)"', wrong.text)

    anybody.send(kept, again="YES", age="42")

    (event,) = told(writer)
    assert kept == shown
    assert event.attributes["participationId"] == shown.split(".")[0]


def test_whoever_will_not_answer_all_may_send_what_there_is(anybody: Respondent, writer: Writer) -> None:
    answer = anybody.send(partial="1", words="No time")

    assert answer.status_code == 200
    (event,) = told(writer)
    assert (event.attributes["status"], event.attributes["answers"]) == ("PARTIAL", {"words": "No time"})


def test_what_is_wrong_is_not_kept_in_part_either(anybody: Respondent, writer: Writer) -> None:
    assert anybody.send(partial="1", age="old").status_code == 422
    assert told(writer) == []


def test_pages_speak_the_language_of_who_reads_them(
    site: Site, forms: Forms, survey: Survey, bob: Respondent
) -> None:
    form = Form(survey.account_id, survey.survey_id)
    french = Respondent(site, forms, form, FRENCH).open().text
    english = Respondent(site, forms, form).open().text

    assert '<html lang="fr">' in french
    assert "Reviendrez-vous ?" in french
    assert "(obligatoire)" in french
    assert '<html lang="en">' in english
    assert "Will you come again?" in english
    # The recipient of a message is spoken to as the account knows, whatever the browser says.
    bob.headers = FRENCH
    assert '<html lang="en">' in bob.open().text


def test_the_page_is_a_form_for_everybody_that_loads_and_runs_nothing(anybody: Respondent) -> None:
    answer = anybody.open()

    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert not re.search(r"(?:src|href)=", answer.text)
    assert answer.text.count("<fieldset") == len(SURVEY["questions"])
    assert answer.text.count("<legend>") == 3
    for name in ("age", "visited", "words"):
        assert f'<label for="q.{name}">' in answer.text
        assert f'id="q.{name}"' in answer.text


def test_texts_of_a_survey_are_texts(site: Site, forms: Forms, writer: Writer) -> None:
    said = copy.deepcopy(SURVEY)
    said["title"] = said["questions"][0]["label"] = '<img src=x onerror=alert(1)>"&'
    said["questions"][1]["choices"][0]["label"] = "<b>"
    hostile = put(writer, said)

    page = Respondent(site, forms, Form(hostile.account_id, hostile.survey_id)).open().text

    assert "<img" not in page
    assert "<b>" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;&quot;&amp;") == 3


@pytest.mark.parametrize("shown", ["", "x", "00000000-0000-0000-0000-000000000000.1.AAAAAAAAAAAAAAAAAAAAAA"])
def test_what_another_page_sends_is_not_taken(anybody: Respondent, writer: Writer, shown: str) -> None:
    answer = anybody.send(shown, again="YES")

    assert answer.status_code == 400
    assert 'name="q.again" value="YES" checked' in answer.text
    assert told(writer) == []


def test_a_form_is_good_for_its_own_survey_and_message_alone(
    anybody: Respondent, bob: Respondent, letter: Letter
) -> None:
    assert anybody.send(bob.shown(), again="YES").status_code == 400
    assert bob.send(anybody.shown(), again="YES").status_code == 400

    assert told(letter.writer) == []


def test_a_form_that_was_open_for_a_week_is_shown_again(
    anybody: Respondent, writer: Writer, clock: Clock
) -> None:
    shown = anybody.shown()
    clock.pass_by(7 * 86_400 + 1)

    answer = anybody.send(shown, again="YES")

    assert answer.status_code == 400
    assert "open for too long" in answer.text
    (again,) = re.findall('name="shown" value="([^"]+)"', answer.text)
    assert anybody.send(again, again="YES").status_code == 200
    assert len(told(writer)) == 1


def test_a_test_message_leaves_no_trace(
    site: Site, forms: Forms, survey: Survey, writer: Writer, clock: Clock
) -> None:
    letter = Letter(writer, clock, is_test=True)
    form = Form(survey.account_id, survey.survey_id, letter.message)

    answer = Respondent(site, forms, form).send(again="YES")

    assert (answer.status_code, "were not kept" in answer.text) == (200, True)
    assert writer.events() == []


def test_a_survey_that_is_gone_and_a_forged_address_look_alike(
    site: Site, forms: Forms, survey: Survey, writer: Writer, anybody: Respondent
) -> None:
    with writer.database.transaction() as connection:
        delete_survey(connection, survey.account_id, survey.survey_id)

    gone = anybody.open()
    forged = site.calls.get("/s/1-1.AAAAAAAAAAAAAAAAAAAAAA", headers=HEADERS)

    assert (gone.status_code, gone.text) == (forged.status_code, forged.text)
    assert gone.status_code == 404


def test_charlie_reaches_nothing_of_alices(
    site: Site, forms: Forms, survey: Survey, letter: Letter, charlies: Writer
) -> None:
    for form in (
        Form(charlies.account_id, survey.survey_id),
        Form(charlies.account_id, survey.survey_id, letter.message),
        Form(survey.account_id, survey.survey_id, 999_999),
    ):
        assert Respondent(site, forms, form).open().status_code == 404
    mine = put(charlies)
    crossed = Form(charlies.account_id, mine.survey_id, letter.message)
    assert Respondent(site, forms, crossed).open().status_code == 404


def test_questions_that_are_asked_no_more_are_not_shown(anybody: Respondent, writer: Writer) -> None:
    put(writer, {**SURVEY, "questions": SURVEY["questions"][:1]})

    page = anybody.open().text
    anybody.send(again="YES", age="42")

    assert page.count("<fieldset") == 1
    assert [each.attributes["answers"] for each in told(writer)] == [{"again": "YES"}]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(["application/x-www-form-urlencoded", "text/plain", "x"]))
def test_no_body_upsets_the_form(anybody: Respondent, body: bytes, kind: str) -> None:
    answer = anybody.site.calls.post(anybody.url, content=body, headers={**HEADERS, "Content-Type": kind})

    assert answer.status_code in {400, 422}


def test_more_fields_than_any_form_has_are_not_read(anybody: Respondent, writer: Writer) -> None:
    data = {f"x{number}": "1" for number in range(5000)}

    assert anybody.site.calls.post(anybody.url, data=data, headers=HEADERS).status_code == 400
    assert told(writer) == []


def test_tokens_are_of_one_use(forms: Forms, web_room: Room) -> None:
    own, public = Form(1, 2, 3), Form(1, 2)
    shown = Shown(UUID(int=7), web_room.clock().replace(microsecond=0))

    assert forms.read_own(forms.token(own)) == own
    assert forms.read_public(forms.token(public)) == public
    assert forms.read_public(forms.token(own)) is None
    assert forms.read_own(forms.token(public)) is None
    assert forms.read_shown(own, forms.shown(own, shown)) == shown
    assert forms.read_shown(public, forms.shown(own, shown)) is None
    assert forms.read_public("99999999999-1." + "A" * 22) is None
    assert forms.read_public(f"1-{2**63}." + "A" * 22) is None


def test_a_link_to_a_survey_in_a_mail_leads_each_recipient_to_a_form_of_their_own(
    site: Site, forms: Forms, survey: Survey, writer: Writer, clock: Clock, web_room: Room
) -> None:
    public = Form(survey.account_id, survey.survey_id)
    url = f"https://news.example.com/s/{forms.token(public)}"
    seen = visit(clock(), "Mozilla/5.0", "127.0.0.1", unasked=False)
    landings = Landings(web_room.database, web_room.sealer, "https://news.example.com")

    ours, other = landings.led(
        writer.account_id,
        [Hit(writer.account_id, 7, seen, 1), Hit(writer.account_id, 7, seen, 2)],
        [url, url.replace("news", "other")],
    )

    own = Form(survey.account_id, survey.survey_id, 7)
    assert ours == f"https://news.example.com/t/s/{forms.token(own)}"
    assert other == url.replace("news", "other")
    assert site.calls.get("/s/x", headers=HEADERS).status_code == 404
